import { StropError } from "../errors.js";
import type { Graph, Node, NodeOf, OpName, Shape, ValueInfo } from "./graph.js";
import { gather, pad, resize } from "./ops/axis-wise.js";
import { gemm, matMul } from "./ops/dense.js";
import { binary, reduce, unary } from "./ops/elementwise.js";
import { BINARY_OPS, forAll, REDUCE_OPS, UNARY_OPS } from "./ops/families.js";
import { groupNormalization } from "./ops/group-norm.js";
import { batchNormalization, conv, convTranspose } from "./ops/image.js";
import { flatten, reshape, transpose } from "./ops/movement.js";
import { pool } from "./ops/pool.js";
import { concat, expand, slice } from "./ops/regions.js";
import { layerNormalization, softmax } from "./ops/rows.js";
import { nodeLabel, type ShapeRule } from "./ops/rule.js";
import { shapeElements } from "./shape.js";

const rules: { readonly [K in OpName]: ShapeRule<K> } = {
  ...forAll(UNARY_OPS, unary),
  ...forAll(BINARY_OPS, binary),
  ...forAll(REDUCE_OPS, reduce),
  AveragePool: pool,
  BatchNormalization: batchNormalization,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  Dropout: unary,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GroupNormalization: groupNormalization,
  Identity: unary,
  LayerNormalization: layerNormalization,
  LogSoftmax: softmax,
  MatMul: matMul,
  MaxPool: pool,
  Pad: pad,
  Reshape: reshape,
  Resize: resize,
  Slice: slice,
  Softmax: softmax,
  Transpose: transpose,
};

/** What a node's output is, given what is known of the values before it. */
export function inferNode(node: Node, values: ReadonlyMap<string, ValueInfo>): ValueInfo {
  const inputs = node.inputs.map((name) => inputShape(node, name, values));
  const rule = rules[node.op] as ShapeRule<OpName>;
  const shape = rule(node as NodeOf<OpName>, inputs);
  shapeElements(shape, nodeLabel(node));
  return { name: node.outputs[0]!, type: "float32", shape };
}

function inputShape(
  node: Node,
  name: string,
  values: ReadonlyMap<string, ValueInfo>,
): Shape | undefined {
  if (name === "") return undefined;
  const value = values.get(name);
  if (value === undefined) {
    throw new StropError(`its input '${name}' comes from nowhere`, {
      code: "value-undefined",
      where: nodeLabel(node),
    });
  }
  if (value.type !== "float32") {
    throw new StropError(`its input '${name}' is ${value.type}; only float32 is supported`, {
      code: "type-unsupported",
      where: nodeLabel(node),
    });
  }
  return value.shape;
}

/** Type and shape of every value of a graph: inputs, initializers and outputs of nodes, by name. */
export function inferShapes(graph: Graph): ReadonlyMap<string, ValueInfo> {
  const values = new Map<string, ValueInfo>();
  for (const input of graph.inputs) values.set(input.name, input);
  for (const { name, type, shape } of graph.initializers.values()) {
    values.set(name, { name, type, shape });
  }
  for (const node of graph.nodes) {
    const value = inferNode(node, values);
    values.set(value.name, value);
  }
  for (const name of graph.outputs) {
    if (!values.has(name)) {
      throw new StropError(`no node makes the output '${name}'`, { code: "value-undefined" });
    }
  }
  return values;
}
