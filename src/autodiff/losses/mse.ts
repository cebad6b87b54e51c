import { LOSS_MSE } from "../../../assembly/abi/losses.js";
import { elementLoss } from "./element.js";
import type { LossCommon, LossRule } from "./loss.js";

/** The squared error: mean (y − t)². PyTorch's MSELoss. */
export interface MseOptions extends LossCommon<"mse"> {}

export const mse: LossRule<MseOptions> = {
  rows: {},
  ends: [],
  targets: () => ({ values: {} }),
  make: (_, site) => elementLoss(site, { kind: LOSS_MSE }),
};
