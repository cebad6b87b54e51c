import type { Node } from "../../graph/graph.js";
import { inferNode } from "../../graph/infer.js";
import { isBatched } from "../../graph/shape.js";
import { transposeOrder } from "../../graph/view.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import type { IntConstant } from "../tensor.js";
import { intConstant, intInput, isArithmetic } from "./constants.js";
import { nodeFrom } from "./node-from.js";

/** y[rows, columns], split at `axis`. */
export function Flatten(node: OnnxNode): Node {
  return nodeFrom("Flatten", node, [node.input(0)], { axis: node.int("axis", 1) });
}

/** The same elements in another shape, which must be known: a constant, or computed from shapes. */
export function Reshape(node: OnnxNode, scope: Scope): Lowered {
  const data = node.input(0);
  const target = intConstant(node, scope, 1, "its shape");
  const allowZero = node.int("allowzero", 0) !== 0;
  if (!isArithmetic(node, scope)) {
    const from = intInput(node, scope, 0, "what it reshapes");
    const reshaped = nodeFrom("Reshape", node, [data], { shape: target, allowZero });
    return { ...from, shape: shapeAfter(reshaped, from) };
  }
  let shape = target;
  // In a file made for one batch, its size in front of a batched value was the batch.
  if (target[0] === scope.fixedBatch && isBatched(scope.shape(node, data))) {
    shape = ["N", ...target.slice(1)];
  }
  return nodeFrom("Reshape", node, [data], { shape, allowZero });
}

/** The axes in another order, by default reversed. */
export function Transpose(node: OnnxNode, scope: Scope): Lowered {
  const data = node.input(0);
  const { length: rank } = scope.shape(node, data);
  const perm = node.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const transposed = nodeFrom("Transpose", node, [data], { perm });
  if (isArithmetic(node, scope)) return transposed;
  const from = intInput(node, scope, 0, "what it transposes");
  const shape = shapeAfter(transposed, from);
  const values = Array.from(transposeOrder(from.shape, perm), (i) => from.values[i]!);
  return { ...from, shape, values };
}

/** What shape a node makes of whole numbers: the same as of any. */
function shapeAfter(node: Node, { shape }: IntConstant): readonly number[] {
  const name = node.inputs[0]!;
  const values = new Map([[name, { name, type: "float32" as const, shape }]]);
  return inferNode(node, values).shape as readonly number[];
}
