import type { OnnxNode, Scope } from "./node.js";

/**
 * Refuses what opsets before 9 could say and later ones cannot. All else that Strop reads of them means what it
 * means in 9.
 */
export function checkEarly(node: OnnxNode, scope: Scope): void {
  if (scope.opset >= 9) return;
  if (node.op === "BatchNormalization" && node.int("spatial", 1) === 0) {
    throw node.error("op-unsupported", "statistics of every pixel (spatial 0), dropped in opset 9");
  }
  if (scope.opset < 7 && node.int("broadcast", 0) !== 0 && node.has("axis")) checkAxis(node, scope);
}

/** Before opset 7 the second operand's axes began at `axis` of the first's; NumPy has them end together. */
function checkAxis(node: OnnxNode, scope: Scope): void {
  const [a, b] = [0, 1].map((index) => scope.shape(node, node.input(index)).length);
  const axis = node.int("axis", 0);
  if (b === 0 || axis < 0 || axis + b! === a) return;
  const hint = "Convert the model with onnx.version_converter.";
  throw node.error("op-unsupported", `a broadcast from axis ${axis}, dropped in opset 7`, hint);
}
