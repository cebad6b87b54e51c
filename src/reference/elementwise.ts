import * as op from "../../assembly/abi/opcodes.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

/** y[i] = f(a[i], b[i]) for operands a, y or a, b, y. */
function map(f: (a: number, b: number) => number): Kernel {
  return ({ operands }) => {
    const [a, b, y] = [operands[0]!, operands[1]!, operands.at(-1)!];
    for (let i = 0; i < y.length; i++) y[i] = f(a[i]!, b[i]!);
  };
}

/** Calls visit with each index i over [d0, d1, d2, d3] and its place under some strides. */
function forFourAxes(
  sizes: readonly number[],
  elements: number,
  visit: (i: number, place: (strides: readonly number[]) => number) => void,
): void {
  const [d1, d2, d3] = sizes as [number, number, number];
  for (let i = 0; i < elements; i++) {
    const axes = [
      Math.floor(i / (d1 * d2 * d3)),
      Math.floor(i / (d2 * d3)) % d1,
      Math.floor(i / d3) % d2,
      i % d3,
    ];
    visit(i, (strides) => axes.reduce((sum, index, k) => sum + index * strides[k]!, 0));
  }
}

function broadcastAdd({ operands, attributes }: Call): void {
  const [a, b, y] = operands as [Float64Array, Float64Array, Float64Array];
  const [strideA, strideB] = [attributes.slice(3, 7), attributes.slice(7, 11)];
  forFourAxes(attributes, y.length, (i, place) => {
    y[i] = a[place(strideA)]! + b[place(strideB)]!;
  });
}

function broadcastSum({ operands, attributes }: Call): void {
  const [dy, da] = operands as [Float64Array, Float64Array];
  da.fill(0);
  forFourAxes(attributes, dy.length, (i, place) => {
    da[place(attributes.slice(3, 7))]! += dy[i]!;
  });
}

function permute({ operands, attributes }: Call): void {
  const [x, y] = operands as [Float64Array, Float64Array];
  forFourAxes(attributes, y.length, (i, place) => {
    y[i] = x[place(attributes.slice(3, 7))]!;
  });
}

function columnSum({ operands, attributes }: Call): void {
  const [x, y] = operands as [Float64Array, Float64Array];
  const n = attributes[0]!;
  y.fill(0);
  for (let i = 0; i < x.length; i++) y[i % n]! += x[i]!;
}

export function softmaxRow(x: Float64Array): Float64Array {
  const max = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const e = x.map((value) => Math.exp(value - max));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((value) => value / sum);
}

function softmax({ operands, attributes }: Call): void {
  const [x, y] = operands as [Float64Array, Float64Array];
  const n = attributes[0]!;
  for (let r = 0; r < x.length; r += n) y.set(softmaxRow(x.subarray(r, r + n)), r);
}

export const elementwise: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.FILL, ({ operands, attributes }) => void operands[0]!.fill(floatOf(attributes[0]!))],
  [op.COPY, map((x) => x)],
  [op.SCALE, (call) => map((x) => floatOf(call.attributes[0]!) * x)(call)],
  [op.ADD, map((a, b) => a + b)],
  [op.BROADCAST_ADD, broadcastAdd],
  [op.BROADCAST_SUM, broadcastSum],
  [op.COLUMN_SUM, columnSum],
  [op.PERMUTE, permute],
  // Math.max would turn −0 into 0.
  [op.RELU, map((x) => (x < 0 ? 0 : x))],
  [op.RELU_BACKWARD, map((y, dy) => (y > 0 ? dy : 0))],
  [op.TANH, map(Math.tanh)],
  [op.TANH_BACKWARD, map((y, dy) => dy * (1 - y * y))],
  [op.SIGMOID, map((x) => 1 / (1 + Math.exp(-x)))],
  [op.SIGMOID_BACKWARD, map((y, dy) => dy * y * (1 - y))],
  [op.SOFTMAX, softmax],
]);
