import { NADAM_BEGIN } from "../../../assembly/abi/opcodes.js";
import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { doubleBits } from "../training-graph.js";
import { type AdamOptions, adamRows, adamRule } from "./adam.js";
import type { OptimizerSpec } from "./rule.js";

/**
 * Adam with Nesterov's momentum. Differs from PyTorch: the default rate is 1e-3, not 2e-3; the product of the
 * momenta is kept in f64, not in f32.
 */
export interface NadamOptions extends AdamOptions {
  /** How fast the momentum grows to beta1: beta1·(1 − ½·0.96^(t·momentumDecay)). Default 4e-3. */
  readonly momentumDecay?: number;
}

/** Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ. */
export const nadam: OptimizerSpec<NadamOptions> = {
  about: "NAdam (Dozat 2016)",
  rows: {
    ...adamRows,
    momentumDecay: numberRow(4e-3, RANGES.momentumDecay, "how fast the momentum grows to beta1"),
  },
  make(options, newState) {
    const { beta1, beta2, momentumDecay } = options;
    const base = 0.96 ** momentumDecay;
    return adamRule(options, newState, {
      begin(b, corrections) {
        const products = newState("products", "", 4); // two f64
        b.emit(NADAM_BEGIN, [products, corrections], doubleBits(beta1, beta2, base));
      },
    });
  },
};
