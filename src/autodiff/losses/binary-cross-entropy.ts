import { LOSS_BINARY_CROSS_ENTROPY } from "../../../assembly/abi/losses.js";
import type { Allowed } from "../../data/targets.js";
import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { elementLoss } from "./element.js";
import type { LossCommon, LossRule } from "./loss.js";

/**
 * Of logits x and targets t from 0 to 1, an answer of yes or no for each element:
 *
 *   mean posWeight·t·log(1 + e⁻ˣ) + (1 − t)·log(1 + eˣ)
 *
 * PyTorch's BCEWithLogitsLoss.
 */
export interface BinaryCrossEntropyOptions extends LossCommon<"binary-cross-entropy"> {
  /** How much more an answer of yes weighs; default 1. */
  readonly posWeight?: number;
}

const PROBABILITY: Allowed = {
  includes: (value) => value >= 0 && value <= 1,
  text: "from 0 to 1",
  hint: "Fix the targets, or give --loss mse.",
};

export const binaryCrossEntropy: LossRule<BinaryCrossEntropyOptions> = {
  rows: { posWeight: numberRow(1, RANGES.posWeight, "how much more an answer of yes weighs") },
  ends: ["Sigmoid"],
  targets: () => ({ values: { allowed: PROBABILITY } }),
  make({ posWeight }, site) {
    const kind = LOSS_BINARY_CROSS_ENTROPY;
    return elementLoss(site, { kind, parameter: posWeight, threshold: 0.5 });
  },
};
