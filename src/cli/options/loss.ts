import { LOSS_ALIASES, LOSS_NAMES, type LossName, type LossOptions, lossRows } from "../../node.js";
import { choice, type OptionsOf } from "./option.js";
import { type AnyKey, type RuleTable, resolveRule, ruleOf, ruleOptions } from "./rules.js";

type LossOption = Exclude<AnyKey<LossOptions>, "name" | "targets">;
type LossKey = Exclude<LossOption, "delta"> | "huberDelta";

const lossTable: RuleTable<LossName, LossKey> = {
  what: "loss",
  names: LOSS_NAMES,
  rowsOf: lossRows,
  // --delta alone would not tell whose it is.
  keyOf: (option) => (option === "delta" ? "huberDelta" : (option as LossKey)),
};

const ALIASES = Object.keys(LOSS_ALIASES) as (keyof typeof LOSS_ALIASES)[];

/** What the output is compared with the labels by. */
export const lossOptions = {
  loss: choice<LossName | keyof typeof LOSS_ALIASES>(
    { value: "NAME", help: `${LOSS_NAMES.join(", ")}; default by the labels' type` },
    [...LOSS_NAMES, ...ALIASES],
  ),
  ...ruleOptions(lossTable),
};

type Given = OptionsOf<typeof lossOptions>;

/** The loss without its aliases. */
export function lossName(loss: NonNullable<Given["loss"]>): LossName {
  return Object.hasOwn(LOSS_ALIASES, loss)
    ? LOSS_ALIASES[loss as keyof typeof LOSS_ALIASES]
    : (loss as LossName);
}

/**
 * The loss's name and its own options, defaults filled in; nothing if none is named.
 *
 * @throws StropError with exit code 2 for an option that does not belong to it
 */
export function resolveLoss(given: Given) {
  const loss = given.loss && lossName(given.loss);
  return { ...(loss && { loss }), ...resolveRule(lossTable, loss, given) };
}

/** A run's options with the loss that it was trained by. */
export function withLoss<O extends Given>(options: O, loss: LossName) {
  return { ...options, ...resolveLoss({ ...options, loss }) };
}

/** The same as `compile` takes it; undefined if none is named. */
export function lossOf(given: Given): LossOptions | undefined {
  const { loss, ...own } = resolveLoss(given);
  return loss && (ruleOf(lossTable, loss, own) as LossOptions);
}
