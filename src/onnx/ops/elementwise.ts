import type { Node } from "../../graph/graph.js";
import { normalAxis } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { nodeFrom } from "./node-from.js";

/**
 * y = eˣ / Σ eˣ along `axis`. Before opset 13 the default axis is 1, and the input is taken as a matrix with all
 * axes from `axis` on as its columns: the same thing only where no axis of size above 1 follows.
 */
export function Softmax(node: OnnxNode, scope: Scope): Node {
  const coerces = scope.opset < 13;
  const shape = scope.shape(node, node.input(0));
  const given = node.int("axis", coerces ? 1 : -1);
  const axis = normalAxis(given, shape.length);
  if (axis === undefined) {
    throw node.error("attribute-invalid", `axis ${given} of an input of shape [${shape}]`);
  }
  const columns = shape.slice(axis).filter((dim) => dim !== 1);
  if (coerces && columns.length > 1) {
    throw node.error("op-unsupported", `a softmax over the axes [${shape.slice(axis)}] together`);
  }
  // The one axis that counts: where all others from `axis` on are of size 1 it may not be the first of them.
  const counts = coerces ? shape.findIndex((dim, i) => i >= axis && dim !== 1) : axis;
  return nodeFrom("Softmax", node, [node.input(0)], { axis: counts < 0 ? axis : counts });
}

/** y = x: inert outside training, and for now in it. The ratio is an attribute before opset 12, an input since. */
export function Dropout(node: OnnxNode, scope: Scope): Node {
  return nodeFrom("Dropout", node, [node.input(0)], { ratio: dropoutRatio(node, scope) });
}

function dropoutRatio(node: OnnxNode, scope: Scope): number {
  if (scope.opset < 12) return node.float("ratio", 0.5);
  const name = node.inputs[1] ?? "";
  if (name === "") return 0.5;
  const constant = scope.constant(name);
  const ratio = constant?.type === "float32" ? constant.data[0] : undefined;
  if (ratio === undefined) throw node.error("op-unsupported", "its ratio is not a constant");
  return ratio;
}

/** y = x. PyTorch writes it where two parameters happened to be equal when the model was exported. */
export function Identity(node: OnnxNode, scope: Scope): Lowered {
  const input = node.input(0);
  const constant = scope.constant(input);
  if (constant === undefined) return nodeFrom("Identity", node, [input], {});
  if (constant.type !== "float32") return constant;
  // Equal vectors (γ all 1, β all 0) were merged by value and must part again; equal matrices are tied.
  const merged = scope.uses(input) > 1 && constant.shape.length <= 1;
  if (!merged) return nodeFrom("Identity", node, [input], {});
  return constant;
}
