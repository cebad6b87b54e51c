import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Graph, Node } from "../../src/graph/graph.js";
import type { Layer } from "../../src/graph/layer.js";
import { pad2d, upsample2d } from "../../src/graph/layers.js";
import { sequential } from "../../src/index.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { Session } from "../../src/runtime/session.js";
import { compileForTest, largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

// Resize and Pad beside PyTorch's interpolate and pad (scripts/fixtures/resampling.py).

interface Case {
  readonly name: string;
  readonly op: "Resize" | "Pad";
  readonly attributes: object;
  readonly y: number[];
}

const path = new URL("../fixtures/resampling.json", import.meta.url);
const { shape, x, cases } = JSON.parse(readFileSync(path, "utf8")) as {
  shape: [number, ...number[]];
  x: number[];
  cases: Case[];
};

const rows = {
  rows: shape[0],
  rowElements: x.length / shape[0],
  x: Float32Array.from(x),
  y: undefined,
  notes: [],
};

/** Of a Resize, what the case does not tell. */
const defaults = {
  roi: shape.map(() => [0, 1]),
  nearestMode: "round_prefer_floor",
  cubicCoeffA: -0.75,
  excludeOutside: false,
  extrapolationValue: 0,
  antialias: false,
};

/** The case as a model, the batch free or of its own size. */
function graphOf({ op, attributes }: Case, batch: "N" | number): Graph {
  const sizes = (attributes as { sizes?: number[] }).sizes;
  const all = {
    ...(op === "Resize" && defaults),
    ...attributes,
    ...(sizes && { sizes: [batch, ...sizes.slice(1)] }),
  };
  const node = { op, name: op, inputs: ["x"], outputs: ["y"], attributes: all };
  return {
    name: "case",
    inputs: [{ name: "x", type: "float32", shape: [batch, ...shape.slice(1)] }],
    outputs: ["y"],
    nodes: [node as unknown as Node],
    initializers: new Map(),
  };
}

describe("as PyTorch", () => {
  test.each(cases.map((one) => ({ name: one.name, one })))("$name", ({ one }) => {
    for (const batch of ["N", shape[0]] as const) {
      const options = { batch: 1, training: false, loss: undefined, trainable: () => false };
      const compiled = compileForTest(graphOf(one, batch), options);
      const vm = new ReferenceVm(compiled.bytes);
      const { x: input, output } = vm.program.procedures[0]!;
      vm.tensor(input!).set(x);
      vm.execute(0);
      expect(largestDifference(vm.tensor(output!), one.y)).toBeLessThan(TOLERANCES.resampling);
      const [scalar, simd] = (["scalar", "simd"] as const).map((flavour) =>
        new Session(compiled.bytes, flavour).predict(rows),
      );
      expect(simd).toEqual(scalar);
      expect(largestDifference(scalar!, one.y)).toBeLessThan(TOLERANCES.resampling);
    }
  });
});

describe("layers as PyTorch's", () => {
  test.each<[string, Layer]>([
    ["nearest by 2.0×2.0", upsample2d({ scale: 2 })],
    ["nearest by 1.5×2.5", upsample2d({ scale: [1.5, 2.5] })],
    ["bilinear by 2.0×2.0", upsample2d({ scale: 2, mode: "bilinear" })],
    ["bilinear by 0.5×0.75", upsample2d({ scale: [0.5, 0.75], mode: "bilinear" })],
    ["constant (1, 2, 3, 0), 0", pad2d({ padding: [1, 2, 3, 0] })],
    ["constant (1, 0, 2, 3), -2.5", pad2d({ padding: [1, 0, 2, 3], value: -2.5 })],
    ["reflect (3, 1, 2, 4), 0", pad2d({ padding: [3, 1, 2, 4], mode: "reflect" })],
    ["replicate (2, 5, 0, 3), 0", pad2d({ padding: [2, 5, 0, 3], mode: "edge" })],
  ])("%s", (name, layer) => {
    const { y } = cases.find((one) => one.name === name)!;
    const model = sequential([{ ...layer, inputShape: shape.slice(1) } as Layer]);
    const { data } = model.predict({ shape, data: Float32Array.from(x) });
    expect(largestDifference(data as Float32Array, y)).toBeLessThan(TOLERANCES.resampling);
  });
});
