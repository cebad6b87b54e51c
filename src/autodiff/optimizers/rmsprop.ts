import { RMS_NORMALIZE, RMS_NORMALIZE_CENTERED } from "../../../assembly/abi/opcodes.js";
import { numberRow, switchRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { floatBits } from "../training-graph.js";
import {
  type CommonOptions,
  commonRows,
  EPS_INSIDE,
  epsRow,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";
import { sgd } from "./sgd.js";

/**
 * v ← alpha·v + (1 − alpha)·d², y = d/(√v + eps); w ← w − lr·y, or with momentum m ← momentum·m + y,
 * w ← w − lr·m. Differs from PyTorch: the default rate is 1e-3, not 1e-2.
 */
export interface RmspropOptions extends CommonOptions {
  /** default 0.99 */
  readonly alpha?: number;
  /** The variance in the place of the mean square. Default false. */
  readonly centered?: boolean;
  /** default 0 */
  readonly momentum?: number;
  /** default 1e-8 */
  readonly eps?: number;
  /** y = d/√(v + eps). Default false, as PyTorch. */
  readonly epsInside?: boolean;
}

/** Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013, arXiv:1308.0850. */
export const rmsprop: OptimizerSpec<RmspropOptions> = {
  about: "RMSProp (Tieleman & Hinton 2012)",
  rows: {
    ...commonRows(1e-3),
    alpha: numberRow(0.99, RANGES.alpha, "decay of the mean square"),
    centered: switchRow("the variance in the place of the mean square"),
    momentum: sgd.rows.momentum,
    eps: epsRow(1e-8),
    epsInside: switchRow(EPS_INSIDE),
  },
  make: makeRmsprop,
};

function makeRmsprop(options: Required<RmspropOptions>, newState: NewState): Rule {
  const { alpha, centered, momentum, eps, epsInside } = options;
  const numbers = [alpha, 1 - alpha, ...(epsInside ? [0, eps] : [eps, 0])].map(floatBits);
  const rest = { dampening: 0, nesterov: false, momentumForm: "classical" } as const;
  const step = sgd.make({ ...options, ...rest, momentum }, newState);
  return {
    update(b, w, gradient, { lr, weightDecay }) {
      const v = newState("v", w.name, w.c0);
      const y = b.temporary(`${gradient.name} (normalized)`, "gradients", w);
      const attributes = [...numbers, floatBits(weightDecay)];
      if (centered) {
        const mean = newState("mean", w.name, w.c0);
        b.emit(RMS_NORMALIZE_CENTERED, [gradient, w, y, v, mean], attributes);
      } else b.emit(RMS_NORMALIZE, [gradient, w, y, v], attributes);
      step.update(b, w, y, { lr, weightDecay: 0 });
    },
  };
}
