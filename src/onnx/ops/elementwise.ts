import type { Node } from "../../graph/graph.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { nodeFrom } from "./node-from.js";

/** y = a + b */
export function Add(node: OnnxNode): Node {
  return nodeFrom("Add", node, [node.input(0), node.input(1)], {});
}

/** y = max(x, 0) */
export function Relu(node: OnnxNode): Node {
  return nodeFrom("Relu", node, [node.input(0)], {});
}

/** y = tanh(x) */
export function Tanh(node: OnnxNode): Node {
  return nodeFrom("Tanh", node, [node.input(0)], {});
}

/** y = 1 / (1 + e⁻ˣ) */
export function Sigmoid(node: OnnxNode): Node {
  return nodeFrom("Sigmoid", node, [node.input(0)], {});
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
