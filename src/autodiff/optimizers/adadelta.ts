import { ADADELTA, SGD } from "../../../assembly/abi/opcodes.js";
import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { floatBits } from "../training-graph.js";
import {
  type CommonOptions,
  commonRows,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";

/**
 * v ← rho·v + (1 − rho)·d², y = √(a + eps)/√(v + eps)·d, a ← rho·a + (1 − rho)·y², w ← w − lr·y. Differs
 * from PyTorch: the default rate is 1e-3, not 1; eps may not be 0.
 */
export interface AdadeltaOptions extends CommonOptions {
  /** default 0.9 */
  readonly rho?: number;
  /** Under both roots. Default 1e-6. */
  readonly eps?: number;
}

/** Zeiler 2012, https://arxiv.org/abs/1212.5701. */
export const adadelta: OptimizerSpec<AdadeltaOptions> = {
  about: "AdaDelta (Zeiler 2012)",
  rows: {
    ...commonRows(1e-3),
    rho: numberRow(0.9, RANGES.rho, "decay of the mean squares"),
    // With 0 the first step would have no length.
    eps: numberRow(1e-6, { above: 0 }, "added to the divisor"),
  },
  make: makeAdadelta,
};

function makeAdadelta({ rho, eps }: Required<AdadeltaOptions>, newState: NewState): Rule {
  return {
    update(b, w, gradient, { lr, weightDecay }) {
      const [v, a] = [newState("v", w.name, w.c0), newState("a", w.name, w.c0)];
      const y = b.temporary(`${gradient.name} (direction)`, "gradients", w);
      const attributes = [rho, 1 - rho, eps, weightDecay].map(floatBits);
      b.emit(ADADELTA, [gradient, w, y, v, a], attributes);
      b.emit(SGD, [lr, y, w], [floatBits(0)]);
    },
  };
}
