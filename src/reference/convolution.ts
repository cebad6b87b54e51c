import * as op from "../../assembly/abi/opcodes.js";
import type { Kernel } from "./kernel.js";

/**
 * Visits every (input value, weight, output value) that a convolution multiplies: y[o] += x[i]·w[j].
 * Forward and both gradients are that triple sum with one of the three as the result.
 */
function forEachTerm(
  attributes: readonly number[],
  rows: number,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [height, width, channels, outHeight, outWidth, outChannels, kernelH, kernelW] =
    attributes as number[] & { length: 15 };
  const [strideH, strideW, padTop, padLeft, dilationH, dilationW, groups] = attributes.slice(8);
  const perGroup = channels! / groups!;
  const outPerGroup = outChannels! / groups!;
  for (let row = 0; row < rows; row++) {
    for (let oy = 0; oy < outHeight!; oy++) {
      for (let ox = 0; ox < outWidth!; ox++) {
        for (let o = 0; o < outChannels!; o++) {
          const firstChannel = Math.floor(o / outPerGroup) * perGroup;
          const y = ((row * outHeight! + oy) * outWidth! + ox) * outChannels! + o;
          for (let ky = 0; ky < kernelH!; ky++) {
            const iy = oy * strideH! - padTop! + ky * dilationH!;
            if (iy < 0 || iy >= height!) continue;
            for (let kx = 0; kx < kernelW!; kx++) {
              const ix = ox * strideW! - padLeft! + kx * dilationW!;
              if (ix < 0 || ix >= width!) continue;
              for (let c = 0; c < perGroup; c++) {
                const x = ((row * height! + iy) * width! + ix) * channels! + firstChannel + c;
                const w = ((ky * kernelW! + kx) * perGroup + c) * outChannels! + o;
                visit(x, w, y);
              }
            }
          }
        }
      }
    }
  }
}

const forward: Kernel = ({ operands, attributes }) => {
  const [x, w] = operands as [Float64Array, Float64Array];
  const y = operands.at(-1)!;
  const bias = operands.length === 4 ? operands[2]! : undefined;
  const outChannels = attributes[5]!;
  for (let i = 0; i < y.length; i++) y[i] = bias ? bias[i % outChannels]! : 0;
  forEachTerm(attributes, rowsOf(x, attributes), (xi, wi, yi) => {
    y[yi]! += x[xi]! * w[wi]!;
  });
};

const backwardInput: Kernel = ({ operands, attributes }) => {
  const [dy, w, dx] = operands as [Float64Array, Float64Array, Float64Array];
  dx.fill(0);
  forEachTerm(attributes, rowsOf(dx, attributes), (xi, wi, yi) => {
    dx[xi]! += dy[yi]! * w[wi]!;
  });
};

const backwardParams: Kernel = ({ operands, attributes }) => {
  const [x, dy, dw] = operands as [Float64Array, Float64Array, Float64Array];
  dw.fill(0);
  forEachTerm(attributes, rowsOf(x, attributes), (xi, wi, yi) => {
    dw[wi]! += x[xi]! * dy[yi]!;
  });
};

function rowsOf(x: Float64Array, attributes: readonly number[]): number {
  return x.length / (attributes[0]! * attributes[1]! * attributes[2]!);
}

export const convolution: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.CONV2D, forward],
  [op.CONV2D_BIAS, forward],
  [op.CONV2D_BACKWARD_INPUT, backwardInput],
  [op.CONV2D_BACKWARD_PARAMS, backwardParams],
]);
