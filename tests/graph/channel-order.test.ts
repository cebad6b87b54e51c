import { expect, test } from "vitest";
import { sequential } from "../../src/graph/builder.js";
import { channelOrder } from "../../src/graph/channel-order.js";
import type { Layer } from "../../src/graph/layer.js";
import {
  batchNorm,
  conv1d,
  conv2d,
  convTranspose2d,
  input,
  instanceNorm,
  maxPool1d,
  pad2d,
  upsample2d,
} from "../../src/graph/layers.js";
import { convNet, denseNet, GraphSketch } from "../helpers/graphs.js";

const signal = (shape: readonly number[]) => ({
  shape: ["N", ...shape] as const,
  allowZero: false,
});

test("first: a convolution of the input", () => {
  expect(channelOrder(convNet())).toBe("first");
});

test("first: behind a scale, and where a signal is made an image of one row", () => {
  const g = new GraphSketch(["N", 4, 9]);
  const scaled = g.node("Mul", ["x", g.weight("scale", [1])], {});
  const image = g.node("Reshape", [scaled], signal([4, 1, 9]));
  expect(channelOrder(g.end(g.conv(image, "c", 4, 2, { kernelShape: [1, 3] })))).toBe("first");
});

test("first: behind a normalization, a pad or a pool; a transposed convolution", () => {
  const layers: [readonly number[], Layer[]][] = [
    [
      [6, 50],
      [batchNorm(), conv1d({ filters: 2, kernelSize: 3 })],
    ],
    [
      [6, 50],
      [instanceNorm(), maxPool1d({ poolSize: 2 }), conv1d({ filters: 2, kernelSize: 3 })],
    ],
    [
      [6, 9, 9],
      [pad2d({ padding: 1 }), conv2d({ filters: 2, kernelSize: 3 })],
    ],
    [
      [6, 9, 9],
      [upsample2d({ scale: 2 }), conv2d({ filters: 2, kernelSize: 3 })],
    ],
    [[6, 9, 9], [convTranspose2d({ filters: 2, kernelSize: 3 })]],
  ];
  for (const [shape, rest] of layers) {
    expect(channelOrder(sequential([input({ shape }), ...rest]))).toBe("first");
  }
});

test("last: a Transpose turns them, as tf2onnx writes it", () => {
  const g = new GraphSketch(["N", 8, 8, 3]);
  const turned = g.node("Transpose", ["x"], { perm: [0, 3, 1, 2] });
  expect(channelOrder(g.end(g.conv(turned, "c", 3, 2)))).toBe("last");
});

test("unknown: no image, or one channel that a Reshape has moved", () => {
  expect(channelOrder(denseNet())).toBeUndefined();
  const g = new GraphSketch(["N", 49, 10, 1]);
  const image = g.node("Reshape", ["x"], signal([1, 49, 10]));
  expect(channelOrder(g.end(g.conv(image, "c", 1, 2)))).toBeUndefined();
});
