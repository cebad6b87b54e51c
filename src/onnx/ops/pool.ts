import type { Dim, NodeOf, PoolAttributes, Shape } from "../../graph/graph.js";
import { reachOf, samePadsOf } from "../../graph/ops/padding.js";
import { type PoolAxis, windowCount } from "../../graph/ops/pool.js";
import { formatShape } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { Expanding } from "./expanding.js";
import { autoPad, axisNumbers } from "./image.js";
import { nodeFrom } from "./node-from.js";

type PoolOp = "AveragePool" | "MaxPool";

/** What a pool does along the axes of its images. */
interface Pooling<K extends PoolOp> {
  readonly op: K;
  readonly axes: readonly PoolAxis[];
  /** Beyond the window's. */
  readonly attributes: Omit<NodeOf<K>["attributes"], keyof Omit<PoolAttributes, "ceilMode">>;
}

/** y = the largest of each window. Its Indices are not to be had, and with them goes storage_order. */
export function MaxPool(node: OnnxNode, scope: Scope): Lowered {
  const axes = windowAxes(node, scope);
  return pooled(node, scope, { op: "MaxPool", axes, attributes: { ceilMode: ceilMode(node) } });
}

/** y = the mean of each window; of one that is the whole image it is a ReduceMean. */
export function AveragePool(node: OnnxNode, scope: Scope): Lowered {
  const axes = windowAxes(node, scope);
  const isWhole = axes.every(
    (axis) =>
      axis.kernel === axis.size && reachOf(axis) === axis.size && axis.begin + axis.end === 0,
  );
  if (isWhole) return GlobalAveragePool(node, scope);
  const countIncludePad = node.int("count_include_pad", 0) !== 0;
  const attributes = { ceilMode: ceilMode(node), countIncludePad };
  return pooled(node, scope, { op: "AveragePool", axes, attributes });
}

/** y = the mean of each image. */
export function GlobalAveragePool(node: OnnxNode, scope: Scope): Lowered {
  const attributes = { axes: spatialAxes(node, scope), keepDims: true };
  return nodeFrom("ReduceMean", node, [node.input(0)], attributes);
}

/** y = the largest of each image: a window as large as it. */
export function GlobalMaxPool(node: OnnxNode, scope: Scope): Lowered {
  const axes = imageSizes(node, scope).map((size) => ({ ...ALONE, size, kernel: size }));
  return pooled(node, scope, { op: "MaxPool", axes, attributes: { ceilMode: false } });
}

/** y = (Σ |x|ᵖ)^(1/p) over each window: the sum is the mean over as many, padding included. */
export function LpPool(node: OnnxNode, scope: Scope): Lowered {
  const axes = windowAxes(node, scope).map((axis) => (ceilMode(node) ? padded(axis) : axis));
  const count = axes.reduce((product, { kernel }) => product * kernel, 1);
  return norm(node, scope, (terms, expanding) => {
    const attributes = { ceilMode: false, countIncludePad: true };
    const shape = scope.shape(node, node.input(0));
    const mean = poolSteps(expanding, terms, shape, { op: "AveragePool", axes, attributes });
    return expanding.step("Mul", [mean, number(expanding, count)], {});
  });
}

/** y = (Σ |x|ᵖ)^(1/p) over each image. */
export function GlobalLpPool(node: OnnxNode, scope: Scope): Lowered {
  const attributes = { axes: spatialAxes(node, scope), keepDims: true };
  return norm(node, scope, (terms, expanding) => expanding.step("ReduceSum", [terms], attributes));
}

/**
 * y = x / (bias + alpha/size · Σ x²)^beta, the sum over `size` neighbouring channels, of which the odd one lies behind.
 * A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NeurIPS
 * 2012, section 3.3.
 */
export function LRN(node: OnnxNode, scope: Scope): Lowered {
  const x = node.input(0);
  const shape = scope.shape(node, x);
  const kernel = node.int("size", 0);
  if (kernel < 1) throw node.error("attribute-invalid", `size is ${kernel}`);
  const [channels] = shape.slice(1) as [number];
  const begin = Math.floor((kernel - 1) / 2);
  const along = { ...ALONE, size: channels, kernel, begin, end: kernel - 1 - begin };
  const expanding = new Expanding(node, scope);
  const square = expanding.step("Mul", [x, x], {});
  // As an image of one channel, whose rows are the channels.
  const image = reshaped(expanding, square, [shape[0]!, 1, channels, -1]);
  const mean = expanding.step("AveragePool", [image], {
    ...windowAttributes(along, ALONE),
    ceilMode: false,
    countIncludePad: true,
  });
  const scaled = [reshaped(expanding, mean, shape), number(expanding, node.float("alpha", 1e-4))];
  const terms = [expanding.step("Mul", scaled, {}), number(expanding, node.float("bias", 1))];
  const powers = [expanding.step("Add", terms, {}), number(expanding, node.float("beta", 0.75))];
  return expanding.end("Div", [x, expanding.step("Pow", powers, {})], {});
}

/** The root of what `sum` makes of |x|ᵖ. */
function norm(
  node: OnnxNode,
  scope: Scope,
  sum: (terms: string, expanding: Expanding) => string,
): Lowered {
  const p = node.int("p", 2);
  if (p < 1) throw node.error("attribute-invalid", `p is ${p}`);
  const x = node.input(0);
  const expanding = new Expanding(node, scope);
  if (p === 2) {
    return expanding.end("Sqrt", [sum(expanding.step("Mul", [x, x], {}), expanding)], {});
  }
  const sizes = expanding.step("Abs", [x], {});
  if (p === 1) return expanding.end("Identity", [sum(sizes, expanding)], {});
  const power = expanding.step("Pow", [sizes, number(expanding, p)], {});
  return expanding.end("Pow", [sum(power, expanding), number(expanding, 1 / p)], {});
}

/** A pool of images; signals are images of one row, and volumes are pooled by two axes and then by the first. */
function pooled<K extends PoolOp>(node: OnnxNode, scope: Scope, pooling: Pooling<K>): Lowered {
  const { op, axes, attributes } = pooling;
  const x = node.input(0);
  const [a, b, c] = axes;
  if (a && b && !c) {
    const all = { ...windowAttributes(a, b), ...attributes } as NodeOf<K>["attributes"];
    return nodeFrom(op, node, [x], all);
  }
  const expanding = new Expanding(node, scope);
  return expanding.end("Identity", [poolSteps(expanding, x, scope.shape(node, x), pooling)], {});
}

/** @returns the value of the pooled images */
function poolSteps<K extends PoolOp>(
  expanding: Expanding,
  x: string,
  shape: Shape,
  { op, axes, attributes }: Pooling<K>,
): string {
  const pool = (image: string, first: PoolAxis, second: PoolAxis) => {
    const all = { ...windowAttributes(first, second), ...attributes } as NodeOf<K>["attributes"];
    return expanding.step(op, [image], all);
  };
  const [rows, channels] = shape as [Dim, number];
  const [a, b, c] = axes as [PoolAxis, PoolAxis?, PoolAxis?];
  if (!b) {
    const image = reshaped(expanding, x, [rows, channels, 1, a.size]);
    return reshaped(expanding, pool(image, ALONE, a), [rows, channels, -1]);
  }
  if (!c) return pool(x, a, b);
  const slices = reshaped(expanding, x, [rows, channels * a.size, b.size, c.size]);
  const [height, width] = [b, c].map((axis) => windowCount(axis, attributes.ceilMode));
  const pixels = reshaped(expanding, pool(slices, b, c), [rows, channels, a.size, -1]);
  const volume = pool(pixels, a, ALONE);
  return reshaped(expanding, volume, [rows, channels, -1, height!, width!]);
}

/** An axis that is left as it is. */
const ALONE: PoolAxis = { size: 1, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 };

/** The attributes of a window over two axes. */
function windowAttributes(a: PoolAxis, b: PoolAxis): Omit<PoolAttributes, "ceilMode"> {
  return {
    kernelShape: [a.kernel, b.kernel],
    strides: [a.stride, b.stride],
    pads: [a.begin, b.begin, a.end, b.end],
    dilations: [a.dilation, b.dilation],
    layout: "NCHW",
  };
}

/** With as many pads as the last window of ceil_mode reaches into. */
function padded(axis: PoolAxis): PoolAxis {
  const last = (windowCount(axis, true) - 1) * axis.stride + reachOf(axis);
  return { ...axis, end: Math.max(axis.end, last - axis.begin - axis.size) };
}

/** The node's window along each axis of its images; auto_pad is resolved here. */
function windowAxes(node: OnnxNode, scope: Scope): PoolAxis[] {
  const sizes = imageSizes(node, scope);
  const { length } = sizes;
  const numbers = (name: string) => axisNumbers(node, name, length, 1);
  const kernels = numbers("kernel_shape");
  if (kernels === undefined) throw node.error("attribute-invalid", "kernel_shape is missing");
  const [strides, dilations] = [numbers("strides"), numbers("dilations")];
  const auto = autoPad(node);
  const pads = auto === "NOTSET" ? axisNumbers(node, "pads", 2 * length, 0) : undefined;
  return sizes.map((size, i) => {
    const [stride, dilation] = [strides?.[i] ?? 1, dilations?.[i] ?? 1];
    const window = { kernel: kernels[i]!, stride, dilation };
    const odd = auto === "SAME_UPPER" ? "end" : "begin";
    const [begin, end] = auto.startsWith("SAME")
      ? samePadsOf(size, window, odd)
      : [pads?.[i] ?? 0, pads?.[i + length] ?? 0];
    return { size, ...window, begin, end };
  });
}

/** The sizes of the images that are pooled. */
function imageSizes(node: OnnxNode, scope: Scope): readonly number[] {
  const shape = scope.shape(node, node.input(0));
  if (shape.length >= 3 && shape.length <= 5) return shape.slice(2) as number[];
  throw node.error("op-unsupported", `a pool over an input of shape ${formatShape(shape)}`);
}

function spatialAxes(node: OnnxNode, scope: Scope): readonly number[] {
  return imageSizes(node, scope).map((_, i) => i + 2);
}

function ceilMode(node: OnnxNode): boolean {
  return node.int("ceil_mode", 0) !== 0;
}

function number(expanding: Expanding, value: number): string {
  return expanding.constant({ type: "float32", shape: [], data: Float32Array.of(value) });
}

function reshaped(expanding: Expanding, x: string, shape: Shape): string {
  return expanding.step("Reshape", [x], { shape, allowZero: false });
}
