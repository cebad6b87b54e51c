import { badOption } from "../compile/check-options.js";
import { nearest } from "../nearest.js";
import type { FitOptions, ModelOptions } from "./options.js";

/** What an option must be before its value is looked at; types do not reach the JavaScript that calls us. */
type Kind = "any" | "list" | "function" | "object";

export type Kinds<T> = { readonly [K in keyof Required<T>]: Kind };

export const MODEL_KINDS: Kinds<ModelOptions> = {
  optimizer: "any",
  schedule: "any",
  strategy: "any",
  groups: "list",
  layerLrDecay: "any",
  loss: "any",
  metrics: "list",
  freeze: "list",
  trainOnly: "list",
  noDecay: "list",
  augment: "object",
  bn: "any",
  clipValue: "any",
  clipTensorNorm: "any",
  clipNorm: "any",
};

export const FIT_KINDS: Kinds<FitOptions> = {
  batchSize: "any",
  epochs: "any",
  steps: "any",
  shuffle: "any",
  dropLast: "any",
  seed: "any",
  reestimate: "any",
  validationSplit: "any",
  validationData: "list",
  standardize: "any",
  cache: "any",
  patience: "any",
  callbacks: "object",
  gradNorm: "any",
  onStep: "function",
  onNote: "function",
  signal: "object",
  flavour: "any",
};

const WORDS = { list: "a list", function: "a function", object: "an object" } as const;

/**
 * Refuses an option that there is not, which would be left out in silence, and what cannot be one.
 *
 * @throws StropError with exit code 2 that names the option
 */
export function checkKeys(options: object, kinds: Readonly<Record<string, Kind>>): void {
  if (!isKind(options, "object")) throw badOption("options", "they are not an object");
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const kind = Object.hasOwn(kinds, key) ? kinds[key]! : undefined;
    if (kind === undefined) {
      const near = nearest(key, Object.keys(kinds));
      const hint = near ? `Did you mean ${near}?` : `There are ${Object.keys(kinds).join(", ")}.`;
      throw badOption(key, "there is no such option", hint);
    }
    if (kind !== "any" && !isKind(value, kind)) throw badOption(key, `it is not ${WORDS[kind]}`);
  }
}

function isKind(value: unknown, kind: Exclude<Kind, "any">): boolean {
  if (kind === "list") return Array.isArray(value);
  return kind === "object" ? typeof value === "object" && value !== null : typeof value === kind;
}
