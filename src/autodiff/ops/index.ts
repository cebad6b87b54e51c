import type { Node, OpName } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { relu, sigmoid, tanh } from "./activation.js";
import { add } from "./add.js";
import { alias, transpose } from "./alias.js";
import { batchNorm } from "./batch-norm.js";
import { conv } from "./conv.js";
import { dropout } from "./dropout.js";
import { gemm } from "./gemm.js";
import { layerNorm } from "./layer-norm.js";
import { matMul } from "./matmul.js";
import type { Rule } from "./rule.js";
import { logSoftmax, softmax } from "./softmax.js";

/** What each op of ONNX does forward and backward. */
export const rules: { readonly [K in OpName]: Rule<K> } = {
  Add: add,
  BatchNormalization: batchNorm,
  Conv: conv,
  Dropout: dropout,
  Flatten: alias,
  Gemm: gemm,
  Identity: alias,
  LayerNormalization: layerNorm,
  LogSoftmax: logSoftmax,
  MatMul: matMul,
  Relu: relu,
  Reshape: alias,
  Sigmoid: sigmoid,
  Softmax: softmax,
  Tanh: tanh,
  Transpose: transpose,
};

export function forwardOf(node: Node, b: ProcedureBuilder): void {
  (rules[node.op] as Rule<OpName>).forward(node, b);
}

export function backwardOf(node: Node, b: ProcedureBuilder): void {
  (rules[node.op] as Rule<OpName>).backward(node, b);
}
