import { type AdamOptions, adamRows, adamRule } from "./adam.js";
import type { OptimizerSpec } from "./rule.js";

/** Adam with the largest v so far: Reddi, Kale & Kumar 2018, https://arxiv.org/abs/1904.09237. */
export const amsgrad: OptimizerSpec<AdamOptions> = {
  about: "AMSGrad (Reddi et al. 2018)",
  rows: adamRows,
  make: (options, newState) => adamRule(options, newState, { maximum: true }),
};
