import { describe, expect, test } from "vitest";
import { Model, StropError } from "../../src/index.js";
import { importOnnx } from "../../src/onnx/import.js";
import {
  bytes,
  counting,
  floatAttribute,
  floatTensor,
  info,
  intAttribute,
  intTensor,
  node,
  type Parts,
  stringAttribute,
  tensorAttribute,
} from "./model.js";

// Gather, Pad and Resize: what the importer makes of them, and what it refuses.

type Inputs = NonNullable<Parts["initializers"]>;

const floats = (name: string, ...values: number[]) =>
  floatTensor(name, [values.length], Float32Array.from(values));
const none = floats("");

function partsOf(
  op: string,
  inputs: Inputs,
  attributes: Parameters<typeof node>[3] = [],
  { opset = 13, shape = ["N", 2, 3, 4] as readonly ("N" | number)[] } = {},
): Parts {
  return {
    nodes: [node(op, ["x", ...inputs.map(({ name }) => name)], ["y"], attributes)],
    initializers: inputs.filter(({ name }) => name !== ""),
    inputs: [info("x", shape)],
    outputs: [info("y", shape)],
    opset,
  };
}

const predicted = (parts: Parts) => {
  const data = counting(48);
  return Model.fromOnnx(bytes(parts)).predict({ shape: [2, 2, 3, 4], data });
};

function problem(...given: Parameters<typeof partsOf>): string {
  try {
    importOnnx(bytes(partsOf(...given)));
  } catch (error) {
    if (error instanceof StropError) return error.message;
    throw error;
  }
  return "";
}

describe("Gather", () => {
  const indices = (dims: readonly number[], ...values: number[]) => ({
    ...intTensor("i", values),
    dims: dims.map(BigInt),
  });
  const axis = (value: number) => [intAttribute("axis", value)];

  test("one index takes the axis away, and −1 is the last", () => {
    const { shape, data } = predicted(partsOf("Gather", [indices([], -1)], axis(3)));
    expect(shape).toEqual([2, 2, 3]);
    expect([...data]).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48]);
  });

  test("indices of any rank, some twice, some not at all", () => {
    const { shape, data } = predicted(partsOf("Gather", [indices([2, 2], 2, 0, -1, 2)], axis(-2)));
    expect(shape).toEqual([2, 2, 2, 2, 4]);
    expect([...data.slice(0, 16)]).toEqual([
      9, 10, 11, 12, 1, 2, 3, 4, 9, 10, 11, 12, 9, 10, 11, 12,
    ]);
  });

  test("rows of a weight", () => {
    const parts: Parts = {
      nodes: [node("Gather", ["w", "i"], ["rows"], axis(0)), node("MatMul", ["x", "rows"], ["y"])],
      initializers: [floatTensor("w", [4, 2], counting(8)), intTensor("i", [3, 0])],
      inputs: [info("x", ["N", 2])],
      outputs: [info("y", ["N", 2])],
    };
    const x = { shape: [1, 2], data: Float32Array.of(1, 10) };
    expect([...Model.fromOnnx(bytes(parts)).predict(x).data]).toEqual([17, 28]);
  });

  test("what is refused", () => {
    expect(problem("Gather", [indices([1], 4)], axis(3))).toContain(
      "index 4 into axis 3 of 4 numbers",
    );
    expect(problem("Gather", [indices([1], -4)], axis(2))).toContain("index -4 into axis 2 of 3");
    expect(problem("Gather", [indices([1], 0)], axis(4))).toContain("axis 4 of an input of shape");
    expect(problem("Gather", [indices([1], 0)], axis(0))).toContain(
      "rows by number moves or mixes",
    );
    expect(problem("Gather", [floats("i", 1)], axis(1))).toContain("its indices are not constant");
  });
});

describe("Pad", () => {
  const pads = (...values: number[]) => intTensor("p", values);

  test("the batch stays, and other modes have no value", () => {
    const parts = partsOf(
      "Pad",
      [pads(0, 0, 1, 0, 0, 0, 0, 2), floats("v", 7)],
      [stringAttribute("mode", "edge")],
    );
    const [only] = importOnnx(bytes(parts)).graph.nodes;
    const around = [
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 2],
    ];
    expect(only!.attributes).toEqual({ mode: "edge", pads: around, value: 0 });
    expect(predicted(parts).shape).toEqual([2, 2, 4, 6]);
  });

  test("pads as PyTorch computes them: left, right, top, bottom, turned round", () => {
    const int = (name: string, ...values: number[]) => intTensor(name, values);
    const zero = tensorAttribute("value", int("", 0));
    const parts: Parts = {
      nodes: [
        node("ConstantOfShape", ["count"], ["zeros"], [zero]),
        node("Concat", ["given", "zeros"], ["all"], [intAttribute("axis", 0)]),
        node("Reshape", ["all", "pairs"], ["sides"]),
        node("Slice", ["sides", "last", "end", "first", "last"], ["back"]),
        node("Transpose", ["back"], ["turned"], [intAttribute("perm", [1, 0])]),
        node("Reshape", ["turned", "last"], ["line"]),
        node("Cast", ["line"], ["pads"], [intAttribute("to", 7)]),
        node("Pad", ["x", "pads"], ["y"]),
      ],
      initializers: [
        ...[int("count", 4), int("given", 1, 2, 3, 0), int("pairs", -1, 2), int("first", 0)],
        ...[int("last", -1), int("end", -(2 ** 31))],
      ],
      inputs: [info("x", ["N", 2, 3, 4])],
      outputs: [info("y", ["N", 2, 6, 7])],
    };
    const [only] = importOnnx(bytes(parts)).graph.nodes;
    const pads = [
      [0, 0],
      [0, 0],
      [3, 0],
      [1, 2],
    ];
    expect(only!.attributes).toEqual({ mode: "constant", pads, value: 0 });
  });

  test("any value, infinite or no number at all, beside pixels that stay as they are", () => {
    for (const value of [-0.1, Number.NEGATIVE_INFINITY, Number.NaN]) {
      const { shape, data } = predicted(
        partsOf("Pad", [pads(0, 0, 1, 0, 0, 0, 0, 1), floats("v", value)]),
      );
      expect(shape).toEqual([2, 2, 4, 5]);
      const outside = new Array(5).fill(Math.fround(value));
      const rows = [0, 4, 8].flatMap((at) => [at + 1, at + 2, at + 3, at + 4, outside[0]]);
      expect([...data.slice(0, 20)]).toEqual([...outside, ...rows]);
    }
  });

  test("no pads at all change nothing", () => {
    const { data } = predicted(partsOf("Pad", [pads(0, 0, 0, 0, 0, 0, 0, 0)]));
    expect(data).toEqual(counting(48));
  });

  test.each<[string, readonly number[], string, string]>([
    ["rows", [1, 0, 0, 0, 0, 0, 0, 0], "constant", "rows padded by 1 and 0 moves or mixes"],
    ["too few", [0, 0, 1, 1], "constant", "pads [0,0,1,1] of 4 axes"],
    ["all cropped", [0, 0, -3, 0, 0, 0, 0, 0], "constant", "leave nothing of an axis of 3"],
    ["all cropped at both ends", [0, 0, -2, 0, 0, 0, -2, 0], "edge", "leave nothing"],
    ["too much to reflect", [0, 0, 3, 0, 0, 0, 0, 0], "reflect", "has no 3 numbers to reflect"],
    ["huge", [0, 0, 0, 2 ** 31 - 1, 0, 0, 0, 0], "wrap", "where 1048576 are the most"],
    ["a mode that there is not", [0, 0, 0, 0, 0, 0, 0, 0], "mirror", "mode is 'mirror', not"],
  ])("%s", (_, values, mode, message) => {
    expect(problem("Pad", [pads(...values)], [stringAttribute("mode", mode)])).toContain(message);
  });

  test("axes of opset 18 that cannot be", () => {
    const of = (...axes: number[]) =>
      problem("Pad", [pads(1, 1, 1, 1), none, intTensor("a", axes)], [], { opset: 18 });
    expect(of(2, -2)).toContain("axes [2,-2] of an input of 4 axes");
    expect(of(2, 4)).toContain("axes [2,4] of an input of 4 axes");
    expect(of(3, 2)).toBe("");
  });
});

describe("Resize", () => {
  const scales = (...values: number[]) => floats("s", ...values);
  const sizes = (...values: number[]) => intTensor("t", values);
  const resizeProblem = (inputs: Inputs, attributes: Parameters<typeof node>[3] = []) =>
    problem("Resize", inputs, attributes, { opset: 18 });

  test("scales that are joined from constants, as PyTorch writes them", () => {
    const given = partsOf("Resize", [none, scales(1, 1, 2, 0.5)]);
    const parts: Parts = {
      ...given,
      initializers: [],
      nodes: [
        node("Constant", [], ["rows"], [tensorAttribute("value", floats("", 1, 1))]),
        node("Constant", [], ["sides"], [tensorAttribute("value", floats("", 2, 0.5))]),
        node("Concat", ["rows", "sides"], [scales().name], [intAttribute("axis", 0)]),
        ...given.nodes,
      ],
    };
    expect(predicted(parts)).toEqual(predicted(given));
  });

  test("scales of a file, and its sizes, are told alike", () => {
    const by = importOnnx(bytes(partsOf("Resize", [none, scales(1, 1, 2, 0.5)]))).graph.nodes;
    expect(by[0]!.attributes).toMatchObject({ sizes: ["N", 2, 6, 2], scales: [1, 1, 2, 0.5] });
    const to = partsOf("Resize", [none, none, sizes(1, 2, 6, 2)], [], {
      shape: [1, 2, 3, 4],
    });
    expect(importOnnx(bytes(to)).graph.nodes[0]!.attributes).toEqual(by[0]!.attributes);
  });

  test("Upsample takes its scales from an attribute before opset 9", () => {
    const parts = partsOf("Upsample", [], [], { opset: 8 });
    parts.nodes[0]!.attribute.push({
      ...floatAttribute("scales", 0),
      type: 6,
      floats: [1, 1, 2, 2],
    });
    expect(predicted(parts).shape).toEqual([2, 2, 6, 8]);
    expect(problem("Upsample", [], [], { opset: 8 })).toContain("it has no scales");
  });

  test("scales in two lists, as PyTorch writes them if it folds nothing", () => {
    const { nodes, ...parts } = partsOf("Resize", [none, scales(1)]);
    const list = (name: string, value: number) =>
      node("Constant", [], [name], [tensorAttribute("value", floats(name, value, value))]);
    const concat = node("Concat", ["one", "two"], ["s"], [intAttribute("axis", 0)]);
    const given = { ...parts, nodes: [list("one", 1), list("two", 2), concat, ...nodes] };
    expect(predicted({ ...given, initializers: [] }).shape).toEqual([2, 2, 6, 8]);
  });

  test("nothing to do is nothing done", () => {
    expect(predicted(partsOf("Resize", [none, scales(1, 1, 1, 1)])).data).toEqual(counting(48));
  });

  test("what is refused", () => {
    expect(resizeProblem([none, scales(2, 1, 1, 1)])).toContain("moves or mixes the batch N");
    expect(resizeProblem([none, scales(1, 1, 2)])).toContain("3 scales for 4 axes");
    expect(resizeProblem([none, scales(1, 1, 0, 1)])).toContain("an axis of 3 resized by 0 to 0");
    expect(resizeProblem([none, scales(1, 1, -1, 1)])).toContain("resized by -1 to -3");
    expect(resizeProblem([none, scales(1, 1, Number.NaN, 1)])).toContain("resized by NaN");
    expect(resizeProblem([none, scales(1, 1, 0.3, 1)])).toContain("an axis of 3 resized by");
    expect(resizeProblem([none, scales(1, 1, 1e30, 1)])).toContain("where 1048576 are the most");
    expect(resizeProblem([none, scales(1, 1, 1, Number.POSITIVE_INFINITY)])).toContain("Infinity");
    expect(resizeProblem([none, none, sizes(1, 1)])).toContain("2 sizes for 4 axes");
    expect(resizeProblem([none, none, none])).toContain("input 4 is missing");
    const mode = (name: string, value: string) => [stringAttribute(name, value)];
    const whole = [none, scales(1, 1, 1, 1)];
    expect(resizeProblem(whole, mode("mode", "area"))).toContain("mode is 'area', not nearest");
    expect(resizeProblem(whole, mode("nearest_mode", "up"))).toContain("nearest_mode is 'up'");
    const crop = mode("coordinate_transformation_mode", "tf_crop_and_resize");
    expect(resizeProblem(whole, crop)).toContain("a roi of 0 numbers for 4 axes");
    const parts = partsOf("Resize", whole);
    const roi = node("Resize", ["x", "x", "s"], ["y"], crop);
    expect(() => importOnnx(bytes({ ...parts, nodes: [roi] }))).toThrow(
      "its roi is not a constant",
    );
  });
});
