import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { channelStatistics } from "../../src/data/statistics.js";
import { conv2d, dense, flatten } from "../../src/graph/layers.js";
import { input, sequential } from "../../src/index.js";
import { statisticsOf } from "../../src/onnx/standardize.js";

interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const file = new URL("../fixtures/standardize.json", import.meta.url);
const { cases }: { cases: readonly Case[] } = JSON.parse(readFileSync(file, "utf8"));

test.each(cases)("$name, as scikit-learn's StandardScaler", ({ shape, x, mean, std }) => {
  // A convolution tells where an image has its channels.
  const image = shape.length === 4 ? [conv2d({ filters: 1, kernelSize: 1 })] : [];
  const layers = [input({ shape: shape.slice(1) }), ...image, flatten(), dense({ units: 1 })];
  const { graph } = sequential(layers);
  const found = statisticsOf(graph, Float32Array.from(x));
  // Theirs is an f64: ours is the nearest float32 to it, or to its last bit.
  for (const [ours, theirs] of [[found.mean, mean] as const, [found.std, std] as const]) {
    expect(ours).toHaveLength(theirs.length);
    theirs.forEach((value, i) => {
      expect(Math.abs(ours[i]! - value)).toBeLessThanOrEqual(2 ** -23 * Math.abs(value));
    });
  }
});

test("what does not vary is divided by 1, whatever its size", () => {
  for (const value of [0, 1, 0.1, 1e30, -3e38, 1e-44]) {
    const { mean, std } = channelStatistics(new Float32Array(1000).fill(value), 1, 1);
    expect([mean[0], std[0]]).toEqual([Math.fround(value), 1]);
  }
});

test("a deviation that is no scale is 1: what is left would be infinite", () => {
  const { std } = channelStatistics(Float32Array.of(1e-44, 3e-44), 1, 1);
  expect(std[0]).toBe(1);
});

test("a small deviation beside a large mean", () => {
  const { mean, std } = channelStatistics(Float32Array.of(16777214, 16777215, 16777216), 1, 1);
  expect([mean[0], std[0]]).toEqual([16777215, Math.fround(Math.sqrt(2 / 3))]);
});
