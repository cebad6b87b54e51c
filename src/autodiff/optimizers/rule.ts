import { type Conflict, numberRow, type Rows } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import type { Category, Tensor } from "../training-graph.js";

/** What every optimizer takes. */
export interface CommonOptions {
  /** Learning rate: default 1e-3, but 1e-2 for sgd and momentum. */
  readonly lr?: number;
  /** Added to the gradient after clipping (L2); adamw and lion take it from the weight. Default 0, adamw 1e-2. */
  readonly weightDecay?: number;
}

/** An optimizer: its options, and how it becomes instructions. */
export interface OptimizerSpec<O extends CommonOptions> {
  /** Its name in full and where it comes from. */
  readonly about: string;
  readonly rows: Rows<O>;
  conflict?(options: Required<O>): Conflict | undefined;
  make(options: Required<O>, newState: NewState): Rule;
}

/** Emits into a procedure; ProcedureBuilder is one. */
export interface Emitter {
  emit(opcode: number, operands: readonly Tensor[], attributes?: readonly number[]): void;
  /** A tensor for throw-away use within the procedure. */
  temporary(name: string, category: Category, count: { c0: number; c1: number }): Tensor;
}

/** A tensor of optimizer state, zeros or `data` at first; its place in the checkpoint is that of its making. */
export type NewState = (kind: string, parameter: string, c0: number, data?: Float32Array) => Tensor;

/** How one weight moves. */
export interface UpdateRates {
  readonly lr: Tensor;
  readonly weightDecay: number;
}

export interface Rule {
  /** Once a step, before the first update. Returns the rate of the updates, which may differ from the trainer's. */
  begin?(b: Emitter, lr: Tensor): Tensor;
  /** w moves along its gradient, which stays as it is. */
  update(b: Emitter, w: Tensor, gradient: Tensor, rates: UpdateRates): void;
  /** Once a step, after the last update. */
  end?(b: Emitter): void;
}

/** The rows of the options that every optimizer takes. */
export function commonRows(lr: number, weightDecay = 0): Rows<CommonOptions> {
  return {
    lr: numberRow(lr, RANGES.lr, "learning rate"),
    weightDecay: numberRow(weightDecay, RANGES.weightDecay, "weight decay"),
  };
}

/** The rows of β₁ and β₂. */
export function betaRows(beta1: number, beta2: number) {
  return {
    beta1: numberRow(beta1, RANGES.beta1, "decay of the mean gradient"),
    beta2: numberRow(beta2, RANGES.beta2, "decay of the mean square, and of lion's momentum"),
  };
}

export function epsRow(eps: number) {
  return numberRow(eps, RANGES.eps, "added to the divisor");
}

export const EPS_INSIDE = "epsilon under the root";
