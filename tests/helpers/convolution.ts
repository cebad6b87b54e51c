import * as op from "../../assembly/abi/opcodes.js";
import { chain, times } from "./f32-order.js";
import type { TestRandom } from "./random.js";
import { range } from "./run-instruction.js";
import type { OperandSpec } from "./single-instruction.js";

/** Sizes of one convolution; pads are top, left, bottom, right. */
export interface Conv {
  readonly image: readonly [height: number, width: number];
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

/** The output image; a side is below 1 where the window does not fit. */
export function outSides({ image, kernel, stride, pads, dilation }: Conv): [number, number] {
  const side = (axis: 0 | 1) => {
    const padded = image[axis] + (pads ? pads[axis] + pads[axis + 2]! : 0);
    const reach = (dilation?.[axis] ?? 1) * (kernel[axis] - 1) + 1;
    return Math.floor((padded - reach) / (stride?.[axis] ?? 1)) + 1;
  };
  return [side(0), side(1)];
}

/** The fifteen words of the instructions. */
export function attributesOf(conv: Conv): number[] {
  const { image, channels, outChannels, kernel, groups = 1 } = conv;
  const { stride = [1, 1], pads = [0, 0], dilation = [1, 1] } = conv;
  const places = [...stride, pads[0], pads[1], ...dilation, groups];
  return [...image, channels, ...outSides(conv), outChannels, ...kernel, ...places];
}

/** Elements of an image, of an output image, and of w. */
export function elementsOf(conv: Conv): { image: number; out: number; weights: number } {
  const { image, channels, outChannels, kernel, groups = 1 } = conv;
  const [outHeight, outWidth] = outSides(conv);
  return {
    image: image[0] * image[1] * channels,
    out: outHeight * outWidth * outChannels,
    weights: (kernel[0] * kernel[1] * channels * outChannels) / groups,
  };
}

/** The four instructions of a convolution on random numbers: without and with bias, and both gradients. */
export function instructionsOf(conv: Conv, batch: number, random: TestRandom) {
  const { image, out, weights } = elementsOf(conv);
  const rows = (c1: number): OperandSpec => ({ c1, data: random.array(c1 * batch) });
  const filled = (c0: number): OperandSpec => ({ c0, data: random.array(c0) });
  const attributes = attributesOf(conv);
  const [x, dy, w, bias] = [rows(image), rows(out), filled(weights), filled(conv.outChannels)];
  return [
    { opcode: op.CONV2D, operands: [x, w, { c1: out }], attributes },
    { opcode: op.CONV2D_BIAS, operands: [x, w, bias, { c1: out }], attributes },
    { opcode: op.CONV2D_BACKWARD_INPUT, operands: [dy, w, { c1: image }], attributes },
    { opcode: op.CONV2D_BACKWARD_PARAMS, operands: [x, dy, { c0: weights }], attributes },
  ];
}

/** One product x[x]·w[w] that is part of y[y], and its place in the sums of y, dx and dw. */
interface Term {
  readonly x: number;
  readonly w: number;
  readonly y: number;
  readonly places: readonly [y: number, dx: number, dw: number];
}

/** All terms of a convolution, as abi/opcodes.ts defines and numbers them. */
export function* termsOf(conv: Conv, images: number): Generator<Term> {
  const { image, channels, outChannels, kernel, groups = 1 } = conv;
  const { stride = [1, 1], pads = [0, 0], dilation = [1, 1] } = conv;
  const [outHeight, outWidth] = outSides(conv);
  const [inGroup, outGroup] = [channels / groups, outChannels / groups];
  for (const pixel of range(images * outHeight * outWidth)) {
    const [row, oh, ow] = [
      Math.floor(pixel / outHeight / outWidth),
      Math.floor(pixel / outWidth) % outHeight,
      pixel % outWidth,
    ];
    for (const tap of range(kernel[0] * kernel[1])) {
      const ih = oh * stride[0] - pads[0] + Math.floor(tap / kernel[1]) * dilation[0];
      const iw = ow * stride[1] - pads[1] + (tap % kernel[1]) * dilation[1];
      if (ih < 0 || ih >= image[0] || iw < 0 || iw >= image[1]) continue;
      for (const o of range(outChannels)) {
        for (const c of range(inGroup)) {
          const channel = Math.floor(o / outGroup) * inGroup + c;
          yield {
            x: ((row * image[0] + ih) * image[1] + iw) * channels + channel,
            w: (tap * inGroup + c) * outChannels + o,
            y: pixel * outChannels + o,
            places: [tap * inGroup + c, tap * outGroup + (o % outGroup), pixel],
          };
        }
      }
    }
  }
}

/** y, dx and dw in f32, every sum in the order that the format fixes. */
export function convolutionInOrder(
  conv: Conv,
  images: number,
  data: Record<"x" | "w" | "dy" | "bias", ArrayLike<number>>,
): { y: number[]; dx: number[]; dw: number[] } {
  const sizes = elementsOf(conv);
  const sums = [sizes.out * images, sizes.image * images, sizes.weights].map((size) =>
    range(size).map((): (number | undefined)[] => []),
  ) as [y: (number | undefined)[][], dx: (number | undefined)[][], dw: (number | undefined)[][]];
  const put = (terms: (number | undefined)[], place: number, product: number) => {
    while (terms.length < place) terms.push(undefined);
    terms[place] = product;
  };
  for (const { x, w, y, places } of termsOf(conv, images)) {
    put(sums[0][y]!, places[0], times(data.x[x]!, data.w[w]!));
    put(sums[1][x]!, places[1], times(data.dy[y]!, data.w[w]!));
    put(sums[2][w]!, places[2], times(data.x[x]!, data.dy[y]!));
  }
  return {
    y: sums[0].map((terms, y) => chain(terms, data.bias[y % conv.outChannels]!)),
    dx: sums[1].map((terms) => chain(terms)),
    dw: sums[2].map((terms) => chain(terms)),
  };
}
