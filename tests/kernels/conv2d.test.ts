import { describe, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { expectAsVm } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(41);
const filled = (n: number) => ({ c0: n, data: random.array(n) });

/** Sizes of one convolution; pads are top, left, bottom, right. */
interface Conv {
  readonly image: readonly [height: number, width: number];
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

function attributesOf(conv: Conv): number[] {
  const { image, channels, outChannels, kernel, groups = 1 } = conv;
  const { stride = [1, 1], pads = [0, 0, 0, 0], dilation = [1, 1] } = conv;
  const out = [0, 1].map((axis) => {
    const padded = image[axis]! + pads[axis]! + pads[axis + 2]!;
    return Math.floor((padded - dilation[axis]! * (kernel[axis]! - 1) - 1) / stride[axis]!) + 1;
  });
  const places = [...stride, pads[0], pads[1], ...dilation, groups];
  return [...image, channels, out[0]!, out[1]!, outChannels, ...kernel, ...places];
}

/** Forward with and without bias, and both gradients. */
function expectAllAsVm(conv: Conv, batch: number, planned = batch): void {
  const attributes = attributesOf(conv);
  const [height, width, channels, outHeight, outWidth, outChannels, kernelH, kernelW] =
    attributes as number[];
  const [image, out] = [height! * width! * channels!, outHeight! * outWidth! * outChannels!];
  const weights = (kernelH! * kernelW! * channels! * outChannels!) / (conv.groups ?? 1);
  const x = { c1: image, data: random.array(image * planned) };
  const dy = { c1: out, data: random.array(out * planned) };
  const w = filled(weights);
  const runs = [
    { opcode: op.CONV2D, operands: [x, w, { c1: out }] },
    { opcode: op.CONV2D_BIAS, operands: [x, w, filled(outChannels!), { c1: out }] },
    { opcode: op.CONV2D_BACKWARD_INPUT, operands: [dy, w, { c1: image }] },
    { opcode: op.CONV2D_BACKWARD_PARAMS, operands: [x, dy, { c0: weights }] },
  ];
  const tolerance = TOLERANCES.f32Reduction;
  for (const run of runs) expectAsVm({ ...run, attributes, batch, planned, tolerance });
}

const groupings = [
  { name: "one group", channels: 3, outChannels: 5, groups: 1 },
  { name: "one group of tiles", channels: 5, outChannels: 17, groups: 1 },
  { name: "two groups", channels: 4, outChannels: 6, groups: 2 },
  { name: "two groups of tiles", channels: 8, outChannels: 18, groups: 2 },
  { name: "depthwise", channels: 5, outChannels: 5, groups: 5 },
  { name: "depthwise, multiplier 2", channels: 3, outChannels: 6, groups: 3 },
  { name: "depthwise, multiplier 9", channels: 2, outChannels: 18, groups: 2 },
];

const windows = [1, 2, 3].flatMap((stride) =>
  [
    [0, 0, 0, 0],
    [1, 1, 1, 1],
    [2, 0, 0, 1],
    [0, 2, 1, 0],
  ].flatMap((pads) => [1, 2].map((dilation) => ({ stride, pads, dilation }))),
);

describe.each(groupings)("conv2d, $name", ({ channels, outChannels, groups }) => {
  test.each(windows)(
    "stride $stride, pads $pads, dilation $dilation",
    ({ stride, pads, dilation }) => {
      const conv: Conv = {
        image: [7, 9],
        channels,
        outChannels,
        kernel: [3, 2],
        stride: [stride, stride],
        pads: pads as [number, number, number, number],
        dilation: [dilation, dilation],
        groups,
      };
      for (const batch of [1, 3]) expectAllAsVm(conv, batch);
    },
  );

  test("another stride and dilation along each axis", () => {
    const conv: Conv = { image: [11, 8], channels, outChannels, kernel: [2, 3], groups };
    expectAllAsVm({ ...conv, stride: [3, 1], dilation: [1, 3], pads: [1, 3, 2, 0] }, 2);
    expectAllAsVm({ ...conv, stride: [1, 2], dilation: [4, 1], pads: [0, 1, 3, 2] }, 2);
  });

  test("a batch of 2 in a program planned for 5", () => {
    expectAllAsVm({ image: [5, 6], channels, outChannels, kernel: [3, 3], groups }, 2, 5);
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
    for (const batch of [1, 2]) expectAllAsVm(conv, batch);
  });
});

test("conv2d along a second of sound: an axis beyond 16 bits", () => {
  const sound = { image: [1, 44100], channels: 1, outChannels: 2, kernel: [1, 9] } as const;
  expectAllAsVm({ ...sound, stride: [1, 4], pads: [0, 4, 0, 4] }, 1);
});
