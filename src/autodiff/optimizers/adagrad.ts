import { RATE_DECAY, RMS_NORMALIZE, SGD } from "../../../assembly/abi/opcodes.js";
import { numberRow, switchRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { doubleBits, floatBits } from "../training-graph.js";
import {
  type CommonOptions,
  commonRows,
  EPS_INSIDE,
  epsRow,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";

/**
 * v ← v + d², w ← w − lr/(1 + t·lrDecay)·d/(√v + eps), t from 0. Differs from PyTorch: the default rate is
 * 1e-3, not 1e-2.
 */
export interface AdagradOptions extends CommonOptions {
  /** default 0 */
  readonly lrDecay?: number;
  /** What v begins with. Default 0. */
  readonly initialAccumulator?: number;
  /** default 1e-10 */
  readonly eps?: number;
  /** d/√(v + eps). Default false, as PyTorch. */
  readonly epsInside?: boolean;
}

/** Duchi, Hazan & Singer 2011, JMLR 12. */
export const adagrad: OptimizerSpec<AdagradOptions> = {
  about: "AdaGrad (Duchi et al. 2011)",
  rows: {
    ...commonRows(1e-3),
    lrDecay: numberRow(0, RANGES.lrDecay, "how fast the rate falls with the steps"),
    initialAccumulator: numberRow(
      0,
      RANGES.initialAccumulator,
      "what the sum of squares begins with",
    ),
    eps: epsRow(1e-10),
    epsInside: switchRow(EPS_INSIDE),
  },
  make: makeAdagrad,
};

function makeAdagrad(options: Required<AdagradOptions>, newState: NewState): Rule {
  const { lrDecay, initialAccumulator, eps, epsInside } = options;
  // The sum itself begins with 0: what it should begin with stands beside it under the root.
  const inside = initialAccumulator + (epsInside ? eps : 0);
  const numbers = [1, 1, epsInside ? 0 : eps, inside].map(floatBits);
  return {
    begin(b, lr) {
      if (lrDecay === 0) return lr;
      const sum = newState("rate decay", "", 2); // one f64
      const rate = b.temporary("decayed lr", "scratch", { c0: 1, c1: 0 });
      b.emit(RATE_DECAY, [lr, rate, sum], doubleBits(lrDecay));
      return rate;
    },
    update(b, w, gradient, { lr, weightDecay }) {
      const v = newState("v", w.name, w.c0);
      const y = b.temporary(`${gradient.name} (normalized)`, "gradients", w);
      b.emit(RMS_NORMALIZE, [gradient, w, y, v], [...numbers, floatBits(weightDecay)]);
      b.emit(SGD, [lr, y, w], [floatBits(0)]);
    },
  };
}
