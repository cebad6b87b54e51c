import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { chain, times } from "../helpers/f32-order.js";
import { TestRandom } from "../helpers/random.js";
import { given, range, runInstruction as run } from "../helpers/run-instruction.js";

const random = new TestRandom(82);

describe.each(["scalar", "simd"] as const)("the order of a convolution's sums, %s", (flavour) => {
  const [height, width, kernel, pad, groups] = [5, 6, 3, 1, 2];

  // In two groups 60 channels make 270 terms, so that the second block begins inside a tap.
  test.each([
    { channels: 6, outChannels: 4 },
    { channels: 60, outChannels: 18 },
  ])(
    "$channels to $outChannels channels: kernel row, kernel column, channel",
    ({ channels, outChannels }) => {
      const [inGroup, outGroup] = [channels / groups, outChannels / groups];
      const attributes = [
        height,
        width,
        channels,
        height,
        width,
        outChannels,
        kernel,
        kernel,
        1,
        1,
        pad,
        pad,
        1,
        1,
        groups,
      ];
      const weights = kernel * kernel * inGroup * outChannels;
      const [x, w] = [random.array(height * width * channels), random.array(weights)];
      const [dy, bias] = [random.array(height * width * outChannels), random.array(outChannels)];
      const inside = (row: number, column: number) =>
        row >= 0 && row < height && column >= 0 && column < width;
      const weight = (tap: number, c: number, o: number) =>
        w[(tap * inGroup + c) * outChannels + o]!;
      const pixels = range(height * width).map(
        (at) => [Math.floor(at / width), at % width] as const,
      );
      const taps = range(kernel * kernel).map(
        (tap) => [Math.floor(tap / kernel), tap % kernel] as const,
      );

      const y = pixels.flatMap(([oh, ow]) =>
        range(outChannels).map((o) => {
          const first = Math.floor(o / outGroup) * inGroup;
          const terms = taps.flatMap(([kh, kw], tap) =>
            range(inGroup).map((c) => {
              const [ih, iw] = [oh - pad + kh, ow - pad + kw];
              return inside(ih, iw)
                ? times(x[(ih * width + iw) * channels + first + c]!, weight(tap, c, o))
                : undefined;
            }),
          );
          return chain(terms, bias[o]);
        }),
      );
      const forward = [given(x), given(w), given(bias), { c0: y.length }];
      expect(run(flavour, op.CONV2D_BIAS, forward, attributes)).toEqual(y);

      const dx = pixels.flatMap(([ih, iw]) =>
        range(channels).map((channel) => {
          const group = Math.floor(channel / inGroup);
          const terms = taps.flatMap(([kh, kw], tap) =>
            range(outGroup).map((k) => {
              const [oh, ow, o] = [ih + pad - kh, iw + pad - kw, group * outGroup + k];
              const g = dy[(oh * width + ow) * outChannels + o]!;
              return inside(oh, ow) ? times(g, weight(tap, channel % inGroup, o)) : undefined;
            }),
          );
          return chain(terms);
        }),
      );
      const backward = [given(dy), given(w), { c0: dx.length }];
      expect(run(flavour, op.CONV2D_BACKWARD_INPUT, backward, attributes)).toEqual(dx);
    },
  );

  test("the weights' gradient: row, output row, output column; 330 terms", () => {
    const [channels, outChannels, rows] = [4, 9, 11];
    const attributes = [
      height,
      width,
      channels,
      height,
      width,
      outChannels,
      kernel,
      kernel,
      1,
      1,
      pad,
      pad,
      1,
      1,
      1,
    ];
    const [x, dy] = [
      random.array(rows * height * width * channels),
      random.array(rows * height * width * outChannels),
    ];
    const dw = range(kernel * kernel * channels * outChannels).map((at) => {
      const [o, c, tap] = [
        at % outChannels,
        Math.floor(at / outChannels) % channels,
        Math.floor(at / outChannels / channels),
      ];
      const terms = range(rows * height * width).map((place) => {
        const [row, oh, ow] = [
          Math.floor(place / height / width),
          Math.floor(place / width) % height,
          place % width,
        ];
        const [ih, iw] = [oh - pad + Math.floor(tap / kernel), ow - pad + (tap % kernel)];
        if (ih < 0 || ih >= height || iw < 0 || iw >= width) return undefined;
        return times(
          x[((row * height + ih) * width + iw) * channels + c]!,
          dy[place * outChannels + o]!,
        );
      });
      return chain(terms);
    });
    const operands = [given(x), given(dy), { c0: dw.length }];
    expect(run(flavour, op.CONV2D_BACKWARD_PARAMS, operands, attributes)).toEqual(dw);
  });
});
