import type { TargetKind, TargetSpec } from "../../data/targets.js";
import type { Shape } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import type { Rows } from "../../option-rows.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Tensor } from "../training-graph.js";

/** What every loss's options have. */
export interface LossCommon<N extends string> {
  readonly name: N;
  /** What y holds; default by the data. */
  readonly targets?: TargetKind;
}

/** One loss: its options, what the output is compared with, and its instructions. */
export interface LossRule<O extends LossCommon<string>> {
  /** The options besides `name` and `targets`. */
  readonly rows: Rows<Omit<O, keyof LossCommon<string>>>;
  /** Ops that undo themselves in this loss: of a model that ends in one, it is taken on the op's input. */
  readonly ends: readonly string[];
  /** @param row of outputs, without the batch */
  targets(options: O, row: readonly number[]): TargetSpec;
  /** What y holds where it may be both and nobody says; default classes. */
  readonly usual?: TargetKind;
  /** @param options with the rows' defaults for what was not given */
  make(options: Required<O>, site: LossSite): Loss;
}

/** Where a loss is computed. */
export interface LossSite {
  /** The model's output, for errors. */
  readonly output: string;
  /** The value that the loss is taken on: the output, or what goes into its last node. */
  readonly value: string;
  readonly shape: Shape;
  /** What y holds. */
  readonly targets: TargetKind;
  /** y, if it is there already. */
  readonly y?: Tensor;
}

/** The batch's mean loss, in a tensor of one element. */
export interface LossTensors {
  readonly mean: Tensor;
  /** What the mean was divided by, where that is not the number of rows. */
  readonly weight?: Tensor;
  /** What the value was compared with, where that is element by element. */
  readonly target?: Tensor;
}

/** A loss over the rows of one value, as a mean over the batch. */
export interface Loss {
  readonly value: string;
  /** Labels or targets, filled in by the host; none where the model is compared with a value of its own. */
  readonly y?: Tensor;
  /** Classes of a classification, else undefined. */
  readonly classes?: number;
  forward(b: ProcedureBuilder): LossTensors;
  /** The gradient of the mean by the value. */
  backward(b: ProcedureBuilder, made: LossTensors, gradient: Tensor): void;
  /** Writes right answers and all answers; undefined where no answer is right or wrong. */
  readonly countCorrect?: (b: ProcedureBuilder, count: Tensor) => void;
}

export const SCALAR = { c0: 1, c1: 0 };
export const ONE_A_ROW = { c0: 0, c1: 1 };

/** The tensor that the host fills with labels, or with a target for each element of the value. */
export function targetTensor({ targets, shape, y }: LossSite): Tensor {
  if (y) return y;
  const count = targets === "classes" ? ONE_A_ROW : shapeElements(shape);
  const type = targets === "classes" ? "i32" : "f32";
  return { name: "y", category: "rows", lifetime: "run", type, ...count };
}
