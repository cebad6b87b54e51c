import * as op from "../../assembly/abi/opcodes.js";
import { hashCounters } from "../compile/hash.js";
import { BINARY_FUNCTIONS, UNARY_FUNCTIONS } from "./functions.js";
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

function unary(call: Call): void {
  const [kind, ...parameters] = call.attributes as [number, number, number, number];
  const [a, b, c] = parameters.map(floatOf) as [number, number, number];
  const [value] = UNARY_FUNCTIONS.get(kind)!;
  map((x) => value(x, a, b, c))(call);
}

function unaryBackward(call: Call): void {
  const [kind, ...parameters] = call.attributes as [number, number, number, number];
  const [a, b, c] = parameters.map(floatOf) as [number, number, number];
  const [, slope] = UNARY_FUNCTIONS.get(kind)!;
  map((saved, dy) => dy * slope(saved, a, b, c))(call);
}

function binary({ operands, attributes }: Call): void {
  const [a, b, y] = operands as [Float64Array, Float64Array, Float64Array];
  const f = BINARY_FUNCTIONS.get(attributes[11]!)!;
  const [strideA, strideB] = [attributes.slice(3, 7), attributes.slice(7, 11)];
  forFourAxes(attributes, y.length, (i, place) => {
    y[i] = f(a[place(strideA)]!, b[place(strideB)]!);
  });
}

/** y[j] = x[i] folded over all i whose place is j. */
function broadcastFold(start: number, join: (a: number, b: number) => number): Kernel {
  return ({ operands, attributes }) => {
    const [x, y] = operands as [Float64Array, Float64Array];
    y.fill(start);
    forFourAxes(attributes, x.length, (i, place) => {
      const j = place(attributes.slice(3, 7));
      y[j] = join(y[j]!, x[i]!);
    });
  };
}

/** The strides of PERMUTE and PLACE, which may be negative, and where they begin. */
function stridesOf(attributes: readonly number[]): readonly [strides: number[], offset: number] {
  return [attributes.slice(3, 7).map((word) => word | 0), attributes[7]!];
}

function permute({ operands, attributes }: Call): void {
  const [x, y] = operands as [Float64Array, Float64Array];
  const [strides, offset] = stridesOf(attributes);
  forFourAxes(attributes, y.length, (i, place) => {
    y[i] = x[offset + place(strides)]!;
  });
}

function place({ operands, attributes }: Call): void {
  const [x, y] = operands as [Float64Array, Float64Array];
  const [strides, offset] = stridesOf(attributes);
  forFourAxes(attributes, x.length, (i, at) => {
    y[offset + at(strides)] = x[i]!;
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

function uniform({ operands, attributes }: Call): void {
  const [bound, seedLow, seedHigh] = attributes as [number, number, number];
  const hash = hashCounters([seedLow, seedHigh, 0, 0, 0]);
  operands[0]!.forEach((_, i, y) => {
    y[i] = ((hashCounters([i], hash) >>> 8) / 2 ** 23 - 1) * floatOf(bound);
  });
}

export const elementwise: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.UNIFORM, uniform],
  [op.FILL, ({ operands, attributes }) => void operands[0]!.fill(floatOf(attributes[0]!))],
  [op.COPY, map((x) => x)],
  [op.SCALE, (call) => map((x) => floatOf(call.attributes[0]!) * x)(call)],
  [op.ADD, map((a, b) => a + b)],
  [op.UNARY, unary],
  [op.UNARY_BACKWARD, unaryBackward],
  [op.BINARY, binary],
  [op.BROADCAST_SUM, broadcastFold(0, (a, b) => a + b)],
  [op.BROADCAST_MAX, broadcastFold(Number.NEGATIVE_INFINITY, Math.max)],
  [op.BROADCAST_MIN, broadcastFold(Number.POSITIVE_INFINITY, Math.min)],
  [op.COLUMN_SUM, columnSum],
  [op.PERMUTE, permute],
  [op.PLACE, place],
  // Math.max would turn −0 into 0.
  [op.RELU, map((x) => (x < 0 ? 0 : x))],
  [op.RELU_BACKWARD, map((y, dy) => (y > 0 ? dy : 0))],
  [op.TANH, map(Math.tanh)],
  [op.TANH_BACKWARD, map((y, dy) => dy * (1 - y * y))],
  [op.SIGMOID, map((x) => 1 / (1 + Math.exp(-x)))],
  [op.SIGMOID_BACKWARD, map((y, dy) => dy * y * (1 - y))],
  [op.SOFTMAX, softmax],
]);
