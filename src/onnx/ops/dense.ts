import type { Node } from "../../graph/graph.js";
import type { OnnxNode } from "../node.js";
import { nodeFrom } from "./node-from.js";

/** y = alpha·A′·B′ + beta·C; C is optional since opset 11. */
export function Gemm(node: OnnxNode): Node {
  const inputs = [node.input(0), node.input(1)];
  const bias = node.inputs[2] ?? "";
  if (bias !== "") inputs.push(bias);
  return nodeFrom("Gemm", node, inputs, {
    alpha: node.float("alpha", 1),
    beta: node.float("beta", 1),
    transA: node.int("transA", 0) !== 0,
    transB: node.int("transB", 0) !== 0,
  });
}

/** y = A·B, as NumPy's matmul. */
export function MatMul(node: OnnxNode): Node {
  return nodeFrom("MatMul", node, [node.input(0), node.input(1)], {});
}
