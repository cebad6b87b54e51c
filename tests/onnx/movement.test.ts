import type { TensorProto } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { StropError } from "../../src/errors.js";
import { inferShapes } from "../../src/graph/infer.js";
import { listParameters } from "../../src/graph/parameters.js";
import { unview } from "../../src/graph/view.js";
import { importOnnx } from "../../src/onnx/import.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import {
  bytes,
  counting,
  floatTensor,
  info,
  intAttribute,
  intTensor,
  node,
  type Parts,
  stringAttribute,
  tensorAttribute,
  weight,
} from "./model.js";

type Attributes = NonNullable<Parameters<typeof node>[3]>;
type Axes = readonly (number | "N")[];

/** One op on x, whose further inputs are the given vectors of whole numbers. */
function one(
  op: string,
  x: Axes,
  vectors: readonly (readonly number[])[],
  attributes: Attributes = [],
  opset = 17,
): Parts {
  const names = vectors.map((_, i) => `v${i}`);
  return {
    nodes: [node(op, ["x", ...names], ["y"], attributes)],
    initializers: vectors.map((values, i) => intTensor(`v${i}`, values)),
    inputs: [info("x", x)],
    outputs: [info("y", x)],
    opset,
  };
}

/** The sentence with which it is refused. */
function refusal(parts: Parts): string {
  try {
    importOnnx(bytes(parts));
  } catch (error) {
    if (error instanceof StropError) return error.message;
    throw error;
  }
  return "";
}

const graphOf = (parts: Parts) => importOnnx(bytes(parts)).graph;
const opsOf = (parts: Parts) => graphOf(parts).nodes.map(({ op }) => op);
const axis = (value: number) => intAttribute("axis", value);
const halves = (x: Axes, ...attributes: Attributes): Parts => {
  const parts = one("Split", x, [], attributes);
  return { ...parts, nodes: [node("Split", ["x"], ["y", "z"], attributes)] };
};

describe("refused", () => {
  const x = ["N", 4, 6];
  const cases: readonly (readonly [name: string, parts: Parts, problem: string])[] = [
    [
      "Slice of rows",
      one("Slice", ["N", 4], [[1], [9]]),
      "rows 1 to 9 in steps of 1 are not the batch N",
    ],
    [
      "Slice of the batch backwards",
      one("Slice", ["N", 4], [[-1], [-9], [0], [-1]]),
      "in steps of -1 are not the batch N",
    ],
    [
      "Slice of an axis that is not there",
      one("Slice", ["N", 4], [[0], [1], [2]]),
      "axis 2 of an input of shape [N, 4]",
    ],
    [
      "Slice of one axis twice",
      one(
        "Slice",
        ["N", 4],
        [
          [0, 0],
          [1, 1],
          [1, -1],
        ],
      ),
      "axis 1 is there twice",
    ],
    [
      "Slice in steps of 0",
      one("Slice", ["N", 4], [[0], [1], [1], [0]]),
      "a step of 0 along axis 1",
    ],
    [
      "Slice of nothing",
      one("Slice", ["N", 4], [[3], [1], [1]]),
      "it leaves nothing of axis 1 of [N, 4]",
    ],
    [
      "Slice with fewer ends",
      one("Slice", ["N", 4], [[0, 0], [1]]),
      "starts, ends, axes and steps are 2, 1, 2, 2 numbers",
    ],
    [
      "Slice without ends",
      one("Slice", ["N", 4], [], [intAttribute("starts", [0])], 9),
      "starts or ends are missing",
    ],
    [
      "Concat along the batch",
      { ...one("Concat", ["N", 4], []), nodes: [node("Concat", ["x", "x"], ["y"], [axis(0)])] },
      "moves or mixes the batch N",
    ],
    [
      "Concat without an axis",
      { ...one("Concat", ["N", 4], []), nodes: [node("Concat", ["x", "x"], ["y"])] },
      "axis is missing",
    ],
    [
      "Concat of other shapes",
      {
        ...one("Concat", ["N", 4, 2], []),
        nodes: [node("Concat", ["x", "w"], ["y"], [axis(1)])],
        initializers: [weight("w", 1, 4, 2)],
      },
      "[N, 4, 2] and [1, 4, 2] differ in another axis than 1",
    ],
    ["Split between rows", halves(x as Axes), "axis 0 of [N, 4, 6], the batch, cannot be split"],
    [
      "Split in parts that do not fit",
      halves(x as Axes, axis(1), intAttribute("num_outputs", 3)),
      "3 equal parts from axis 1",
    ],
    ["Split of an odd axis", halves(["N", 5], axis(1)), "2 equal parts from axis 1 of [N, 5]"],
    [
      "Split with a part below 0",
      {
        ...halves(x as Axes),
        nodes: [node("Split", ["x"], ["y", "z"], [axis(1), intAttribute("split", [-1, 5])])],
        opset: 11,
      },
      "2 parts of [-1,5] from axis 1",
    ],
    [
      "Expand to what does not fit",
      one("Expand", ["N", 4], [[1, 3]]),
      "[N, 4] cannot be repeated to [1, 3]",
    ],
    [
      "Expand of the batch",
      one("Expand", ["N", 4], [[5, 4]]),
      "[N, 4] cannot be repeated to [5, 4]",
    ],
    ["Expand beyond all bounds", one("Expand", ["N", 1], [[1, 2 ** 31 - 1]]), "is too large"],
    [
      "Tile of the batch",
      one("Tile", ["N", 4], [[2, 1]]),
      "the rows of the batch N are repeated 2 times",
    ],
    ["Tile 0 times", one("Tile", ["N", 4], [[1, 0]]), "repeats [1,0] of an input of shape [N, 4]"],
    [
      "Tile with fewer repeats",
      one("Tile", ["N", 4], [[1]]),
      "repeats [1] of an input of shape [N, 4]",
    ],
    ["Tile beyond all bounds", one("Tile", ["N", 4], [[1, 2 ** 30]]), "is too large"],
    ["DepthToSpace without a blocksize", one("DepthToSpace", ["N", 4, 1, 1], []), "blocksize is 0"],
    [
      "DepthToSpace of odd channels",
      one("DepthToSpace", ["N", 6, 1, 1], [], [intAttribute("blocksize", 2)]),
      "6 channels are no whole number of blocks of 4",
    ],
    [
      "DepthToSpace in another mode",
      one(
        "DepthToSpace",
        ["N", 4, 1, 1],
        [],
        [intAttribute("blocksize", 2), stringAttribute("mode", "RGB")],
      ),
      "mode is 'RGB'",
    ],
    [
      "SpaceToDepth of odd columns",
      one("SpaceToDepth", ["N", 1, 2, 3], [], [intAttribute("blocksize", 2)]),
      "3 columns are no whole number of blocks of 2",
    ],
    [
      "SpaceToDepth of a signal",
      one("SpaceToDepth", ["N", 1, 2], [], [intAttribute("blocksize", 2)]),
      "an input of shape [N, 1, 2] is no image",
    ],
    [
      "a second output of an op that makes one",
      {
        ...one("Dropout", ["N", 4], []),
        nodes: [node("Dropout", ["x"], ["h", "mask"]), node("Add", ["h", "mask"], ["y"])],
      },
      "its output 2, 'mask', is used",
    ],
  ];

  test.each(cases)("%s", (_, parts, problem) => {
    expect(refusal(parts)).toContain(problem);
  });
});

describe("what is all of its input is no op", () => {
  test.each([
    [
      "Slice",
      one(
        "Slice",
        ["N", 4],
        [
          [0, 0],
          [2 ** 31 - 1, 4],
        ],
      ),
    ],
    ["Slice of a file made for one row", one("Slice", [1, 4], [[0], [1], [0]])],
    [
      "Concat of one",
      { ...one("Concat", ["N", 4], []), nodes: [node("Concat", ["x"], ["y"], [axis(1)])] },
    ],
    ["Expand to its own shape", one("Expand", ["N", 4], [[1, 4]])],
    ["Tile once", one("Tile", ["N", 4], [[1, 1]])],
  ])("%s", (_, parts) => {
    for (const one of parts.nodes) one.input = one.input.map((name) => (name === "x" ? "r" : name));
    const nodes = [node("Relu", ["x"], ["r"]), ...parts.nodes];
    expect(opsOf({ ...parts, nodes })).toEqual(["Relu"]);
  });
});

describe("shape arithmetic", () => {
  test("sizes sliced backwards, split and joined", () => {
    const graph = graphOf({
      nodes: [
        node("Shape", ["x"], ["s"]),
        node("Slice", ["s", "last", "first", "zero", "back"], ["turned"]),
        node("Split", ["s"], ["a", "b"], [axis(0)]),
        node("Concat", ["a", "turned"], ["shape"], [axis(0)]),
        node("Reshape", ["x", "shape"], ["y"]),
      ],
      initializers: [
        intTensor("last", [-1]),
        intTensor("first", [1]),
        intTensor("zero", [0]),
        intTensor("back", [-1]),
      ],
      inputs: [info("x", ["N", 6, 4, 1])],
      outputs: [info("y", ["N", 6, 1, 4])],
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Reshape"]);
    expect(inferShapes(graph).get("y")!.shape).toEqual(["N", 6, 1, 4]);
  });

  test("x[:x.size(0)] is all of the batch", () => {
    const graph = graphOf({
      nodes: [
        node("Shape", ["x"], ["s"]),
        node("Slice", ["s", "zero", "one"], ["rows"]),
        node("Slice", ["x", "zero", "rows", "zero"], ["h"]),
        node("Relu", ["h"], ["y"]),
      ],
      initializers: [intTensor("zero", [0]), intTensor("one", [1])],
      inputs: [info("x", ["N", 6])],
      outputs: [info("y", ["N", 6])],
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Relu"]);
  });

  test("a matrix is none", () => {
    const parts = one("Concat", ["N", 4], []);
    const nodes = [
      node("Reshape", ["v", "to"], ["m"]),
      node("Concat", ["m", "v"], ["y"], [axis(0)]),
    ];
    const initializers = [intTensor("v", [1]), intTensor("to", [])];
    expect(refusal({ ...parts, nodes, initializers })).toContain("where a vector is needed");
  });
});

describe("what expand and repeat are written as", () => {
  const [one, minusOne] = [intTensor("one", [1]), intTensor("minusOne", [-1])];
  const filled = (name: string, value: TensorProto) =>
    node("ConstantOfShape", [name], ["filled"], [tensorAttribute("value", value)]);

  test("x.expand(n, -1, -1): Where(shape == -1, 1, shape), of which nothing stays", () => {
    const parts: Parts = {
      nodes: [
        node("Shape", ["x"], ["s"]),
        node("Slice", ["s", "zero", "one"], ["rows"]),
        node("Concat", ["rows", "minusOne", "minusOne"], ["shape"], [axis(0)]),
        node("Shape", ["shape"], ["rank"]),
        filled("rank", one),
        node("Mul", ["filled", "minusOne"], ["kept"]),
        node("Equal", ["shape", "kept"], ["isKept"]),
        node("Where", ["isKept", "filled", "shape"], ["target"]),
        node("Expand", ["token", "target"], ["tokens"]),
        node("Concat", ["tokens", "x"], ["y"], [axis(1)]),
      ],
      initializers: [intTensor("zero", [0]), one, minusOne, weight("token", 1, 1, 2)],
      inputs: [info("x", ["N", 3, 2])],
      outputs: [info("y", ["N", 4, 2])],
    };
    const graph = graphOf(parts);
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Expand", "Concat"]);
    expect(graph.nodes[0]!.attributes).toEqual({ shape: ["N", 1, 2] });
  });

  const compared = (...nodes: Parts["nodes"]): Parts => ({
    nodes: [node("Shape", ["x"], ["s"]), ...nodes, node("Reshape", ["x", "to"], ["y"])],
    initializers: [one, intTensor("three", [1, 2, 3])],
    inputs: [info("x", ["N", 4])],
    outputs: [info("y", ["N", 4])],
  });

  test.each([
    [
      "the batch compared",
      [node("Equal", ["s", "one"], ["to"])],
      "whether the batch is 1 is not known",
    ],
    [
      "vectors of other lengths",
      [node("Equal", ["s", "three"], ["to"])],
      "whole numbers of the shapes [2], [3]",
    ],
    [
      "a choice between values",
      [node("Where", ["one", "x", "x"], ["to"])],
      "what it chooses from is not a constant",
    ],
  ])("%s is refused", (_, nodes, problem) => {
    expect(refusal(compared(...nodes))).toContain(problem);
  });
});

describe("several outputs of a Split", () => {
  test("each used one is a Slice of its own; what nobody reads is nothing", () => {
    const parts: Parts = {
      nodes: [node("Split", ["x"], ["a", "b", "c"], [axis(1)]), node("Mul", ["c", "a"], ["y"])],
      inputs: [info("x", ["N", 6])],
      outputs: [info("y", ["N", 2])],
    };
    const graph = graphOf(parts);
    expect(graph.nodes.map(({ name, op }) => [name, op])).toEqual([
      ["split/0", "Slice"],
      ["split/2", "Slice"],
      ["mul", "Mul"],
    ]);
    expect([...evaluateNaively(graph, 1, counting(6))]).toEqual([5, 12]);
  });
});

describe("SplitToSequence and SequenceAt", () => {
  const number = (name: string, value: number) => ({ ...intTensor(name, [value]), dims: [] });
  const parts = (
    split: NonNullable<Parts["initializers"]>,
    attributes: Attributes = [],
  ): Parts => ({
    nodes: [
      node("SplitToSequence", ["x", ...split.map(({ name }) => name)], ["s"], attributes),
      node("SequenceAt", ["s", "last"], ["a"]),
      node("SequenceAt", ["s", "first"], ["b"]),
      node("Mul", ["a", "b"], ["y"]),
    ],
    initializers: [...split, number("first", 0), number("last", -1)],
    inputs: [info("x", ["N", 6])],
    outputs: [info("y", ["N", 2])],
  });
  const product = (given: Parts) => [...evaluateNaively(graphOf(given), 1, counting(6))];

  test("parts of given sizes, of one size, and of one element", () => {
    expect(product(parts([intTensor("split", [2, 2, 2])], [axis(1)]))).toEqual([5, 12]);
    expect(product(parts([number("split", 2)], [axis(-1)]))).toEqual([5, 12]);
    expect(product(parts([intTensor("split", [3, 0, 3])], [axis(1)]))).toEqual([4, 10, 18]);
    expect(product(parts([], [axis(1)]))).toEqual([6]);
    expect(inferShapes(graphOf(parts([], [axis(1)]))).get("y")!.shape).toEqual(["N", 1]);
    const flat = parts([], [axis(1), intAttribute("keepdims", 0)]);
    expect(inferShapes(graphOf(flat)).get("y")!.shape).toEqual(["N"]);
  });

  test("what nobody takes out is nothing", () => {
    expect(opsOf(parts([intTensor("split", [2, 2, 2])], [axis(1)]))).toEqual([
      "Slice",
      "Slice",
      "Mul",
    ]);
  });

  test("the sizes as PyTorch computes them for chunk: (6 + 1) / 2, and what is left", () => {
    const given = parts([], [axis(1)]);
    const [split, ...others] = given.nodes;
    split!.input = ["x", "sizes"];
    const chunk: Parts = {
      ...given,
      nodes: [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "one"], ["size"]),
        node("Add", ["size", "ones"], ["more"]),
        node("Div", ["more", "two"], ["part"]),
        node("Expand", ["part", "ones"], ["parts"]),
        node("Mul", ["part", "ones"], ["before"]),
        node("Sub", ["size", "before"], ["rest"]),
        node("Concat", ["parts", "rest"], ["sizes"], [axis(0)]),
        split!,
        ...others,
      ],
      initializers: [
        ...given.initializers!,
        number("one", 1),
        number("two", 2),
        intTensor("ones", [1]),
      ],
    };
    expect(product(chunk)).toEqual([4, 10, 18]);
  });

  test.each([
    ["along the batch", parts([], [axis(0)]), "axis 0 of [N, 6], the batch, cannot be split"],
    ["in parts that do not fit", parts([intTensor("split", [2, 3])], [axis(1)]), "[2,3] from"],
    ["in parts of nothing", parts([number("split", 0)], [axis(1)]), "parts of 0 from axis 1"],
    [
      "in too many",
      { ...parts([], [axis(1)]), inputs: [info("x", ["N", 65])] },
      "65 parts from axis 1",
    ],
    [
      "and a place behind its end",
      {
        ...parts([number("split", 6)], [axis(1)]),
        initializers: [number("split", 6), number("first", 1), number("last", -1)],
      },
      "position 1 of 1 values",
    ],
    ["and an empty part", parts([intTensor("split", [2, 4, 0])], [axis(1)]), "no elements"],
    [
      "of whole numbers",
      { ...parts([], []), nodes: [node("SplitToSequence", ["first"], ["y"])] },
      "whole numbers cannot be split into a sequence",
    ],
    [
      "and another op that reads it",
      { ...parts([]), nodes: [node("SequenceAt", ["x", "first"], ["y"])] },
      "its sequence is not that of a SplitToSequence",
    ],
  ] as readonly (readonly [string, Parts, string])[])("%s", (_, given, problem) => {
    expect(refusal(given)).toContain(problem);
  });
});

describe("whole numbers", () => {
  test("that are repeated make a short vector", () => {
    const given = (...shape: number[]): Parts => ({
      nodes: [
        node("Expand", ["v", "to"], ["sides"]),
        node("Concat", ["rows", "sides"], ["shape"], [axis(0)]),
        node("Reshape", ["x", "shape"], ["y"]),
      ],
      initializers: [intTensor("v", [2]), intTensor("to", shape), intTensor("rows", [-1])],
      inputs: [info("x", ["N", 4])],
      outputs: [info("y", ["N", 2, 2])],
    });
    expect(inferShapes(graphOf(given(2))).get("y")!.shape).toEqual(["N", 2, 2]);
    expect(refusal(given(65))).toContain("whole numbers are repeated to [65]");
    expect(refusal(given(2, 2))).toContain("whole numbers are repeated to [2,2]");
  });
});

describe("weights", () => {
  const product = (w: string) => node("Gemm", ["x", w], ["y"], [intAttribute("transB", 1)]);
  const given = (nodes: Parts["nodes"], shape: readonly number[], out: number): Parts => ({
    nodes: [...nodes, product("joined")],
    initializers: [weight("w", ...shape)],
    inputs: [info("x", ["N", 2])],
    outputs: [info("y", ["N", out])],
  });

  test("gates in another order are a view: the ops are gone, and the way back is known", () => {
    const parts = given(
      [
        node("Split", ["w"], ["i", "f", "g", "o"], [axis(1)]),
        node("Concat", ["i", "o", "f", "g"], ["wide"], [axis(1)]),
        node("Transpose", ["wide"], ["joined"]),
      ],
      [2, 4],
      4,
    );
    const graph = graphOf(parts);
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Gemm"]);
    const w = graph.initializers.get("w")!;
    expect([...w.data]).toEqual([1, 5, 4, 8, 2, 6, 3, 7]);
    expect([...unview(w, w.data as Float32Array)]).toEqual([...counting(8)]);
    expect(listParameters(graph)).toEqual([
      { name: "w", shape: [2, 4], role: "parameter", node: "gemm" },
    ]);
  });

  test("rows backwards are a view", () => {
    const parts = given(
      [node("Slice", ["w", "last", "first", "axes", "back"], ["joined"])],
      [3, 2],
      3,
    );
    const vectors = [
      intTensor("last", [-1]),
      intTensor("first", [-4]),
      intTensor("axes", [0]),
      intTensor("back", [-1]),
    ];
    const graph = graphOf({ ...parts, initializers: [...parts.initializers!, ...vectors] });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Gemm"]);
    expect([...graph.initializers.get("w")!.data]).toEqual([5, 6, 3, 4, 1, 2]);
  });

  test.each([
    ["a part alone", [node("Split", ["w"], ["joined", "rest"], [axis(0)])], 2],
    [
      "a part twice",
      [
        node("Split", ["w"], ["a", "b"], [axis(0)]),
        node("Concat", ["a", "a"], ["joined"], [axis(0)]),
      ],
      4,
    ],
    [
      "the whole beside a part",
      [
        node("Split", ["w"], ["a", "b"], [axis(0)]),
        node("Concat", ["a", "b", "w"], ["joined"], [axis(0)]),
      ],
      8,
    ],
  ])("%s is none, but the weight is found behind it", (_, nodes, out) => {
    const graph = graphOf(given(nodes, [4, 2], out));
    expect(graph.nodes.some(({ op }) => op === "Slice")).toBe(true);
    const [w] = listParameters(graph);
    expect(w).toMatchObject({ name: "w", shape: [4, 2], role: "parameter", node: "gemm" });
  });

  test("two uses of what is joined are no view either", () => {
    const parts = given(
      [
        node("Split", ["w"], ["a", "b"], [axis(0)]),
        node("Concat", ["b", "a"], ["joined"], [axis(0)]),
        node("Gemm", ["x", "a"], ["z"], [intAttribute("transB", 1)], "other"),
      ],
      [4, 2],
      4,
    );
    const graph = graphOf({ ...parts, outputs: [info("y", ["N", 4]), info("z", ["N", 2])] });
    expect(graph.nodes.map(({ op }) => op)).toContain("Concat");
  });

  test("two weights joined are parameters both; so is a token joined with rows, but not zeros", () => {
    const initializers = [weight("u", 3, 2), weight("w", 1, 2)];
    const both = graphOf({
      ...given([node("Concat", ["u", "w"], ["joined"], [axis(0)])], [1], 4),
      initializers,
    });
    expect(listParameters(both).map(({ name, role }) => [name, role])).toEqual([
      ["u", "parameter"],
      ["w", "parameter"],
    ]);
    const beside = graphOf({
      nodes: [node("Concat", ["token", "x", "zeros"], ["y"], [axis(1)])],
      initializers: [weight("token", 1, 2), floatTensor("zeros", [1, 3], new Float32Array(3))],
      inputs: [info("x", [1, 2])],
      outputs: [info("y", [1, 7])],
    });
    expect(listParameters(beside)).toMatchObject([
      { name: "token", role: "parameter" },
      { name: "zeros", role: "constant" },
    ]);
  });
});
