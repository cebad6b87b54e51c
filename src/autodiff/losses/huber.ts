import { LOSS_HUBER } from "../../../assembly/abi/losses.js";
import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { elementLoss } from "./element.js";
import type { LossCommon, LossRule } from "./loss.js";

/**
 * Squared near the target, absolute far from it: the mean of d²/2 where |d| < delta, else delta·(|d| − delta/2),
 * d = y − t. Huber 1964, https://doi.org/10.1214/aoms/1177703732; PyTorch's HuberLoss.
 */
export interface HuberOptions extends LossCommon<"huber"> {
  /** default 1 */
  readonly delta?: number;
}

export const huber: LossRule<HuberOptions> = {
  rows: {
    delta: numberRow(1, RANGES.huberDelta, "where the square goes over into the line"),
  },
  ends: [],
  targets: () => ({ values: {} }),
  make: ({ delta }, site) => elementLoss(site, { kind: LOSS_HUBER, parameter: delta }),
};
