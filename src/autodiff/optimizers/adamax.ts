import { ADAMAX } from "../../../assembly/abi/opcodes.js";
import { floatBits, type Tensor } from "../training-graph.js";
import { beginAdam, CORRECTIONS } from "./adam.js";
import {
  betaRows,
  type CommonOptions,
  commonRows,
  epsRow,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";

/**
 * m as Adam's; u ← max(beta2·u, |d| + eps), w ← w − lr·m̂/u. Differs from PyTorch: the default rate is 1e-3,
 * not 2e-3.
 */
export interface AdamaxOptions extends CommonOptions {
  /** default 0.9 */
  readonly beta1?: number;
  /** default 0.999 */
  readonly beta2?: number;
  /** default 1e-8 */
  readonly eps?: number;
}

/** Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 2. */
export const adamax: OptimizerSpec<AdamaxOptions> = {
  about: "Adamax (Kingma & Ba 2015)",
  rows: { ...commonRows(1e-3), ...betaRows(0.9, 0.999), eps: epsRow(1e-8) },
  make: makeAdamax,
};

function makeAdamax(options: Required<AdamaxOptions>, newState: NewState): Rule {
  const { beta1, beta2, eps } = options;
  let corrections: Tensor | undefined;
  return {
    begin(b, lr) {
      corrections = newState("corrections", "", CORRECTIONS);
      beginAdam(beta1, beta2)(b, corrections);
      return lr;
    },
    update(b, w, gradient, { lr, weightDecay }) {
      const [m, u] = [newState("m", w.name, w.c0), newState("u", w.name, w.c0)];
      const attributes = [beta1, 1 - beta1, beta2, eps, weightDecay].map(floatBits);
      b.emit(ADAMAX, [lr, corrections!, gradient, w, m, u], attributes);
    },
  };
}
