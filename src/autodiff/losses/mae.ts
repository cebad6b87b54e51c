import { LOSS_MAE } from "../../../assembly/abi/losses.js";
import { elementLoss } from "./element.js";
import type { LossCommon, LossRule } from "./loss.js";

/** The absolute error: mean |y − t|, whose gradient is 0 where y = t. PyTorch's L1Loss. */
export interface MaeOptions extends LossCommon<"mae"> {}

export const mae: LossRule<MaeOptions> = {
  rows: {},
  ends: [],
  targets: () => ({ values: {} }),
  make: (_, site) => elementLoss(site, { kind: LOSS_MAE }),
};
