import type { Graph, Initializer, Node, NodeOf, OpName, Shape } from "../../src/graph/graph.js";

/** A node whose name is its output's. */
export function node<K extends OpName>(
  op: K,
  inputs: readonly string[],
  output: string,
  attributes: NodeOf<K>["attributes"],
): Node {
  return { op, name: output, inputs, outputs: [output], attributes } as unknown as Node;
}

/** A float initializer with the values 0, 1, 2, …. */
export function weight(name: string, ...shape: number[]): Initializer {
  const elements = shape.reduce((a, b) => a * b, 1);
  return {
    name,
    type: "float32",
    shape,
    data: Float32Array.from({ length: elements }, (_, i) => i),
  };
}

/** A graph with the input x of this shape; its output is y unless told otherwise. */
export function graph(
  x: Shape,
  nodes: readonly Node[],
  initializers: readonly Initializer[] = [],
  outputs: readonly string[] = ["y"],
): Graph {
  return {
    name: "test",
    inputs: [{ name: "x", type: "float32", shape: x }],
    outputs,
    nodes,
    initializers: new Map(initializers.map((one) => [one.name, one])),
  };
}

export const dense = { alpha: 1, beta: 1, transB: true };
export const convolution = {
  kernelShape: [3, 3],
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group: 1,
  layout: "NCHW",
} as const;
export const pooling = {
  kernelShape: [2, 2],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  layout: "NCHW",
  ceilMode: false,
  countIncludePad: false,
} as const;
export const normalization = { epsilon: 1e-5, momentum: 0.9, layout: "NCHW" } as const;
