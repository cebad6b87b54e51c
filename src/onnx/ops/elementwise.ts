import type { Lowered, OnnxNode, Scope } from "../node.js";
import { nodeFrom } from "./node-from.js";

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
