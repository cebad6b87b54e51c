import {
  isInRange,
  LOSS_ALIASES,
  LOSS_NAMES,
  type LossName,
  type LossOptions,
  lossOptionKinds,
  RANGES,
} from "../../node.js";
import {
  badOption,
  choice,
  flagOf,
  number,
  numberOf,
  type OptionSpec,
  type OptionsOf,
  show,
} from "./option.js";

const ALIASES = Object.keys(LOSS_ALIASES) as (keyof typeof LOSS_ALIASES)[];

/** "balanced", or a weight for each class: 1,2,0.5, in JSON a list. */
const classWeights: OptionSpec<readonly number[] | "balanced"> = {
  value: "W,W,…",
  help: "of cross-entropy: a weight for each class, or 'balanced': rows / (classes · rows of the class)",
  read(raw, where) {
    if (raw === "balanced") return raw;
    const words: readonly unknown[] = typeof raw === "string" ? raw.split(/ *, */) : asList(raw);
    const weights = words.map(numberOf);
    const fit = weights.length > 0 && weights.every((w) => isInRange(w, RANGES.classWeight));
    if (fit) return weights;
    throw badOption(
      where,
      `${show(raw)} is neither 'balanced' nor a number from 0 up for each class`,
    );
  },
};

const asList = (raw: unknown): readonly unknown[] => (Array.isArray(raw) ? raw : []);

/** What the output is compared with the labels by. */
export const lossOptions = {
  loss: choice<LossName | keyof typeof LOSS_ALIASES>(
    { value: "NAME", help: `${LOSS_NAMES.join(", ")}; default by the labels' type` },
    [...LOSS_NAMES, ...ALIASES],
  ),
  labelSmoothing: number(
    { value: "X", help: "of cross-entropy: how much of a label goes to all classes; default 0" },
    RANGES.labelSmoothing,
  ),
  ignoreLabel: number(
    { value: "N", help: "of cross-entropy: rows of this label do not count" },
    RANGES.ignoreLabel,
  ),
  classWeights,
  huberDelta: number(
    { value: "X", help: "of huber: where the square goes over into the line; default 1" },
    RANGES.huberDelta,
  ),
  posWeight: number(
    {
      value: "X",
      help: "of binary-cross-entropy: how much more an answer of yes weighs; default 1",
    },
    RANGES.posWeight,
  ),
};

type Given = OptionsOf<typeof lossOptions>;
type Own = Exclude<keyof Given, "loss">;

/** The command line's own options, by what the API calls them. */
const API_NAMES: Readonly<Record<Own, string>> = {
  labelSmoothing: "labelSmoothing",
  ignoreLabel: "ignoreLabel",
  classWeights: "classWeights",
  huberDelta: "delta",
  posWeight: "posWeight",
};

/** The loss without its aliases. */
export function lossName(loss: NonNullable<Given["loss"]>): LossName {
  return Object.hasOwn(LOSS_ALIASES, loss)
    ? LOSS_ALIASES[loss as keyof typeof LOSS_ALIASES]
    : (loss as LossName);
}

/**
 * The loss with its options, as `compile` takes it; undefined if none is named.
 *
 * @throws StropError with exit code 2 for an option that does not belong to it
 */
export function lossOf(given: Given): LossOptions | undefined {
  const name = given.loss && lossName(given.loss);
  const own: Record<string, unknown> = {};
  for (const [key, apiName] of Object.entries(API_NAMES) as [Own, string][]) {
    if (given[key] === undefined) continue;
    if (!name || !Object.hasOwn(lossOptionKinds(name), apiName)) throw strayOption(key, name);
    own[apiName] = given[key];
  }
  return name && ({ name, ...own } as LossOptions);
}

function strayOption(key: Own, name: LossName | undefined) {
  const owner = LOSS_NAMES.find((loss) => Object.hasOwn(lossOptionKinds(loss), API_NAMES[key]));
  const problem = name ? `it does not belong to the loss ${name}` : "no loss is named";
  return badOption(flagOf(key), problem, `It is an option of --loss ${owner}.`);
}
