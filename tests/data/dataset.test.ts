import { describe, expect, test } from "vitest";
import { type DataSpec, makeDataset, takeRows } from "../../src/data/dataset.js";
import type { NpyArray } from "../../src/data/npy.js";
import { splitRows } from "../../src/data/split.js";
import { StropError } from "../../src/errors.js";
import { floats, labels } from "./arrays.js";

const spec: DataSpec = { inputShape: [2], outputShape: [3] };
const twoRows = floats([2, 2], [1, 2, 3, 4]);
const make = (x: NpyArray, y?: NpyArray, given: DataSpec = spec) =>
  makeDataset(
    { x: { array: x, name: "x.npy" }, ...(y && { y: { array: y, name: "labels.npy" } }) },
    given,
  );

describe("x", () => {
  test("rows of the model's shape; without y for predict", () => {
    const dataset = make(twoRows);
    expect(dataset).toMatchObject({ rows: 2, rowElements: 2, y: undefined, notes: [] });
    expect([...dataset.x]).toEqual([1, 2, 3, 4]);
  });

  test("flat rows are taken, and said so; other shapes are not", () => {
    const image: DataSpec = { inputShape: [1, 2, 2], outputShape: [3] };
    expect(make(floats([1, 1, 2, 2], [1, 2, 3, 4]), undefined, image).notes).toEqual([]);
    expect(make(floats([1, 4], [1, 2, 3, 4]), undefined, image).notes).toEqual([
      "x.npy: flat rows of 4 taken as [1, 2, 2]",
    ]);
    expect(() => make(floats([1, 2, 2, 1], [1, 2, 3, 4]), undefined, image)).toThrow(
      "x.npy: rows of shape [1, 2, 2, 1], but the model's input is [N, 1, 2, 2].",
    );
    expect(make(floats([1, 2, 2], [1, 2, 3, 4]), undefined, image).notes).toEqual([
      "x.npy: rows of [2, 2] taken as [1, 2, 2]",
    ]);
    const four: DataSpec = { inputShape: [4], outputShape: [3] };
    expect(make(floats([1, 2, 2], [1, 2, 3, 4]), undefined, four).notes).toEqual([
      "x.npy: rows of [2, 2] taken as [4]",
    ]);
    const turned: DataSpec = { inputShape: [2, 3], outputShape: [3] };
    expect(() => make(floats([1, 3, 2], [1, 2, 3, 4, 5, 6]), undefined, turned)).toThrow(
      "x.npy: rows of shape [1, 3, 2], but the model's input is [N, 2, 3].",
    );
    expect(() => make(floats([4], [1, 2, 3, 4]))).toThrow("rows of shape [4]");
    expect(() => make(floats([], [1]))).toThrow("rows of shape []");
    expect(() => make(floats([0, 2], []))).toThrow("x.npy: it has no rows");
  });

  test.each([
    ["uint8", Uint8Array.of(0, 255, 1, 2)],
    ["int32", Int32Array.of(0, 255, 1, 2)],
    ["float64", Float64Array.of(0, 255, 1, 2)],
    ["int64", BigInt64Array.of(0n, 255n, 1n, 2n)],
  ])("%s is converted, and said so", (type, data) => {
    const dataset = make({ type, shape: [2, 2], data } as NpyArray);
    expect([...dataset.x]).toEqual([0, 255, 1, 2]);
    expect(dataset.notes).toEqual([`x.npy: ${type} converted to float32`]);
  });

  test.each([
    [Number.NaN, "x.npy row 1: value is NaN."],
    [Infinity, "x.npy row 1: value is Infinity."],
    [-Infinity, "x.npy row 1: value is -Infinity."],
  ])("%s is refused with its row", (value, message) => {
    expect(() => make(floats([2, 2], [1, 2, 3, value]))).toThrow(message);
  });

  test("a double too large for float32", () => {
    const data = Float64Array.of(1, 1e300);
    expect(() => make({ type: "float64", shape: [1, 2], data })).toThrow(
      "x.npy row 0: value is 1e+300, too large for float32.",
    );
  });
});

describe("labels", () => {
  test("whole numbers are classes", () => {
    const { y } = make(twoRows, labels(0, 2));
    expect(y).toEqual({ kind: "classes", elements: 1, data: Int32Array.of(0, 2) });
  });

  test("out of range: the row, the label, and what to do", () => {
    const ten: DataSpec = { inputShape: [2], outputShape: [10] };
    const x = floats([20, 2], new Array(40).fill(0));
    const y = labels(...new Array(17).fill(1), 12, 11, 3);
    expect(() => make(x, y, ten)).toThrow(
      "labels.npy row 17: label 12, but the model has 10 classes. Fix the labels or give --head 13.",
    );
    const worse = labels(...new Array(17).fill(1), 12, 15, 3);
    expect(() => make(x, worse, ten)).toThrow(
      "label 12, but the model has 10 classes. Fix the labels or give --head 16.",
    );
    expect(() => make(twoRows, labels(0, -1))).toThrow(
      "labels.npy row 1: label -1, but the model has 3 classes. Fix the labels.",
    );
  });

  test("a label that is ignored need be no class", () => {
    const spec: DataSpec = {
      inputShape: [2],
      outputShape: [3],
      targets: { classes: { ignored: -100 } },
    };
    expect(make(twoRows, labels(-100, 2), spec).y!.data).toEqual(Int32Array.of(-100, 2));
    expect(() => make(twoRows, labels(-100, -1), spec)).toThrow("labels.npy row 1: label -1, but");
  });

  test("floats in place of labels must be whole", () => {
    expect(make(twoRows, floats([2], [1, 2])).y).toMatchObject({ kind: "classes" });
    expect(() => make(twoRows, floats([2], [1, 1.5]))).toThrow(
      "labels.npy row 1: label 1.5 is not a whole number.",
    );
    expect(() => make(twoRows, floats([2], [Number.NaN, 1]))).toThrow("row 0: label NaN");
  });

  test("as many as rows, one a row", () => {
    expect(() => make(twoRows, labels(0, 1, 2))).toThrow("labels.npy: 3 rows, but x.npy has 2.");
    expect(() => make(twoRows, floats([], [1]))).toThrow("labels.npy: no rows, but");
    const wide: NpyArray = { type: "int32", shape: [2, 2], data: Int32Array.of(0, 1, 0, 1) };
    expect(() => make(twoRows, wide)).toThrow("labels of shape [2, 2], not one a row");
    const column: NpyArray = { type: "int64", shape: [2, 1], data: BigInt64Array.of(0n, 1n) };
    expect(make(twoRows, column).notes).toEqual(["labels.npy: int64 converted to int32"]);
    const map: DataSpec = { inputShape: [2], outputShape: [3, 4] };
    expect(() => make(twoRows, labels(0, 1), map)).toThrow("class labels for an output of shape");
  });
});

describe("values", () => {
  test("floats of the output's shape", () => {
    const { y } = make(twoRows, floats([2, 3], [1, 2, 3, 4, 5, 6]));
    expect(y).toMatchObject({ kind: "values", elements: 3 });
    const one: DataSpec = { inputShape: [2], outputShape: [1] };
    expect(make(twoRows, floats([2], [0.5, 1]), one).y).toMatchObject({
      kind: "values",
      elements: 1,
    });
  });

  test("whole numbers as values, where the loss wants values", () => {
    const one: DataSpec = { inputShape: [2], outputShape: [1], targets: { values: {} } };
    const { y, notes } = make(twoRows, labels(0, 1), one);
    expect(y).toEqual({ kind: "values", elements: 1, data: Float32Array.of(0, 1) });
    expect(notes).toEqual(["labels.npy: int32 converted to float32"]);
  });

  test("only those that are allowed", () => {
    const allowed = { includes: (v: number) => v >= 0, text: "from 0 up", hint: "Fix it." };
    const spec: DataSpec = { inputShape: [2], outputShape: [3], targets: { values: { allowed } } };
    const all = [1, 2, 3, 4, 5, 6];
    expect(make(twoRows, floats([2, 3], all), spec).y).toMatchObject({ kind: "values" });
    expect(() => make(twoRows, floats([2, 3], all.with(4, -5)), spec)).toThrow(
      "labels.npy row 1: target -5 is not from 0 up. Fix it.",
    );
  });

  test("where a loss takes both: as many as the model has outputs, of any type", () => {
    const whole: NpyArray = { type: "int32", shape: [2, 3], data: Int32Array.of(0, 1, 0, 1, 0, 0) };
    expect(make(twoRows, whole).y).toMatchObject({ kind: "values", elements: 3 });
    const classes: DataSpec = { inputShape: [2], outputShape: [3], targets: { classes: {} } };
    expect(() => make(twoRows, whole, classes)).toThrow("labels of shape [2, 3], not one a row");
  });

  test("another shape, and NaN, are refused", () => {
    expect(() => make(twoRows, floats([2, 2], [1, 2, 3, 4]))).toThrow(
      "labels.npy: targets of shape [2, 2], but the model's output is [N, 3].",
    );
    const bad = floats([2, 3], [1, 2, 3, 4, Number.NaN, 6]);
    expect(() => make(twoRows, bad)).toThrow("labels.npy row 1: value is NaN.");
  });
});

describe("rows", () => {
  test("a split has every row once, in file order, and follows the seed", () => {
    const { train, validation } = splitRows(50, 0.2, 7);
    expect(validation).toHaveLength(10);
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...Array(50).keys()]);
    expect([...train]).toEqual([...train].sort((a, b) => a - b));
    expect(splitRows(50, 0.2, 7)).toEqual({ train, validation });
    expect(splitRows(50, 0.2, 8).validation).not.toEqual(validation);
    expect(splitRows(100, 0.29, 0).validation).toHaveLength(29);
  });

  test.each([0, 1, -0.5, 1.5, Number.NaN, 0.001])("a fraction of %d is an error of usage", (f) => {
    try {
      splitRows(50, f, 0);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StropError);
      expect(error).toMatchObject({ exitCode: 2, where: "--validation" });
    }
  });

  test("takeRows takes x and y alike", () => {
    const classes = takeRows(make(twoRows, labels(0, 2)), Uint32Array.of(1, 0, 1));
    expect(classes.rows).toBe(3);
    expect([...classes.x]).toEqual([3, 4, 1, 2, 3, 4]);
    expect([...classes.y!.data]).toEqual([2, 0, 2]);
    const values = make(twoRows, floats([2, 3], [1, 2, 3, 4, 5, 6]));
    expect([...takeRows(values, Uint32Array.of(1)).y!.data]).toEqual([4, 5, 6]);
  });
});
