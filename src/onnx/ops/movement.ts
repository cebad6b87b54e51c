import type { Dim, Node } from "../../graph/graph.js";
import { isBatched } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { intConstant } from "./constants.js";
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
  const constant = scope.constant(data);
  if (constant !== undefined && constant.type !== "float32") {
    return { ...constant, shape: resolved(node, target, constant.values.length) };
  }
  let shape = target;
  // In a file made for one batch, its size in front of a batched value was the batch.
  if (target[0] === scope.fixedBatch && isBatched(scope.shape(node, data))) {
    shape = ["N", ...target.slice(1)];
  }
  return nodeFrom("Reshape", node, [data], { shape, allowZero });
}

/** The shape of reshaped shape arithmetic: a vector, or one number. */
function resolved(node: OnnxNode, target: readonly Dim[], elements: number): readonly number[] {
  if (target.length === 0 && elements === 1) return [];
  if (target.length === 1 && (target[0] === -1 || target[0] === elements)) return [elements];
  throw node.error("op-unsupported", `whole numbers reshaped to [${target}]`);
}

/** The axes in another order, by default reversed. */
export function Transpose(node: OnnxNode, scope: Scope): Node {
  const rank = scope.shape(node, node.input(0)).length;
  const perm = node.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  return nodeFrom("Transpose", node, [node.input(0)], { perm });
}
