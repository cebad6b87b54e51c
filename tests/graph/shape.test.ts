import { describe, expect, test } from "vitest";
import { broadcastShapes, formatShape, shapeElements } from "../../src/graph/shape.js";

describe("shape", () => {
  test("elements are c0 without batch and c1 with it", () => {
    expect(shapeElements([2, 3])).toEqual({ c0: 6, c1: 0 });
    expect(shapeElements(["N", 2, 3])).toEqual({ c0: 0, c1: 6 });
    expect(shapeElements(["N"])).toEqual({ c0: 0, c1: 1 });
    expect(shapeElements([])).toEqual({ c0: 1, c1: 0 });
  });

  test("too many elements or axes are an error, also beside an empty axis", () => {
    expect(() => shapeElements([2 ** 20, 2 ** 20])).toThrow("too large");
    expect(() => shapeElements([0, 2 ** 40])).toThrow("too large");
    expect(() => shapeElements([1, 1, 1, 1, 1, 1, 1, 1, 1])).toThrow("a tensor of 9 axes");
  });

  test.each([
    [["N", 5], [5], ["N", 5]],
    [
      [3, 1],
      [1, 4],
      [3, 4],
    ],
    [
      ["N", 1],
      ["N", 7],
      ["N", 7],
    ],
    [[], ["N", 2], ["N", 2]],
    [
      ["N", 4, 3, 3],
      [4, 1, 1],
      ["N", 4, 3, 3],
    ],
    [
      ["N", 5],
      [1, 5],
      ["N", 5],
    ],
    [["N", 5], [2, 1, 5], undefined],
    [["N", 5], [2, 5], undefined],
    [["N", 5], [4], undefined],
  ] as const)("%j and %j broadcast to %j", (a, b, expected) => {
    expect(broadcastShapes(a, b)).toEqual(expected);
    expect(broadcastShapes(b, a)).toEqual(expected);
  });

  test("a long shape is cut short in messages", () => {
    expect(formatShape(["N", 3, 32])).toBe("[N, 3, 32]");
    expect(formatShape(new Array(1000).fill(1))).toHaveLength("[1, 1, 1, 1, 1, 1, 1, 1, …]".length);
  });
});
