import { LION } from "../../../assembly/abi/opcodes.js";
import { floatBits } from "../training-graph.js";
import {
  betaRows,
  type CommonOptions,
  commonRows,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";

/** w ← w − lr·(sign(beta1·m + (1 − beta1)·g) + weightDecay·w), m ← beta2·m + (1 − beta2)·g. Not in PyTorch. */
export interface LionOptions extends CommonOptions {
  /** default 0.9 */
  readonly beta1?: number;
  /** default 0.99 */
  readonly beta2?: number;
}

/** Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2. */
export const lion: OptimizerSpec<LionOptions> = {
  about: "Lion (Chen et al. 2023)",
  rows: { ...commonRows(1e-3), ...betaRows(0.9, 0.99) },
  make: makeLion,
};

function makeLion({ beta1, beta2 }: Required<LionOptions>, newState: NewState): Rule {
  return {
    update(b, w, gradient, { lr, weightDecay }) {
      const m = newState("m", w.name, w.c0);
      const attributes = [beta1, 1 - beta1, beta2, 1 - beta2, weightDecay].map(floatBits);
      b.emit(LION, [lr, gradient, w, m], attributes);
    },
  };
}
