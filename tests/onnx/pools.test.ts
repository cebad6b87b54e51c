import { describe, expect, test } from "vitest";
import type { PoolAttributes, Shape } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { Model } from "../../src/index.js";
import { importOnnx } from "../../src/onnx/import.js";
import { TestRandom } from "../helpers/random.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";
import {
  bytes,
  floatAttribute,
  info,
  intAttribute,
  node,
  type Parts,
  stringAttribute,
} from "./model.js";

type Attributes = NonNullable<Parameters<typeof node>[3]>;

const parts = (op: string, shape: Shape, attributes: Attributes, opset = 17): Parts => ({
  nodes: [node(op, ["x"], ["y"], attributes)],
  inputs: [info("x", shape)],
  outputs: [info("y", shape)],
  opset,
});
const graphOf = (...of: Parameters<typeof parts>) => importOnnx(bytes(parts(...of))).graph;
const opsOf = (...of: Parameters<typeof parts>) => graphOf(...of).nodes.map(({ op }) => op);
const shapeOf = (...of: Parameters<typeof parts>) => inferShapes(graphOf(...of)).get("y")!.shape;
const kernel = (...sizes: number[]) => intAttribute("kernel_shape", sizes);
const strides = (...sizes: number[]) => intAttribute("strides", sizes);

/** What a model of one op makes of random rows, and these. */
function predicted(op: string, row: readonly number[], attributes: Attributes) {
  const shape = [2, ...row];
  const data = new TestRandom(5).array(shape.reduce((a, b) => a * b));
  const y = Model.fromOnnx(bytes(parts(op, ["N", ...row], attributes))).predict({ shape, data });
  return { x: data, y: y.data as Float32Array, shape: y.shape };
}

describe("MaxPool and AveragePool", () => {
  const images: Shape = ["N", 2, 7, 6];

  test("attributes that are not there, in every opset", () => {
    const window = {
      kernelShape: [3, 2],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      layout: "NCHW",
      ceilMode: false,
    };
    for (const opset of [6, 7, 8, 10, 11, 12, 17]) {
      const [max] = graphOf("MaxPool", images, [kernel(3, 2)], opset).nodes;
      expect(max).toMatchObject({ op: "MaxPool", name: "maxpool", attributes: window });
      const [mean] = graphOf("AveragePool", images, [kernel(3, 2)], opset).nodes;
      const attributes = { ...window, countIncludePad: false };
      expect(mean).toMatchObject({ op: "AveragePool", attributes });
    }
  });

  test("attributes that are", () => {
    const given = [
      kernel(3, 2),
      strides(2, 1),
      intAttribute("pads", [1, 0, 2, 1]),
      intAttribute("dilations", [1, 3]),
      intAttribute("ceil_mode", 1),
      intAttribute("storage_order", 1),
    ];
    const window = { strides: [2, 1], pads: [1, 0, 2, 1], dilations: [1, 3], ceilMode: true };
    expect(graphOf("MaxPool", images, given).nodes[0]).toMatchObject({ attributes: window });
    const more = [...given, intAttribute("count_include_pad", 1)];
    const expected = { ...window, countIncludePad: true };
    expect(graphOf("AveragePool", images, more, 19).nodes[0]).toMatchObject({
      attributes: expected,
    });
  });

  test.each([
    ["VALID", [0, 0, 0, 0], [3, 2]],
    ["SAME_UPPER", [1, 0, 1, 1], [4, 3]],
    ["SAME_LOWER", [1, 1, 1, 0], [4, 3]],
  ])("auto_pad %s", (auto, pads, sizes) => {
    const given = [kernel(3, 3), strides(2, 2), stringAttribute("auto_pad", auto)];
    expect(graphOf("MaxPool", images, given).nodes[0]).toMatchObject({ attributes: { pads } });
    expect(shapeOf("MaxPool", images, given)).toEqual(["N", 2, ...sizes]);
  });

  test("a signal is an image of one row, a volume is pooled twice", () => {
    expect(opsOf("MaxPool", ["N", 2, 7], [kernel(3)])).toEqual(["Reshape", "MaxPool", "Reshape"]);
    const signal = [kernel(3), strides(2), intAttribute("pads", [0, 1])];
    const { attributes } = graphOf("MaxPool", ["N", 2, 7], signal).nodes[1]!;
    expect(attributes as PoolAttributes).toMatchObject({
      kernelShape: [1, 3],
      strides: [1, 2],
      pads: [0, 0, 0, 1],
    });
    expect(shapeOf("MaxPool", ["N", 2, 7], signal)).toEqual(["N", 2, 3]);
    const volume = [kernel(3, 2, 1), strides(2, 1, 2), intAttribute("ceil_mode", 1)];
    expect(opsOf("AveragePool", ["N", 2, 6, 5, 4], volume)).toEqual([
      ...["Reshape", "AveragePool", "Reshape", "AveragePool", "Reshape"],
    ]);
    expect(shapeOf("AveragePool", ["N", 2, 6, 5, 4], volume)).toEqual(["N", 2, 3, 4, 2]);
  });

  test("the largest and the mean of every window of a volume", () => {
    const sizes = [4, 3, 5];
    const window = [kernel(2, 3, 2), strides(2, 1, 3)];
    const out = [2, 1, 2];
    const places = (i: number) => {
      const [d, w] = [Math.floor(i / 2) % 2, i % 2];
      const first = Math.floor(i / 4) * 60;
      return [0, 1].flatMap((a) =>
        [0, 1, 2].flatMap((b) => [0, 1].map((c) => first + (2 * d + a) * 15 + b * 5 + 3 * w + c)),
      );
    };
    for (const [op, fold] of [
      ["MaxPool", (values: number[]) => Math.max(...values)],
      ["AveragePool", (values: number[]) => values.reduce((a, b) => a + b) / values.length],
    ] as const) {
      const { x, y, shape } = predicted(op, [3, ...sizes], window);
      expect(shape).toEqual([2, 3, ...out]);
      const expected = y.map((_, i) => fold(places(i).map((place) => x[place]!)));
      expect(largestDifference(y, expected)).toBeLessThan(TOLERANCES.f32Elementwise);
    }
  });

  test("a mean of the whole image is a ReduceMean, with pads it is not", () => {
    const whole = [kernel(7, 6), strides(7, 6)];
    expect(graphOf("AveragePool", images, whole).nodes).toMatchObject([
      { op: "ReduceMean", attributes: { axes: [2, 3], keepDims: true } },
    ]);
    const pads = [kernel(7, 6), intAttribute("pads", [1, 0, 0, 0])];
    expect(opsOf("AveragePool", images, pads)).toEqual(["AveragePool"]);
  });
});

describe("pools of whole images, norms", () => {
  test.each([3, 4, 5])("GlobalAveragePool and GlobalMaxPool of %i axes", (rank) => {
    const row = [3, 4, 2, 5].slice(0, rank - 1);
    const pixels = row.slice(1).reduce((a, b) => a * b);
    const [mean, largest, norm] = (
      ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] as const
    ).map((op) => predicted(op, row, []));
    const { x, shape } = mean!;
    expect(shape).toEqual([2, 3, ...row.slice(1).map(() => 1)]);
    const folded = (fold: (values: Float32Array) => number) =>
      mean!.y.map((_, i) => fold(x.subarray(i * pixels, (i + 1) * pixels)));
    const expected = [
      folded((values) => values.reduce((a, b) => a + b) / pixels),
      folded((values) => Math.max(...values)),
      folded((values) => Math.hypot(...values)),
    ];
    for (const [i, { y }] of [mean!, largest!, norm!].entries()) {
      expect(largestDifference(y, expected[i]!)).toBeLessThan(TOLERANCES.f32Elementwise);
    }
  });

  test.each([1, 2, 3])(
    "LpPool, p %i: pads add nothing, nor does what ceil_mode reaches into",
    (p) => {
      const window = [kernel(3), strides(2), intAttribute("pads", [1, 0])];
      for (const ceil of [0, 1]) {
        const attributes = [...window, intAttribute("p", p), intAttribute("ceil_mode", ceil)];
        const { x, y } = predicted("LpPool", [1, 7], attributes);
        const starts = ceil ? [-1, 1, 3, 5] : [-1, 1, 3];
        const expected = [0, 7].flatMap((row) =>
          starts.map((start) => {
            const places = [start, start + 1, start + 2].filter((i) => i >= 0 && i < 7);
            return places.reduce((sum, i) => sum + Math.abs(x[row + i]!) ** p, 0) ** (1 / p);
          }),
        );
        expect(largestDifference(y, expected)).toBeLessThan(TOLERANCES.f32Power);
      }
    },
  );

  test("LRN of rows, where the odd channel lies behind", () => {
    const attributes = [intAttribute("size", 4), floatAttribute("alpha", 2)];
    const { x, y } = predicted("LRN", [5], attributes);
    const expected = x.map((value, i) => {
      const channels = [-1, 0, 1, 2].map((step) => (i % 5) + step);
      const inside = channels.filter((channel) => channel >= 0 && channel < 5);
      const first = i - (i % 5);
      const sum = inside.reduce((total, channel) => total + x[first + channel]! ** 2, 0);
      return value / (1 + (2 / 4) * sum) ** 0.75;
    });
    expect(largestDifference(y, expected)).toBeLessThan(TOLERANCES.f32Power);
  });
});

describe("refused", () => {
  const images: Shape = ["N", 2, 7, 6];
  test.each<[string, string, Shape, Attributes]>([
    ["kernel_shape is missing", "MaxPool", images, []],
    ["kernel_shape is [3]", "MaxPool", images, [kernel(3)]],
    ["kernel_shape is [0,2]", "AveragePool", images, [kernel(0, 2)]],
    ["strides is [0,1]", "MaxPool", images, [kernel(2, 2), strides(0, 1)]],
    ["dilations is [1,-1]", "MaxPool", images, [kernel(2, 2), intAttribute("dilations", [1, -1])]],
    ["pads is [0,-1,0,0]", "MaxPool", images, [kernel(2, 2), intAttribute("pads", [0, -1, 0, 0])]],
    ["auto_pad is 'SOME'", "MaxPool", images, [kernel(2, 2), stringAttribute("auto_pad", "SOME")]],
    ["over an input of shape [N, 2]", "MaxPool", ["N", 2], [kernel()]],
    ["over an input of shape [N, 2, 1, 1, 1, 1]", "GlobalMaxPool", ["N", 2, 1, 1, 1, 1], []],
    ["a kernel that reaches over 9 does not fit", "MaxPool", images, [kernel(9, 2)]],
    [
      "lies in the padding alone",
      "AveragePool",
      images,
      [kernel(2, 2), intAttribute("pads", [2, 0, 0, 0])],
    ],
    ["size is 0", "LRN", images, [intAttribute("size", 0)]],
    ["p is 0", "LpPool", images, [kernel(2, 2), intAttribute("p", 0)]],
  ])("%s", (message, op, shape, attributes) => {
    expect(() => graphOf(op, shape, attributes)).toThrow(message);
  });

  test("sizes that no memory has, at once", () => {
    const most = 2 ** 31;
    for (const op of ["MaxPool", "AveragePool", "LpPool"]) {
      const wide = [kernel(most, most), intAttribute("pads", new Array(4).fill(most - 1))];
      expect(() => graphOf(op, images, wide)).toThrow("has too many positions");
      const far = [kernel(2, 2), intAttribute("dilations", [most, most])];
      expect(() => graphOf(op, images, far)).toThrow("does not fit the padded image");
    }
    const volume: Shape = ["N", 2 ** 20, 2 ** 10, 1, 1];
    expect(() => graphOf("MaxPool", volume, [kernel(1, 1, 1)])).toThrow("too large");
    // What lies outside the channels is nothing.
    expect(opsOf("LRN", images, [intAttribute("size", most)])).toContain("AveragePool");
  });

  test("the places of the largest", () => {
    const given: Parts = {
      nodes: [node("MaxPool", ["x"], ["y", "places"], [kernel(2, 2)])],
      inputs: [info("x", images)],
      outputs: [info("y", images), info("places", images)],
    };
    expect(() => importOnnx(bytes(given))).toThrow(
      "node 'maxpool' (MaxPool): its output 2, 'places', is used",
    );
  });
});
