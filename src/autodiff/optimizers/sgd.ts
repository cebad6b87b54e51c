import { FILL, SGD, SGD_MOMENTUM } from "../../../assembly/abi/opcodes.js";
import { type Conflict, choiceRow, numberRow, switchRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { floatBits, type Tensor } from "../training-graph.js";
import {
  type CommonOptions,
  commonRows,
  type NewState,
  type OptimizerSpec,
  type Rule,
} from "./rule.js";

/**
 * w ← w − lr·d with d = g + weightDecay·w; or with momentum m ← momentum·m + d, w ← w − lr·m. Differs from
 * PyTorch: lr has a default; an option without effect is refused.
 */
export interface SgdOptions extends CommonOptions {
  /** Default 0, of the optimizer momentum 0.9. */
  readonly momentum?: number;
  /** m ← momentum·m + (1 − dampening)·d from the second step on. Default 0. */
  readonly dampening?: number;
  /** w ← w − lr·(d + momentum·m). Default false. */
  readonly nesterov?: boolean;
  /** classical (default): as above. ema: m ← momentum·m + (1 − momentum)·d, from the first step on; not in PyTorch. */
  readonly momentumForm?: "classical" | "ema";
}

/** Robbins & Monro 1951; momentum: Polyak 1964, Sutskever et al. 2013. */
export const sgd: OptimizerSpec<SgdOptions> = {
  about: "stochastic gradient descent",
  rows: {
    ...commonRows(1e-2),
    momentum: numberRow(0, RANGES.momentum, "momentum"),
    dampening: numberRow(0, RANGES.dampening, "what the momentum takes less of the gradient"),
    nesterov: switchRow("Nesterov's momentum"),
    momentumForm: choiceRow("classical", ["classical", "ema"], "sum or mean of the gradients"),
  },
  conflict: sgdConflict,
  make: makeSgd,
};

function sgdConflict(options: Required<SgdOptions>): Conflict | undefined {
  const { momentum, dampening, nesterov, momentumForm } = options;
  const isMean = momentumForm === "ema";
  if (!momentum) {
    const hint = "Give a momentum, such as 0.9.";
    const needs = (option: string) => ({ option, problem: "it needs a momentum", hint });
    if (nesterov) return needs("nesterov");
    if (dampening) return needs("dampening");
    if (isMean) return needs("momentumForm");
  }
  if (dampening && nesterov)
    return { option: "dampening", problem: "Nesterov's momentum has none" };
  if (dampening && isMean) return { option: "dampening", problem: "the form ema has its own" };
  if (isMean && momentum >= 1) {
    return { option: "momentum", problem: `${momentum} is not below 1, as the form ema needs` };
  }
  return undefined;
}

function makeSgd(options: Required<SgdOptions>, newState: NewState): Rule {
  const { momentum, dampening, nesterov, momentumForm } = options;
  if (momentum === 0) {
    return {
      update(b, w, gradient, { lr, weightDecay }) {
        b.emit(SGD, [lr, gradient, w], [floatBits(weightDecay)]);
      },
    };
  }
  // How much of the gradient the momentum takes: all of it in the first step, as in PyTorch.
  const take = dampening
    ? newState("take", "", 1, Float32Array.of(1))
    : constant("take", momentumForm === "ema" ? 1 - momentum : 1);
  return {
    update(b, w, gradient, { lr, weightDecay }) {
      const m = newState("m", w.name, w.c0);
      const attributes = [floatBits(momentum), floatBits(weightDecay), Number(nesterov)];
      b.emit(SGD_MOMENTUM, [lr, take, gradient, w, m], attributes);
    },
    end(b) {
      if (dampening) b.emit(FILL, [take], [floatBits(1 - dampening)]);
    },
  };
}

function constant(name: string, value: number): Tensor {
  const count = { type: "f32", c0: 1, c1: 0 } as const;
  return { name, ...count, category: "optimizer", lifetime: "run", data: Float32Array.of(value) };
}
