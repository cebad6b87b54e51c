import { ADAM, ADAM_BEGIN, AMSGRAD } from "../../../assembly/abi/opcodes.js";
import { switchRow } from "../../option-rows.js";
import { doubleBits, floatBits, type Tensor } from "../training-graph.js";
import {
  betaRows,
  type CommonOptions,
  commonRows,
  type Emitter,
  EPS_INSIDE,
  epsRow,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";

/** m and v: means of the gradient and its square; w ← w − lr·m̂/(√v̂ + eps). */
export interface AdamOptions extends CommonOptions {
  /** default 0.9 */
  readonly beta1?: number;
  /** default 0.999 */
  readonly beta2?: number;
  /** default 1e-8 */
  readonly eps?: number;
  /** Epsilon under the root: m̂/√(v̂ + eps). Default false, as PyTorch. */
  readonly epsInside?: boolean;
}

export const adamRows = {
  ...commonRows(1e-3),
  ...betaRows(0.9, 0.999),
  eps: epsRow(1e-8),
  epsInside: switchRow(EPS_INSIDE),
};

/** Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1. */
export const adam: OptimizerSpec<AdamOptions> = {
  about: "Adam (Kingma & Ba 2015)",
  rows: adamRows,
  make: (options, newState) => adamRule(options, newState),
};

/** In which way an optimizer differs from Adam. */
export interface AdamForm {
  /** The weight decay is taken from the weight. */
  readonly decoupled?: boolean;
  /** The largest v so far is under the root. */
  readonly maximum?: boolean;
  /** Brings the corrections to this step; default ADAM_BEGIN. */
  readonly begin?: (b: Emitter, corrections: Tensor) => void;
}

/** The instructions of Adam and of what is nearly Adam. */
export function adamRule(
  options: Required<AdamOptions>,
  newState: NewState,
  form: AdamForm = {},
): Rule {
  const { beta1, beta2, eps, epsInside } = options;
  const { decoupled = false, maximum = false, begin = beginAdam(beta1, beta2) } = form;
  const betas = [beta1, 1 - beta1, beta2, 1 - beta2];
  let corrections: Tensor | undefined;
  return {
    begin(b, lr) {
      corrections = newState("corrections", "", CORRECTIONS);
      begin(b, corrections);
      return lr;
    },
    update(b, w, gradient, { lr, weightDecay }) {
      const state = (kind: string) => newState(kind, w.name, w.c0);
      const operands = [lr, corrections!, gradient, w, state("m"), state("v")];
      const numbers = [...betas, eps, weightDecay].map(floatBits);
      const attributes = [...numbers, Number(epsInside), Number(decoupled)];
      if (maximum) b.emit(AMSGRAD, [...operands, state("vMax")], attributes);
      else b.emit(ADAM, operands, attributes);
    },
  };
}

/** Elements of the corrections: three f64. */
export const CORRECTIONS = 6;

export function beginAdam(beta1: number, beta2: number) {
  return (b: Emitter, corrections: Tensor): void =>
    b.emit(ADAM_BEGIN, [corrections], doubleBits(beta1, beta2));
}
