import { ADAM, ADAM_BEGIN, SGD, SGD_MOMENTUM } from "../../assembly/abi/opcodes.js";
import { ROLE_OPTIMIZER } from "../../assembly/abi/program.js";
import { floatBits, type Tensor } from "./training-graph.js";

/** w ← w − lr·(g + weightDecay·w), or with momentum m ← momentum·m + g. Differs from PyTorch: lr has a default. */
export interface SgdOptions {
  readonly name: "sgd";
  /** default 1e-2 */
  readonly lr?: number;
  /** default 0 */
  readonly momentum?: number;
  /** default false; needs momentum */
  readonly nesterov?: boolean;
  /** default 0; added to the gradient after clipping */
  readonly weightDecay?: number;
}

/** Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1. */
export interface AdamOptions {
  readonly name: "adam";
  /** default 1e-3 */
  readonly lr?: number;
  /** default 0.9 */
  readonly beta1?: number;
  /** default 0.999 */
  readonly beta2?: number;
  /** default 1e-8 */
  readonly eps?: number;
  /** Epsilon under the root: m̂/√(v̂ + eps). Default false, as PyTorch. */
  readonly epsInside?: boolean;
  /** default 0; added to the gradient after clipping */
  readonly weightDecay?: number;
}

export type OptimizerOptions = SgdOptions | AdamOptions;

/** The learning rate of an optimizer that was given none. */
export const DEFAULT_LR: Readonly<Record<OptimizerOptions["name"], number>> = {
  sgd: 1e-2,
  adam: 1e-3,
};

/** Emits into a procedure; ProcedureBuilder is one. */
export interface Emitter {
  emit(opcode: number, operands: readonly Tensor[], attributes?: readonly number[]): void;
}

/** An optimizer as instructions, with the state it owns. */
export interface Optimizer {
  readonly lr: number;
  /** Written by the trainer before each step; holds the first rate from the start. */
  readonly lrTensor: Tensor;
  /** Once a step, before the first update. */
  begin(b: Emitter): void;
  /** w of the given tensor moves along its gradient; weight decay only if `decays`. */
  update(b: Emitter, w: Tensor, gradient: Tensor, decays: boolean): void;
  /** State made so far, in the order it was made. */
  readonly states: readonly Tensor[];
}

export function makeOptimizer(options: OptimizerOptions): Optimizer {
  const states: Tensor[] = [];
  const newState = (kind: string, parameter: string, c0: number, c1 = 0): Tensor => {
    const name = `${kind}:${parameter}`;
    const state = { role: ROLE_OPTIMIZER, name };
    const tensor: Tensor = {
      name,
      type: "f32",
      c0,
      c1,
      category: "optimizer",
      lifetime: "run",
      state,
    };
    states.push(tensor);
    return tensor;
  };
  switch (options.name) {
    case "sgd":
      return sgd(options, states, newState);
    case "adam":
      return adam(options, states, newState);
    default:
      throw new Error(`no optimizer ${(options satisfies never as OptimizerOptions).name}`);
  }
}

type NewState = (kind: string, parameter: string, c0: number) => Tensor;

function makeLrTensor(lr: number): Tensor {
  const data = Float32Array.of(lr);
  const count = { type: "f32", c0: 1, c1: 0 } as const;
  return { name: "lr", ...count, category: "optimizer", lifetime: "run", data };
}

function sgd(options: SgdOptions, states: Tensor[], newState: NewState): Optimizer {
  const { lr = DEFAULT_LR.sgd, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  const lrTensor = makeLrTensor(lr);
  return {
    lr,
    lrTensor,
    states,
    begin() {},
    update(b, w, gradient, decays) {
      const decay = floatBits(decays ? weightDecay : 0);
      if (momentum === 0) {
        b.emit(SGD, [lrTensor, gradient, w], [decay]);
        return;
      }
      const m = newState("m", w.name, w.c0);
      const attributes = [floatBits(momentum), decay, Number(nesterov)];
      b.emit(SGD_MOMENTUM, [lrTensor, gradient, w, m], attributes);
    },
  };
}

function adam(options: AdamOptions, states: Tensor[], newState: NewState): Optimizer {
  const { lr = DEFAULT_LR.adam, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  const lrTensor = makeLrTensor(lr);
  const betas = [beta1, 1 - beta1, beta2, 1 - beta2].map(floatBits);
  let corrections: Tensor | undefined;
  return {
    lr,
    lrTensor,
    states,
    begin(b) {
      corrections = newState("corrections", "", 4); // two f64
      b.emit(ADAM_BEGIN, [corrections], [...new Uint32Array(Float64Array.of(beta1, beta2).buffer)]);
    },
    update(b, w, gradient, decays) {
      const [m, v] = [newState("m", w.name, w.c0), newState("v", w.name, w.c0)];
      const decay = decays ? weightDecay : 0;
      const rest = [floatBits(eps), floatBits(decay), Number(options.epsInside ?? false)];
      b.emit(ADAM, [lrTensor, corrections!, gradient, w, m, v], [...betas, ...rest]);
    },
  };
}
