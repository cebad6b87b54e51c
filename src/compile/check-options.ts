import { LOSS_NAMES } from "../autodiff/losses.js";
import type { OptimizerOptions } from "../autodiff/optimizers.js";
import { REESTIMATIONS } from "../autodiff/options.js";
import { BATCH_NORM_MODES, RUNNING_VARIANCES } from "../autodiff/procedure-builder.js";
import { StropError } from "../errors.js";
import { isInRange, RANGES, type Range, rangeText } from "../ranges.js";
import type { CompileOptions } from "./options.js";

/** Throws a StropError for a value that is not right. */
type Check = (name: string, value: unknown) => void;
type Checks<T> = { readonly [K in keyof T]?: Check };

const COUNT_OR_NONE = { ...RANGES.count, min: 0 };

const CHECKS: Checks<CompileOptions> = {
  training: checkBoolean,
  batch: inRange(RANGES.count),
  rows: inRange(RANGES.count),
  epochs: inRange(COUNT_OR_NONE),
  steps: inRange(COUNT_OR_NONE),
  shuffle: checkBoolean,
  dropLast: checkBoolean,
  gradNorm: checkBoolean,
  seed: checkSeed,
  loss: oneOf(LOSS_NAMES),
  bn: oneOf(BATCH_NORM_MODES),
  runningVariance: oneOf(RUNNING_VARIANCES),
  reestimate: oneOf(REESTIMATIONS),
  clipValue: inRange(RANGES.clipValue),
  clipNorm: inRange(RANGES.clipNorm),
  optimizer: (_, value) => checkOptimizer(value as OptimizerOptions),
};

const COMMON = { lr: inRange(RANGES.lr), weightDecay: inRange(RANGES.weightDecay) };

/** What each optimizer takes besides its name. */
const OPTIMIZER_CHECKS: {
  readonly [N in OptimizerOptions["name"]]: Required<
    Checks<Omit<Extract<OptimizerOptions, { name: N }>, "name">>
  >;
} = {
  sgd: { ...COMMON, momentum: inRange(RANGES.momentum), nesterov: checkBoolean },
  adam: {
    ...COMMON,
    beta1: inRange(RANGES.beta1),
    beta2: inRange(RANGES.beta2),
    eps: inRange(RANGES.eps),
    epsInside: checkBoolean,
  },
};

/**
 * Refuses what no run could mean; types do not reach the JavaScript that calls us, and a misspelt loss must
 * not train by another one. What is undefined counts as not given.
 *
 * @throws StropError with exit code 2 that names the option and its value
 */
export function checkOptions(options: Partial<CompileOptions>): void {
  for (const [name, check] of Object.entries(CHECKS) as [keyof CompileOptions, Check][]) {
    if (options[name] !== undefined) check(name, options[name]);
  }
}

/** The same for an optimizer alone. An option that is not its own is refused too. */
export function checkOptimizer(options: OptimizerOptions): void {
  const { name, ...rest } = options ?? {};
  oneOf(Object.keys(OPTIMIZER_CHECKS))("optimizer", name);
  const checks: Readonly<Record<string, Check>> = OPTIMIZER_CHECKS[name];
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(checks, key)) {
      const hint = `It has ${Object.keys(checks).join(", ")}.`;
      throw badOption(key, `${show(value)} is given, but ${name} has no such option`, hint);
    }
    checks[key]!(key, value);
  }
  if (options.name === "sgd" && options.nesterov && !options.momentum) {
    throw badOption("nesterov", "true needs a momentum", "Give a momentum, such as 0.9.");
  }
}

/** A check that the value is a number of the range. */
export function inRange(range: Range): Check {
  return (name, value) => {
    if (typeof value === "number" && isInRange(value, range)) return;
    throw badOption(name, `${show(value)} is not ${rangeText(range)}`);
  };
}

function oneOf(names: readonly string[]): Check {
  return (option, value) => {
    if (names.includes(value as string)) return;
    throw badOption(option, `${show(value)} is not known`, `There are ${names.join(", ")}.`);
  };
}

function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== "boolean") throw badOption(name, `${show(value)} is not true or false`);
}

/** A program has 64 bits for it; a number holds 53 of them. */
function checkSeed(name: string, value: unknown): void {
  if (typeof value !== "bigint") inRange(RANGES.seed)(name, value);
  else if (value < 0n || value >= 2n ** 64n) {
    throw badOption(name, `${value} is not a whole number from 0 and below 2^64`);
  }
}

function badOption(where: string, problem: string, hint?: string): StropError {
  const details = { code: "bad-option", where, exitCode: 2 } as const;
  return new StropError(problem, hint === undefined ? details : { ...details, hint });
}

function show(value: unknown): string {
  if (typeof value === "string") return `'${value}'`;
  const isPlain = typeof value === "object" && value !== null;
  return isPlain ? (JSON.stringify(value) ?? "an object") : String(value);
}
