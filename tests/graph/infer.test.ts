import { describe, expect, test } from "vitest";
import { StropError } from "../../src/errors.js";
import type { Initializer, Layout, Node, OpAttributes, Shape } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { convolution, dense, graph, node, normalization, pooling, weight } from "./graphs.js";

function shapeOf(x: Shape, y: Node, ...initializers: Initializer[]): Shape {
  return inferShapes(graph(x, [y], initializers)).get("y")!.shape;
}

function problem(x: Shape, y: Node, ...initializers: Initializer[]): string {
  try {
    shapeOf(x, y, ...initializers);
  } catch (error) {
    if (error instanceof StropError) return error.message;
    throw error;
  }
  return "";
}

const reshape = (...shape: (number | "N")[]) =>
  node("Reshape", ["x"], "y", { shape, allowZero: false });

describe("dense", () => {
  test("gemm, transposed or not", () => {
    const w = weight("w", 3, 4);
    const v = weight("w", 4, 3);
    const gemm = (transB: boolean) => node("Gemm", ["x", "w"], "y", { ...dense, transB });
    expect(shapeOf(["N", 4], gemm(true), w)).toEqual(["N", 3]);
    expect(shapeOf(["N", 4], gemm(false), v)).toEqual(["N", 3]);
  });

  test("gemm names node and both shapes when they do not multiply", () => {
    const gemm = node("Gemm", ["x", "w"], "y", dense);
    expect(problem(["N", 5], gemm, weight("w", 3, 4))).toBe(
      "node 'y' (Gemm): the shapes [N, 5] × [3, 4]ᵀ do not multiply.",
    );
    expect(problem(["N", 5, 5], gemm, weight("w", 3, 4))).toContain("needs two matrices");
  });

  test("gemm bias: a vector, a row, a scalar; not another length", () => {
    const gemm = node("Gemm", ["x", "w", "b"], "y", dense);
    for (const b of [weight("b", 3), weight("b", 1, 3), weight("b"), weight("b", 1)]) {
      expect(shapeOf(["N", 4], gemm, weight("w", 3, 4), b)).toEqual(["N", 3]);
    }
    expect(problem(["N", 4], gemm, weight("w", 3, 4), weight("b", 4))).toContain(
      "a bias of shape [4] does not fit the output [N, 3]",
    );
  });

  test("matmul over matrices and over steps", () => {
    const matMul = node("MatMul", ["x", "w"], "y", {});
    expect(shapeOf(["N", 4], matMul, weight("w", 4, 3))).toEqual(["N", 3]);
    expect(shapeOf(["N", 7, 4], matMul, weight("w", 4, 3))).toEqual(["N", 7, 3]);
    expect(problem(["N", 4], matMul, weight("w", 3, 4))).toContain("[N, 4] × [3, 4]");
    expect(problem(["N", 4], matMul, weight("w", 2, 4, 3))).toContain("do not multiply");
    expect(problem(["N", 4], matMul, weight("w", 4))).toContain("do not multiply");
  });
});

describe("image", () => {
  const conv = (more = {}) => node("Conv", ["x", "w"], "y", { ...convolution, ...more });

  test("conv: stride, pads, dilation, groups, both layouts", () => {
    const x = ["N", 4, 9, 8] as const;
    expect(shapeOf(x, conv(), weight("w", 6, 4, 3, 3))).toEqual(["N", 6, 7, 6]);
    expect(shapeOf(x, conv({ strides: [2, 1] }), weight("w", 6, 4, 3, 3))).toEqual(["N", 6, 4, 6]);
    const pads = { pads: [1, 0, 2, 1] };
    expect(shapeOf(x, conv(pads), weight("w", 6, 4, 3, 3))).toEqual(["N", 6, 10, 7]);
    const dilated = { dilations: [2, 3] };
    expect(shapeOf(x, conv(dilated), weight("w", 6, 4, 3, 3))).toEqual(["N", 6, 5, 2]);
    expect(shapeOf(x, conv({ group: 4 }), weight("w", 8, 1, 3, 3))).toEqual(["N", 8, 7, 6]);
    const nhwc = conv({ layout: "NHWC" });
    expect(shapeOf(["N", 9, 8, 4], nhwc, weight("w", 3, 3, 4, 6))).toEqual(["N", 7, 6, 6]);
  });

  test("conv refuses what does not fit", () => {
    const x = ["N", 4, 9, 8] as const;
    expect(problem(x, conv(), weight("w", 6, 3, 3, 3))).toContain("does not fit a weight");
    expect(problem(x, conv({ group: 3 }), weight("w", 6, 4, 3, 3))).toContain("in 3 groups");
    expect(problem(x, conv(), weight("w", 6, 4, 5, 5))).toContain("kernel_shape [3, 3]");
    expect(problem(["N", 4, 2, 2], conv(), weight("w", 6, 4, 3, 3))).toContain("reaches over 3");
    expect(problem(["N", 4, 9], conv(), weight("w", 6, 4, 3))).toContain("only 2-D");
    const biased = node("Conv", ["x", "w", "b"], "y", convolution);
    expect(problem(x, biased, weight("w", 6, 4, 3, 3), weight("b", 4))).toContain(
      "a bias of shape",
    );
  });

  test("convTranspose: stride, pads, dilation, groups, output padding, both layouts", () => {
    const transposed = (more = {}) =>
      node("ConvTranspose", ["x", "w"], "y", { ...convolution, outputPadding: [0, 0], ...more });
    const x = ["N", 4, 5, 3] as const;
    const w = weight("w", 4, 6, 3, 3);
    expect(shapeOf(x, transposed(), w)).toEqual(["N", 6, 7, 5]);
    expect(shapeOf(x, transposed({ strides: [2, 3] }), w)).toEqual(["N", 6, 11, 9]);
    expect(shapeOf(x, transposed({ pads: [1, 0, 2, 1] }), w)).toEqual(["N", 6, 4, 4]);
    expect(shapeOf(x, transposed({ outputPadding: [1, 2] }), w)).toEqual(["N", 6, 8, 7]);
    expect(shapeOf(x, transposed({ dilations: [2, 3] }), w)).toEqual(["N", 6, 9, 9]);
    expect(shapeOf(x, transposed({ group: 2 }), w)).toEqual(["N", 12, 7, 5]);
    const nhwc = transposed({ layout: "NHWC", group: 2 });
    expect(shapeOf(["N", 5, 3, 4], nhwc, weight("w", 3, 3, 6, 4))).toEqual(["N", 7, 5, 12]);
    expect(problem(x, transposed(), weight("w", 5, 6, 3, 3))).toContain("does not fit a weight");
    expect(problem(x, transposed({ group: 3 }), w)).toContain("in 3 groups");
    expect(problem(x, transposed({ pads: [4, 0, 4, 0] }), w)).toContain(
      "leave nothing of an image",
    );
  });

  test("pools: floor, or with ceilMode what begins in the image", () => {
    const shapes = (x: Shape, of: Partial<OpAttributes["AveragePool"]>) =>
      (["MaxPool", "AveragePool"] as const).map((op) =>
        shapeOf(x, node(op, ["x"], "y", { ...pooling, ...of })),
      );
    const twice = (shape: Shape) => [shape, shape];
    expect(shapes(["N", 3, 7, 6], {})).toEqual(twice(["N", 3, 3, 3]));
    expect(shapes(["N", 7, 6, 3], { layout: "NHWC" })).toEqual(twice(["N", 3, 3, 3]));
    const ceilMode = true;
    expect(shapes(["N", 3, 7, 6], { ceilMode })).toEqual(twice(["N", 3, 4, 3]));
    // As PyTorch: a fourth column would begin behind the image, and a row may begin in front of it.
    expect(shapes(["N", 3, 2, 6], { ceilMode, kernelShape: [3, 1], strides: [2, 3] })).toEqual(
      twice(["N", 3, 1, 2]),
    );
    expect(shapes(["N", 3, 1, 5], { ceilMode, pads: [1, 1, 1, 1] })).toEqual(twice(["N", 3, 1, 3]));
    expect(shapes(["N", 3, 7, 6], { dilations: [3, 1], pads: [2, 0, 0, 1] })).toEqual(
      twice(["N", 3, 3, 3]),
    );
  });

  test.each([
    [{ kernelShape: [8, 2] }, "a kernel that reaches over 8 does not fit the padded image"],
    [
      { pads: [2, 0, 0, 0] },
      "a kernel that reaches over 2 lies in the padding alone with pads [2,",
    ],
    [{ pads: [0, 0, 0, 2] }, "lies in the padding alone"],
    [
      { kernelShape: [2 ** 31, 1], pads: [2 ** 31 - 1, 0, 2 ** 31 - 1, 0], strides: [1, 1] },
      "has too many positions",
    ],
  ] as const)("a pool with %j is refused", (of, message) => {
    const pool = node("MaxPool", ["x"], "y", { ...pooling, ...of } as OpAttributes["MaxPool"]);
    expect(problem(["N", 3, 7, 6], pool)).toContain(message);
    expect(problem(["N", 3], pool)).toContain("is no image");
  });

  test("batch-norm: channels are axis 1, or the last in NHWC", () => {
    const names = ["x", "s", "b", "m", "v"];
    const four = ["s", "b", "m", "v"].map((name) => weight(name, 4));
    const nchw = node("BatchNormalization", names, "y", normalization);
    const nhwc = node("BatchNormalization", names, "y", { ...normalization, layout: "NHWC" });
    expect(shapeOf(["N", 4, 3, 3], nchw, ...four)).toEqual(["N", 4, 3, 3]);
    expect(shapeOf(["N", 3, 3, 4], nhwc, ...four)).toEqual(["N", 3, 3, 4]);
    expect(shapeOf(["N", 4], nchw, ...four)).toEqual(["N", 4]);
    expect(problem(["N", 5], nchw, ...four)).toContain("scale of shape [4] does not fit the 5");
    expect(problem(["N"], nchw, ...four)).toContain("no channels");
  });

  test("group-norm: scale and bias are of channels or of groups, or not there", () => {
    const norm = (numGroups: number, layout: Layout, ...parameters: string[]) =>
      node("GroupNormalization", ["x", ...parameters], "y", { numGroups, epsilon: 1, layout });
    const weights = [weight("c", 6), weight("g", 2), weight("v", 3)];
    const shapeOfNorm = (shape: Shape, one: Node) => shapeOf(shape, one, ...weights);
    const problemOf = (shape: Shape, one: Node) => problem(shape, one, ...weights);
    for (const parameters of [[], ["c", "c"], ["g", "g"], ["c", "g"]]) {
      const [first, last] = [norm(2, "NCHW", ...parameters), norm(2, "NHWC", ...parameters)];
      expect(shapeOfNorm(["N", 6, 3], first)).toEqual(["N", 6, 3]);
      expect(shapeOfNorm(["N", 4, 3, 6], last)).toEqual(["N", 4, 3, 6]);
      expect(shapeOfNorm(["N", 6], first)).toEqual(["N", 6]);
    }
    const image = ["N", 6, 3, 4] as const;
    expect(problemOf(image, norm(2, "NCHW", "v", "c"))).toContain(
      "scale of shape [3] does not fit",
    );
    expect(problemOf(image, norm(2, "NCHW", "c", "v"))).toContain("bias of shape [3] does not fit");
    expect(problemOf(image, norm(2, "NCHW", "c"))).toContain("input 3 is missing");
    expect(problemOf(image, norm(4, "NCHW"))).toContain("6 channels cannot be parted in 4 groups");
    expect(problemOf(image, norm(0, "NCHW"))).toContain("parted in 0 groups");
    expect(problemOf(image, norm(-2, "NCHW"))).toContain("parted in -2 groups");
    expect(problemOf(["N"], norm(1, "NCHW"))).toContain("no channels");
  });
});

describe("movement", () => {
  test.each([
    [
      ["N", 2, 3],
      [0, -1],
      ["N", 6],
    ],
    [
      ["N", 2, 3],
      [-1, 6],
      ["N", 6],
    ],
    [
      ["N", 2, 3],
      ["N", -1],
      ["N", 6],
    ],
    [
      ["N", 2, 3],
      ["N", 3, 2],
      ["N", 3, 2],
    ],
    [
      ["N", 2, 3],
      [-1, 0, 3, 1],
      ["N", 2, 3, 1],
    ],
    [["N"], [-1, 1], ["N", 1]],
    [["N", 1], [-1], ["N"]],
    [
      [2, 3],
      [3, -1],
      [3, 2],
    ],
    [[2, 3], [6], [6]],
  ] as const)("reshape %j to %j is %j", (x, shape, expected) => {
    expect(shapeOf(x, reshape(...shape))).toEqual(expected);
  });

  test.each([
    [["N", 2, 3], [-1], "moves or mixes the batch"],
    [["N", 2, 3], [6, -1], "moves or mixes the batch"],
    [["N", 2, 3], [-1, 3], "moves or mixes the batch"],
    [["N", 2, 3], [1, 6], "moves or mixes the batch"],
    [["N", 2, 3], [0, 5], "cannot take the shape"],
    [["N", 2, 3], [0, -1, -1], "cannot take the shape"],
    [["N", 2, 3], [0, -1, 4], "cannot take the shape"],
    [["N", 2, 3], [6, "N"], "cannot take the shape"],
    [["N", 2, 3], [0, -2], "a size of -2"],
    [["N", 2], [0, 2, 0], "copies axis 2"],
    [[2, 3], [4, -1], "cannot take the shape"],
  ] as const)("reshape %j to %j: %s", (x, shape, message) => {
    expect(problem(x, reshape(...shape))).toContain(message);
  });

  test("flatten keeps the batch", () => {
    const flatten = (axis: number) => node("Flatten", ["x"], "y", { axis });
    expect(shapeOf(["N", 2, 3], flatten(1))).toEqual(["N", 6]);
    expect(shapeOf(["N", 2, 3], flatten(-2))).toEqual(["N", 6]);
    expect(shapeOf(["N", 1, 3], flatten(2))).toEqual(["N", 3]);
    expect(shapeOf([2, 3, 4], flatten(2))).toEqual([6, 4]);
    expect(shapeOf([2, 3, 4], flatten(0))).toEqual([1, 24]);
    expect(problem(["N", 2, 3], flatten(0))).toContain("mixes the batch");
    expect(problem(["N", 2, 3], flatten(2))).toContain("mixes the batch");
    expect(problem(["N", 2, 3], flatten(4))).toContain("axis 4");
  });

  test("transpose keeps the batch in front", () => {
    const transpose = (...perm: number[]) => node("Transpose", ["x"], "y", { perm });
    expect(shapeOf(["N", 3, 4, 5], transpose(0, 2, 3, 1))).toEqual(["N", 4, 5, 3]);
    expect(problem(["N", 3], transpose(1, 0))).toContain("mixes the batch");
    expect(problem(["N", 3], transpose(0, 0))).toContain("perm [0, 0]");
    expect(problem(["N", 3], transpose(0))).toContain("perm [0]");
  });
});

describe("graph", () => {
  test("a value from nowhere names node and value", () => {
    expect(problem(["N", 3], node("Relu", ["z"], "y", {}))).toBe(
      "node 'y' (Relu): its input 'z' comes from nowhere.",
    );
    expect(() => inferShapes(graph(["N", 3], [], [], ["z"]))).toThrow("no node makes the output");
    expect(problem(["N", 3], node("Add", ["x", ""], "y", {}))).toContain("input 2 is missing");
  });

  test("softmax is over an axis, not over rows", () => {
    const softmax = (axis: number) => node("Softmax", ["x"], "y", { axis });
    expect(shapeOf(["N", 3], softmax(-1))).toEqual(["N", 3]);
    expect(problem(["N", 3], softmax(0))).toContain("a softmax over the rows");
    expect(problem(["N", 3], softmax(2))).toContain("axis 2");
  });

  test("layer-norm: scale and bias have the shape of the axes from `axis` on", () => {
    const layerNorm = (axis: number, ...inputs: string[]) =>
      node("LayerNormalization", ["x", ...inputs], "y", { axis, epsilon: 1e-5 });
    const weights = [weight("w", 3, 4), weight("v", 4)];
    const of = (one: Node) => inferShapes(graph(["N", 3, 4], [one], weights)).get("y")!.shape;
    expect(of(layerNorm(-1, "v", "v"))).toEqual(["N", 3, 4]);
    expect(of(layerNorm(1, "w"))).toEqual(["N", 3, 4]);
    expect(() => of(layerNorm(1, "v"))).toThrow("scale of shape [4] does not fit the axes [3, 4]");
    expect(() => of(layerNorm(2, "v", "w"))).toThrow("bias of shape [3, 4] does not fit");
    expect(() => of(layerNorm(0, "v"))).toThrow("a normalization over the rows");
    expect(() => of(layerNorm(3, "v"))).toThrow("axis 3");
  });
});
