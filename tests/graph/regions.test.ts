import { describe, expect, test } from "vitest";
import type { Node, Shape } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { graph, node, weight } from "./graphs.js";

const shapeOf = (x: Shape, one: Node) =>
  inferShapes(graph(x, [one], [weight("w", 2, 3)])).get("y")!.shape;

const slice = (starts: number[], steps: number[], sizes: Shape) =>
  node("Slice", ["x"], "y", { starts, steps, sizes });

describe("Slice", () => {
  test.each([
    ["of rows", ["N", 4], slice([0, 3], [1, -1], ["N", 4]), ["N", 4]],
    ["without a batch", [3, 4], slice([2, 1], [-1, 2], [2, 2]), [2, 2]],
  ] as const)("%s", (_, x, one, y) => {
    expect(shapeOf(x, one)).toEqual(y);
  });

  test.each([
    ["beyond the end", slice([0, 2], [1, 2], ["N", 2]), "2 from 2 in steps of 2 along axis 1"],
    ["before the begin", slice([0, 1], [1, -1], ["N", 3]), "3 from 1 in steps of -1 along axis 1"],
    ["of nothing", slice([0, 1], [1, 1], ["N", 0]), "0 from 1 in steps of 1 along axis 1"],
    ["of broken numbers", slice([0, 0.5], [1, 1], ["N", 1]), "1 from 0.5 in steps of 1"],
    ["of a batch in the middle", slice([0, 0], [1, 1], ["N", "N"]), "N from 0 in steps of 1"],
    ["of fewer axes", slice([0], [1], ["N"]), "a region of 1 axes in an input of [N, 4]"],
    ["of rows in other numbers", slice([0, 0], [1, 1], [2, 4]), "moves or mixes the batch N"],
    ["of rows backwards", slice([0, 0], [-1, 1], ["N", 4]), "moves or mixes the batch N"],
  ])("%s is refused", (_, one, problem) => {
    expect(() => shapeOf(["N", 4], one)).toThrow(problem);
  });
});

describe("Concat", () => {
  const concat = (inputs: string[], axis: number) => node("Concat", inputs, "y", { axis });

  test("along the last axis, and along the first without a batch", () => {
    expect(shapeOf(["N", 2, 3], concat(["x", "x", "x"], 2))).toEqual(["N", 2, 9]);
    expect(shapeOf([4, 3], concat(["w", "x"], 0))).toEqual([6, 3]);
  });

  test.each([
    ["rows behind rows", ["N", 3], ["x", "x"], 0, "moves or mixes the batch N"],
    ["a value without a batch", ["N", 3], ["x", "w"], 1, "[N, 3] and [2, 3] differ"],
    ["of another rank", ["N", 3, 1], ["x", "w"], 1, "[N, 3, 1] and [2, 3] differ"],
    ["an axis that is not there", ["N", 3], ["x", "x"], 2, "axis 2 of an input of shape [N, 3]"],
    ["nothing", ["N", 3], [], 1, "input 1 is missing"],
  ] as const)("%s is refused", (_, x, inputs, axis, problem) => {
    expect(() => shapeOf(x, concat([...inputs], axis))).toThrow(problem);
  });
});

describe("Expand", () => {
  const expand = (input: string, shape: Shape) => node("Expand", [input], "y", { shape });

  test("of rows, and of a weight for all rows", () => {
    expect(shapeOf(["N", 1, 3], expand("x", ["N", 4, 3]))).toEqual(["N", 4, 3]);
    expect(shapeOf(["N", 1], expand("w", ["N", 2, 3]))).toEqual(["N", 2, 3]);
  });

  test.each([
    ["another size", expand("x", ["N", 4])],
    ["fewer axes", expand("x", [3])],
    ["a number of rows", expand("x", [5, 3])],
    ["two batches", expand("x", ["N", "N", 3])],
  ])("to %s is refused", (_, one) => {
    expect(() => shapeOf(["N", 3], one)).toThrow("[N, 3] cannot be repeated to");
  });
});
