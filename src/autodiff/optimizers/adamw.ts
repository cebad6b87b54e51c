import { type AdamOptions, adamRows, adamRule } from "./adam.js";
import { commonRows, type OptimizerSpec } from "./rule.js";

/**
 * Adam whose weight decay is taken from the weight, w ← w − lr·weightDecay·w − …: Loshchilov & Hutter 2019,
 * https://arxiv.org/abs/1711.05101, algorithm 2.
 */
export const adamw: OptimizerSpec<AdamOptions> = {
  about: "AdamW (Loshchilov & Hutter 2019)",
  rows: { ...adamRows, ...commonRows(1e-3, 1e-2) },
  make: (options, newState) => adamRule(options, newState, { decoupled: true }),
};
