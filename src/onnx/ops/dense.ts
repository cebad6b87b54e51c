import type { Node } from "../../graph/graph.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** y = alpha·A′·B′ + beta·C; C is optional since opset 11. A transposed A is transposed by an op of its own. */
export function Gemm(node: OnnxNode, scope: Scope): Lowered {
  const expanding = new Expanding(node, scope);
  const transA = node.int("transA", 0) !== 0;
  const given = node.input(0);
  const a = transA ? expanding.step("Transpose", [given], { perm: [1, 0] }) : given;
  const inputs = [a, node.input(1)];
  const bias = node.inputs[2] ?? "";
  if (bias !== "") inputs.push(bias);
  return expanding.end("Gemm", inputs, {
    alpha: node.float("alpha", 1),
    beta: node.float("beta", 1),
    transB: node.int("transB", 0) !== 0,
  });
}

/** y = A·B, as NumPy's matmul. */
export function MatMul(node: OnnxNode): Node {
  return nodeFrom("MatMul", node, [node.input(0), node.input(1)], {});
}
