import type { Node, OpName } from "../../graph/graph.js";
import { BINARY_OPS, forAll, UNARY_OPS } from "../../graph/ops/families.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { alias } from "./alias.js";
import { batchNorm } from "./batch-norm.js";
import { binary } from "./binary.js";
import { conv } from "./conv.js";
import { convTranspose } from "./conv-transpose.js";
import { dropout } from "./dropout.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { groupNorm } from "./group-norm.js";
import { layerNorm } from "./layer-norm.js";
import { matMul } from "./matmul.js";
import { pad } from "./pad.js";
import { averagePool, maxPool } from "./pool.js";
import { pow } from "./pow.js";
import { reduceMax, reduceSum } from "./reduce.js";
import { concat, expand, slice } from "./regions.js";
import { resize } from "./resize.js";
import type { Rule } from "./rule.js";
import { logSoftmax, softmax } from "./softmax.js";
import { transpose } from "./transpose.js";
import { unary } from "./unary.js";

/** What each op of ONNX does forward and backward. */
export const rules: { readonly [K in OpName]: Rule<K> } = {
  ...forAll(UNARY_OPS, unary),
  ...forAll(BINARY_OPS, binary),
  AveragePool: averagePool,
  BatchNormalization: batchNorm,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  Dropout: dropout,
  Expand: expand,
  Flatten: alias,
  Gather: gather,
  Gemm: gemm,
  GroupNormalization: groupNorm,
  Identity: alias,
  LayerNormalization: layerNorm,
  LogSoftmax: logSoftmax,
  MatMul: matMul,
  MaxPool: maxPool,
  Pad: pad,
  Pow: pow,
  ReduceMax: reduceMax,
  ReduceMean: reduceSum,
  ReduceMin: reduceMax,
  ReduceSum: reduceSum,
  Reshape: alias,
  Resize: resize,
  Slice: slice,
  Softmax: softmax,
  Transpose: transpose,
};

export function forwardOf(node: Node, b: ProcedureBuilder): void {
  (rules[node.op] as Rule<OpName>).forward(node, b);
}

export function backwardOf(node: Node, b: ProcedureBuilder): void {
  (rules[node.op] as Rule<OpName>).backward(node, b);
}
