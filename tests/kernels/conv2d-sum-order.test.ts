import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { attributesOf, type Conv, convolutionInOrder, elementsOf } from "../helpers/convolution.js";
import { TestRandom } from "../helpers/random.js";
import { given, runInstruction } from "../helpers/run-instruction.js";

const image = [5, 6] as const;
const kernel = [3, 3] as const;
const pads = [1, 1, 1, 1] as const;
const random = new TestRandom(82);

const cases: (Conv & { name: string; images: number })[] = [
  { name: "two groups", images: 2, image, channels: 6, outChannels: 4, kernel, pads, groups: 2 },
  {
    name: "two groups of 270 terms: the second block begins inside a tap",
    images: 1,
    ...{ image, channels: 60, outChannels: 18, kernel, pads, groups: 2 },
  },
  {
    name: "330 pixels: the second block begins inside a line",
    images: 11,
    ...{ image, channels: 4, outChannels: 9, kernel, pads },
  },
  { name: "depthwise", images: 3, image, channels: 11, outChannels: 11, kernel, pads, groups: 11 },
  {
    name: "depthwise with 289 kernel elements",
    images: 1,
    image: [9, 10],
    ...{ channels: 9, outChannels: 9, kernel: [17, 17], pads: [8, 8, 8, 8], groups: 9 },
  },
  {
    name: "depthwise in 315 pixels",
    images: 7,
    image: [9, 5],
    ...{ channels: 9, outChannels: 9, kernel, pads, groups: 9 },
  },
  {
    name: "depthwise with multiplier 3",
    images: 2,
    ...{ image, channels: 5, outChannels: 15, kernel, pads, groups: 5 },
  },
  { name: "pointwise", images: 2, image, channels: 300, outChannels: 11, kernel: [1, 1] },
  {
    name: "strides and dilations with a common factor",
    images: 2,
    image: [11, 13],
    ...{ channels: 3, outChannels: 10, kernel: [3, 4], stride: [2, 4], dilation: [2, 6] },
    pads: [3, 9, 1, 8],
  },
];

describe.each(["scalar", "simd"] as const)("the order of a convolution's sums, %s", (flavour) => {
  test.each(cases)("$name", ({ images, ...conv }) => {
    const sizes = elementsOf(conv);
    const x = random.array(sizes.image * images);
    const dy = random.array(sizes.out * images);
    const [w, bias] = [random.array(sizes.weights), random.array(conv.outChannels)];
    const { y, dx, dw } = convolutionInOrder(conv, images, { x, dy, w, bias });
    const run = (opcode: number, size: number, ...operands: Float32Array[]) =>
      runInstruction(flavour, opcode, [...operands.map(given), { c0: size }], attributesOf(conv));
    expect(run(op.CONV2D_BIAS, y.length, x, w, bias)).toEqual(y);
    expect(run(op.CONV2D_BACKWARD_INPUT, dx.length, dy, w)).toEqual(dx);
    expect(run(op.CONV2D_BACKWARD_PARAMS, dw.length, x, dy)).toEqual(dw);
  });
});
