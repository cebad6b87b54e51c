import {
  CORRECT_COUNT,
  MEAN,
  MSE,
  MSE_BACKWARD,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_BACKWARD,
} from "../../assembly/abi/opcodes.js";
import { StropError } from "../errors.js";
import type { Graph, ValueInfo } from "../graph/graph.js";
import { shapeElements } from "../graph/shape.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import type { Tensor } from "./training-graph.js";

export const LOSS_NAMES = ["cross-entropy", "mse"] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** A loss over the rows of one value, as a mean over the batch. */
export interface Loss {
  readonly name: LossName;
  /** The value it is computed on: the output, or what goes into a final Softmax. */
  readonly value: string;
  /** Labels or targets, filled in by the host. */
  readonly y: Tensor;
  /** Classes of a classification, else undefined. */
  readonly classes: number | undefined;
}

const SCALAR = { c0: 1, c1: 0 };

export function makeLoss(
  name: LossName,
  graph: Graph,
  values: ReadonlyMap<string, ValueInfo>,
): Loss {
  const output = graph.outputs[0]!;
  switch (name) {
    case "cross-entropy":
      return crossEntropy(logitsOf(graph), output, values);
    case "mse":
      return meanSquare(output, values);
    default:
      throw new Error(`no loss ${name satisfies never}`);
  }
}

const LABELS = { name: "y", category: "rows", lifetime: "run" } as const;

function meanSquare(value: string, values: ReadonlyMap<string, ValueInfo>): Loss {
  const count = shapeElements(values.get(value)!.shape);
  return { name: "mse", value, y: { ...LABELS, type: "f32", ...count }, classes: undefined };
}

function crossEntropy(value: string, output: string, values: ReadonlyMap<string, ValueInfo>): Loss {
  const { shape } = values.get(value)!;
  if (shape.length !== 2 || shape[0] !== "N") {
    throw new StropError(`cross-entropy needs an output [N, classes], not [${shape.join(", ")}]`, {
      code: "loss-shape",
      where: `output ${output}`,
    });
  }
  const y = { ...LABELS, type: "i32", c0: 0, c1: 1 } as const;
  return { name: "cross-entropy", value, y, classes: shape[1] as number };
}

/** What the output's Softmax takes, if the model ends in one. */
export function logitsOf(graph: Graph): string {
  let value = graph.outputs[0]!;
  for (;;) {
    const node = graph.nodes.find((candidate) => candidate.outputs[0] === value);
    if (node?.op === "Softmax" || node?.op === "LogSoftmax") return node.inputs[0]!;
    if (node?.op !== "Identity") return graph.outputs[0]!;
    value = node.inputs[0]!;
  }
}

/** The batch's mean loss, in a tensor of one element. */
export function emitLoss(loss: Loss, b: ProcedureBuilder): Tensor {
  const mean = b.temporary("loss", "scratch", SCALAR);
  const prediction = b.tensorOf(loss.value);
  if (loss.classes === undefined) {
    b.emit(MSE, [prediction, loss.y, mean]);
    return mean;
  }
  const rowLoss = b.temporary("row loss", "scratch", { c0: 0, c1: 1 });
  b.emit(SOFTMAX_CROSS_ENTROPY, [prediction, loss.y, rowLoss], [loss.classes]);
  b.emit(MEAN, [rowLoss, mean]);
  return mean;
}

export function emitLossBackward(loss: Loss, b: ProcedureBuilder): void {
  b.backward(loss.value, (gradient) => {
    const operands = [b.tensorOf(loss.value), loss.y, gradient];
    if (loss.classes === undefined) b.emit(MSE_BACKWARD, operands);
    else b.emit(SOFTMAX_CROSS_ENTROPY_BACKWARD, operands, [loss.classes]);
  });
}

/** How many rows of the batch are right, in a tensor of one element. */
export function emitCorrect(loss: Loss, b: ProcedureBuilder): Tensor | undefined {
  if (loss.classes === undefined) return undefined;
  const correct = b.temporary("correct", "scratch", SCALAR);
  b.emit(CORRECT_COUNT, [b.tensorOf(loss.value), loss.y, correct], [loss.classes]);
  return correct;
}
