import type { Graph, Node, NodeOf } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import {
  type BinaryOp,
  isBinary,
  isReduce,
  isUnary,
  type ReduceOp,
  type UnaryOp,
} from "../../src/graph/ops/families.js";
import { erf } from "../../src/reference/functions.js";
import { interpolated, padded } from "./naive-axis-wise.js";

export interface Value {
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
export function get({ shape, data }: Value, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return data[own.reduce((flat, i, axis) => flat * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0)]!;
}

function reader(node: Node, inputs: Value[]): (index: number[], flat: number) => number {
  const [x, w, b] = inputs as [Value, Value, Value | undefined];
  if (isUnary(node)) {
    const f = unary(node);
    return (_, i) => f(x.data[i]!);
  }
  if (isBinary(node)) return (index) => binary[node.op](get(x, index), get(w, index));
  if (isReduce(node)) return (index) => folded(node, x, index);
  switch (node.op) {
    case "Identity":
    case "Dropout":
    case "Flatten":
    case "Reshape":
      return (_, i) => x.data[i]!;
    case "Transpose":
      return (index) => {
        const from: number[] = [];
        node.attributes.perm.forEach((axis, i) => {
          from[axis] = index[i]!;
        });
        return get(x, from);
      };
    case "Concat": {
      const { axis } = node.attributes;
      return (index) => {
        let [k, place] = [0, index[axis]!];
        while (place >= inputs[k]!.shape[axis]!) place -= inputs[k++]!.shape[axis]!;
        return get(inputs[k]!, index.with(axis, place));
      };
    }
    case "Slice": {
      const { starts, steps } = node.attributes;
      return (index) =>
        get(
          x,
          index.map((i, axis) => starts[axis]! + i * steps[axis]!),
        );
    }
    case "Expand":
      return (index) => get(x, index);
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
    case "GroupNormalization":
      return (index, i) => normalized(node.attributes, inputs, index, i);
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
    case "Gather": {
      const { axis, indices } = node.attributes;
      return (index) => get(x, index.with(axis, indices[index[axis]!]!));
    }
    case "Pad":
      return (index) => padded(node.attributes, x, index);
    case "Resize":
      return (index) => interpolated(node.attributes, x, index);
    case "Conv":
      return (index) => convolve(node.attributes, x, w, b, index);
    case "ConvTranspose":
      return (index) => spread(node.attributes, x, w, b, index);
    case "AveragePool":
    case "MaxPool":
      return (index) => pooled(node, x, index);
  }
}

function unary(node: NodeOf<UnaryOp> & Node): (x: number) => number {
  switch (node.op) {
    case "Abs":
      return Math.abs;
    case "Celu": {
      const { alpha } = node.attributes;
      return (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
    }
    case "Clip":
      return (x) => Math.min(Math.max(x, node.attributes.min), node.attributes.max);
    case "Elu":
      return (x) => (x < 0 ? node.attributes.alpha * Math.expm1(x) : x);
    case "Erf":
      return erf;
    case "Exp":
      return Math.exp;
    case "Gelu":
      return node.attributes.approximate === "tanh"
        ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
        : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "HardSigmoid": {
      const { alpha, beta } = node.attributes;
      return (x) => Math.max(0, Math.min(1, alpha * x + beta));
    }
    case "HardSwish":
      return (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5));
    case "LeakyRelu":
      return (x) => (x < 0 ? node.attributes.alpha * x : x);
    case "Log":
      return Math.log;
    case "Mish":
      return (x) => x * Math.tanh(Math.log1p(Math.exp(x)));
    case "Neg":
      return (x) => -x;
    case "Reciprocal":
      return (x) => 1 / x;
    case "Relu":
      return (x) => Math.max(0, x);
    case "Selu": {
      const { alpha, gamma } = node.attributes;
      return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
    }
    case "Sigmoid":
      return logistic;
    case "Softplus":
      return (x) => Math.log1p(Math.exp(x));
    case "Softsign":
      return (x) => x / (1 + Math.abs(x));
    case "Sqrt":
      return Math.sqrt;
    case "Swish":
      return (x) => x * logistic(node.attributes.alpha * x);
    case "Tanh":
      return Math.tanh;
    case "ThresholdedRelu":
      return (x) => (x > node.attributes.alpha ? x : 0);
  }
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

const binary: { readonly [K in BinaryOp]: (a: number, b: number) => number } = {
  Add: (a, b) => a + b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Mul: (a, b) => a * b,
  PRelu: (a, b) => (a < 0 ? a * b : a),
  Pow: (a, b) => a ** b,
  Sub: (a, b) => a - b,
};

/** One element of a reduction: over all of x whose other axes are the index's. */
function folded(node: NodeOf<ReduceOp> & Node, x: Value, index: readonly number[]): number {
  const { axes, keepDims } = node.attributes;
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const values = [...x.data].filter((_, i) => {
    const from = indexOf(i, x.shape);
    return kept.every((axis, k) => from[axis] === index[keepDims ? axis : k]);
  });
  if (node.op === "ReduceMax") return Math.max(...values);
  if (node.op === "ReduceMin") return Math.min(...values);
  const sum = values.reduce((a, b) => a + b, 0);
  return node.op === "ReduceMean" ? sum / values.length : sum;
}

function dot(n: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += term(i);
  return sum;
}

/** One element of a group-norm in NCHW, where a group of a row is contiguous. */
function normalized(
  { numGroups, epsilon }: NodeOf<"GroupNormalization">["attributes"],
  [x, gamma, beta]: readonly Value[],
  index: readonly number[],
  flat: number,
): number {
  const n = x!.data.length / (x!.shape[0]! * numGroups);
  const group = x!.data.subarray(flat - (flat % n), flat - (flat % n) + n);
  const mean = dot(n, (j) => group[j]! / n);
  const variance = dot(n, (j) => (group[j]! - mean) ** 2 / n);
  const hat = (x!.data[flat]! - mean) / Math.sqrt(variance + epsilon);
  const of = ({ data }: Value) => data[Math.floor((index[1]! * data.length) / x!.shape[1]!)]!;
  return gamma && beta ? hat * of(gamma) + of(beta) : hat;
}

/** One pixel of the result, at [n, o, oy, ox]. */
type Convolution = (
  attributes: NodeOf<"Conv">["attributes"],
  x: Value,
  w: Value,
  b: Value | undefined,
  index: readonly number[],
) => number;

/** Sum over the kernel's channels, rows and columns. */
function overKernel(
  { shape }: Value,
  channels: number,
  term: (c: number, ky: number, kx: number) => number,
): number {
  const [kernelH, kernelW] = shape.slice(2) as [number, number];
  return dot(channels, (c) => dot(kernelH, (ky) => dot(kernelW, (kx) => term(c, ky, kx))));
}

/** A pixel of x, 0 outside the image or between pixels. */
function pixel(x: Value, n: number, c: number, at: readonly [number, number]): number {
  const isThere = at.every((i, side) => Number.isInteger(i) && i >= 0 && i < x.shape[2 + side]!);
  return isThere ? get(x, [n, c, ...at]) : 0;
}

const convolve: Convolution = ({ group, strides, pads, dilations }, x, w, b, index) => {
  const [n, o, oy, ox] = index;
  const [outChannels, perGroup] = w.shape as [number, number];
  const first = Math.floor(o! / (outChannels / group)) * perGroup;
  const sum = overKernel(w, perGroup, (c, ky, kx) => {
    const y = oy! * strides[0] - pads[0] + ky * dilations[0];
    const z = ox! * strides[1] - pads[1] + kx * dilations[1];
    return pixel(x, n!, first + c, [y, z]) * get(w, [o!, c, ky, kx]);
  });
  return sum + (b?.data[o!] ?? 0);
};

/** Of a ConvTranspose: what all pixels of x spread onto it. */
const spread: Convolution = ({ group, strides, pads, dilations }, x, w, b, index) => {
  const [n, o, oy, ox] = index;
  const [channels, perGroup] = w.shape as [number, number];
  const first = Math.floor(o! / perGroup) * (channels / group);
  const sum = overKernel(w, channels / group, (c, ky, kx) => {
    const y = (oy! + pads[0] - ky * dilations[0]) / strides[0];
    const z = (ox! + pads[1] - kx * dilations[1]) / strides[1];
    return pixel(x, n!, first + c, [y, z]) * get(w, [first + c, o! % perGroup, ky, kx]);
  });
  return sum + (b?.data[o!] ?? 0);
};

/** The mean or the largest of a window, at [n, c, oy, ox]. */
function pooled(
  node: NodeOf<"AveragePool"> | NodeOf<"MaxPool">,
  x: Value,
  [n, c, ...at]: readonly number[],
): number {
  const { kernelShape, strides, pads, dilations } = node.attributes;
  const sizes = x.shape.slice(2);
  const along = ([0, 1] as const).map((side) =>
    Array.from(
      { length: kernelShape[side] },
      (_, k) => at[side]! * strides[side] - pads[side] + k * dilations[side],
    ).filter((i) => i < sizes[side]! + pads[side + 2]!),
  );
  const inside = along.map((places, side) => places.filter((i) => i >= 0 && i < sizes[side]!));
  const values = inside[0]!.flatMap((i) => inside[1]!.map((j) => get(x, [n!, c!, i, j])));
  if (node.op === "MaxPool") return Math.max(...values);
  const [rows, columns] = node.attributes.countIncludePad ? along : inside;
  return values.length === 0
    ? 0
    : dot(values.length, (i) => values[i]!) / (rows!.length * columns!.length);
}
