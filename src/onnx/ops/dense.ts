import type { Node } from "../../graph/graph.js";
import type { Lowered, OnnxNode } from "../node.js";
import { chained, nodeFrom } from "./node-from.js";

/** y = alpha·A′·B′ + beta·C; C is optional since opset 11. A transposed A is transposed by an op of its own. */
export function Gemm(node: OnnxNode): Lowered {
  const others = [node.input(1)];
  const bias = node.inputs[2] ?? "";
  if (bias !== "") others.push(bias);
  const attributes = {
    alpha: node.float("alpha", 1),
    beta: node.float("beta", 1),
    transA: false,
    transB: node.int("transB", 0) !== 0,
  };
  if (node.int("transA", 0) === 0) {
    return nodeFrom("Gemm", node, [node.input(0), ...others], attributes);
  }
  const transpose = { op: "Transpose", attributes: { perm: [1, 0] } };
  return chained(node, [transpose, { op: "Gemm", attributes, others }]);
}

/** y = A·B, as NumPy's matmul. */
export function MatMul(node: OnnxNode): Node {
  return nodeFrom("MatMul", node, [node.input(0), node.input(1)], {});
}
