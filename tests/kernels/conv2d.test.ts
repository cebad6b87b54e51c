import { describe, test } from "vitest";
import { attributesOf, type Conv, instructionsOf, outSides } from "../helpers/convolution.js";
import { expectEachAsVm } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(41);

/** Forward with and without bias, and both gradients, of many convolutions at one batch. */
function expectAllAsVm(convolutions: readonly Conv[], batch: number, planned = batch): void {
  const cases = convolutions.flatMap((conv) =>
    instructionsOf(conv, planned, random).map((instruction) => ({
      ...instruction,
      ...{ batch, planned, tolerance: TOLERANCES.f32Reduction },
      name: `${attributesOf(conv)}, batch ${batch}`,
    })),
  );
  expectEachAsVm(cases);
}

// The sizes at which tiles of 4 × 8 and their scalar kin begin, end, and are missed.
const groupings = [
  { name: "one group", channels: 3, outChannels: 5, groups: 1 },
  { name: "one group of tiles", channels: 5, outChannels: 17, groups: 1 },
  { name: "two groups", channels: 4, outChannels: 6, groups: 2 },
  { name: "two groups of tiles", channels: 18, outChannels: 18, groups: 2 },
  { name: "depthwise, few channels", channels: 5, outChannels: 5, groups: 5 },
  { name: "depthwise", channels: 11, outChannels: 11, groups: 11 },
  { name: "depthwise, multiplier 2", channels: 9, outChannels: 18, groups: 9 },
  { name: "depthwise, multiplier 9", channels: 2, outChannels: 18, groups: 2 },
];

const images = [
  [7, 9],
  [3, 4],
  [1, 13],
  [6, 2],
] as const;
const kernels = [
  [1, 1],
  [2, 2],
  [3, 3],
  [5, 5],
  [1, 7],
  [3, 2],
] as const;
const strides = [
  [1, 1],
  [2, 2],
  [3, 1],
] as const;
const dilations = [
  [1, 1],
  [2, 2],
  [1, 3],
] as const;

/** No pads, pads that keep the image's size, and others on each side. */
const paddings = [
  () => [0, 0, 0, 0],
  ([height, width]: readonly number[]) => [
    (height! - 1) >> 1,
    (width! - 1) >> 1,
    height! >> 1,
    width! >> 1,
  ],
  ([height, width]: readonly number[]) => [height!, 0, 1, width! + 1],
] as ((reach: readonly number[]) => [number, number, number, number])[];

/** Every image, kernel, stride, padding and dilation together. */
const matrix = images.flatMap((image) =>
  kernels.flatMap((kernel) =>
    strides.flatMap((stride) =>
      dilations.flatMap((dilation) =>
        paddings.map((padding) => {
          const pads = padding([0, 1].map((axis) => dilation[axis]! * (kernel[axis]! - 1) + 1));
          return { image, kernel, stride, dilation, pads };
        }),
      ),
    ),
  ),
);

/** Where the window fits the padded image. Each of the groupings takes its share, for time's sake. */
const windows = matrix
  .map((window) => ({ ...window, ...groupings[0]! }))
  .filter((conv) => Math.min(...outSides(conv)) >= 1);

describe.each(groupings)("conv2d, $name", (grouping) => {
  const first = groupings.indexOf(grouping);
  const convolutions = windows
    .filter((_, i) => i % groupings.length === first)
    .map((window) => ({ ...window, ...grouping }));

  test.each([1, 3])(`of ${windows.length} windows ${convolutions.length}, batch %i`, (batch) => {
    expectAllAsVm(convolutions, batch);
  });

  test("a batch of 5 in a program planned for 7", () => {
    expectAllAsVm([{ image: [5, 6], kernel: [3, 3], pads: [1, 1, 1, 1], ...grouping }], 5, 7);
  });
});

describe("conv2d, odd sizes", () => {
  test.each<Conv & { name: string }>([
    { name: "pointwise", image: [5, 7], channels: 9, outChannels: 33, kernel: [1, 1] },
    { name: "one pixel", image: [1, 1], channels: 3, outChannels: 4, kernel: [1, 1] },
    { name: "the window is the image", image: [5, 3], channels: 2, outChannels: 8, kernel: [5, 3] },
    {
      name: "the window is wider than the image",
      image: [3, 2],
      channels: 2,
      outChannels: 9,
      kernel: [5, 5],
      pads: [2, 2, 2, 2],
    },
    {
      name: "a line",
      image: [1, 33],
      channels: 4,
      outChannels: 8,
      kernel: [1, 5],
      pads: [0, 2, 0, 2],
    },
    { name: "a column", image: [33, 1], channels: 1, outChannels: 1, kernel: [4, 1] },
    {
      name: "stride over the window",
      image: [9, 9],
      channels: 4,
      outChannels: 8,
      kernel: [2, 2],
      stride: [4, 3],
    },
    {
      name: "windows that lie in the padding alone",
      image: [3, 3],
      channels: 2,
      outChannels: 8,
      kernel: [2, 2],
      pads: [4, 4, 4, 4],
    },
    {
      name: "more than a block of 256 terms",
      image: [4, 6],
      channels: 31,
      outChannels: 9,
      kernel: [3, 3],
      pads: [1, 1, 1, 1],
    },
    {
      name: "blocks that end inside a kernel column",
      image: [5, 5],
      channels: 257,
      outChannels: 8,
      kernel: [2, 2],
    },
    {
      name: "more than 256 output pixels",
      image: [17, 33],
      channels: 4,
      outChannels: 8,
      kernel: [3, 3],
    },
    {
      name: "more than 256 output channels",
      image: [3, 3],
      channels: 4,
      outChannels: 257,
      kernel: [2, 2],
    },
  ])("$name", (conv) => {
    for (const batch of [1, 2]) expectAllAsVm([conv], batch);
  });
});

test("conv2d along a second of sound: an axis beyond 16 bits", () => {
  const sound = { image: [1, 44100], channels: 1, outChannels: 2, kernel: [1, 9] } as const;
  expectAllAsVm([{ ...sound, stride: [1, 4], pads: [0, 4, 0, 4] }], 1);
});
