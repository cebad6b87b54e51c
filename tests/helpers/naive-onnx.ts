import type { Graph, Node } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";

interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Evaluates a graph as ONNX defines it, in NCHW and f64, one row index at a time: the layout pass's oracle. */
export function evaluateNaively(graph: Graph, rows: number, x: ArrayLike<number>): Float64Array {
  const infos = inferShapes(graph);
  const values = new Map<string, Value>();
  const shapeOf = (name: string) => infos.get(name)!.shape.map((dim) => (dim === "N" ? rows : dim));
  for (const { name, shape, data } of graph.initializers.values()) {
    values.set(name, { shape, data: Float64Array.from(data) });
  }
  const input = graph.inputs[0]!.name;
  values.set(input, { shape: shapeOf(input), data: Float64Array.from(x) });
  for (const node of graph.nodes) {
    const shape = shapeOf(node.outputs[0]!);
    const at = reader(
      node,
      node.inputs.filter(Boolean).map((name) => values.get(name)!),
    );
    const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = at(indexOf(i, shape), i);
    values.set(node.outputs[0]!, { shape, data });
  }
  return values.get(graph.outputs[0]!)!.data;
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let rest = flat, axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

/** Element at an index; axes of size 1 and missing leading axes are broadcast. */
function get({ shape, data }: Value, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return data[own.reduce((flat, i, axis) => flat * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0)]!;
}

function reader(node: Node, inputs: Value[]): (index: number[], flat: number) => number {
  const [x, w, b] = inputs as [Value, Value, Value | undefined];
  switch (node.op) {
    case "Relu":
      return (_, i) => Math.max(0, x.data[i]!);
    case "Tanh":
      return (_, i) => Math.tanh(x.data[i]!);
    case "Sigmoid":
      return (_, i) => 1 / (1 + Math.exp(-x.data[i]!));
    case "Identity":
    case "Dropout":
    case "Flatten":
    case "Reshape":
      return (_, i) => x.data[i]!;
    case "Add":
      return (index) => get(x, index) + get(w, index);
    case "Transpose":
      return (index) => {
        const from: number[] = [];
        node.attributes.perm.forEach((axis, i) => {
          from[axis] = index[i]!;
        });
        return get(x, from);
      };
    case "MatMul":
      return (index) =>
        dot(w.shape[0]!, (p) => get(x, [...index.slice(0, -1), p]) * get(w, [p, index.at(-1)!]));
    case "Gemm": {
      const { alpha, beta, transB } = node.attributes;
      return ([i, j]) => {
        const k = x.shape[1]!;
        const sum = dot(k, (p) => get(x, [i!, p]) * get(w, transB ? [j!, p] : [p, j!]));
        return alpha * sum + (b ? beta * get(b, [i!, j!]) : 0);
      };
    }
    case "BatchNormalization":
      return (index, i) => {
        const [gamma, beta, mean, variance] = inputs.slice(1).map((v) => v.data[index[1]!]!);
        const scale = gamma! / Math.sqrt(variance! + node.attributes.epsilon);
        return (x.data[i]! - mean!) * scale + beta!;
      };
    case "Softmax":
    case "LogSoftmax":
      return (index) => {
        const row = (j: number) => Math.exp(get(x, [...index.slice(0, -1), j]));
        const y = row(index.at(-1)!) / dot(x.shape.at(-1)!, row);
        return node.op === "Softmax" ? y : Math.log(y);
      };
    case "LayerNormalization":
      return (_, i) => {
        const n = w.data.length;
        const row = x.data.subarray(i - (i % n), i - (i % n) + n);
        const mean = dot(n, (j) => row[j]! / n);
        const variance = dot(n, (j) => (row[j]! - mean) ** 2 / n);
        const hat = (x.data[i]! - mean) / Math.sqrt(variance + node.attributes.epsilon);
        return hat * w.data[i % n]! + (b?.data[i % n] ?? 0);
      };
    case "Conv":
      return (index) => convolve(node.attributes, x, w, b, index);
  }
}

function dot(n: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += term(i);
  return sum;
}

function convolve(
  a: Extract<Node, { op: "Conv" }>["attributes"],
  x: Value,
  w: Value,
  b: Value | undefined,
  [n, o, oy, ox]: number[],
): number {
  const [outChannels, perGroup, kernelH, kernelW] = w.shape as [number, number, number, number];
  const first = Math.floor(o! / (outChannels / a.group)) * perGroup;
  let sum = b ? b.data[o!]! : 0;
  for (let c = 0; c < perGroup; c++) {
    for (let ky = 0; ky < kernelH; ky++) {
      for (let kx = 0; kx < kernelW; kx++) {
        const y = oy! * a.strides[0] - a.pads[0] + ky * a.dilations[0];
        const z = ox! * a.strides[1] - a.pads[1] + kx * a.dilations[1];
        if (y < 0 || z < 0 || y >= x.shape[2]! || z >= x.shape[3]!) continue;
        sum += get(x, [n!, first + c, y, z]) * get(w, [o!, c, ky, kx]);
      }
    }
  }
  return sum;
}
