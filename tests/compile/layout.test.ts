import { describe, expect, test } from "vitest";
import { fuseBias } from "../../src/compile/fuse.js";
import { layoutImages } from "../../src/compile/layout.js";
import type { Dim, Graph } from "../../src/graph/graph.js";
import { convNet, denseNet, GraphSketch } from "../helpers/graphs.js";
import { predictionError } from "../helpers/prediction-error.js";
import { TOLERANCES } from "../tolerances.js";

const opsOf = (graph: Graph) => graph.nodes.map(({ op }) => op);

function images(shape: readonly number[], build: (g: GraphSketch) => string): Graph {
  const g = new GraphSketch(["N", ...shape], 13);
  return g.end(build(g));
}

const flatToTwo = images([2, 5, 4], (g) => {
  const x = g.flatten(g.conv("x", "conv", 2, 3, { bias: true }));
  return g.add(g.gemm(x, "a", 18, 4), g.gemm(g.unary("Relu", x), "b", 18, 4, false));
});
const sharedWeight = images([2, 5, 4], (g) => {
  const x = g.flatten(g.unary("Relu", g.conv("x", "conv", 2, 3)));
  const w = g.weight("w", [18, 18]);
  const y = g.node("MatMul", [x, w], {});
  return g.node("MatMul", [g.unary("Tanh", y), w], {});
});
const residual = images([3, 5, 4], (g) => {
  const pads = [1, 1, 1, 1] as const;
  const x = g.unary("Relu", g.conv("x", "conv1", 3, 3, { pads }));
  const y = g.add(g.batchNorm(g.conv(x, "conv2", 3, 3, { pads }), "bn", 3), x);
  return g.add(g.add(y, g.weight("shift", [3, 1, 1])), g.weight("row", [4]));
});
const transposed = images([2, 5, 4], (g) => {
  const x = g.conv("x", "conv", 2, 3);
  return g.flatten(g.node("Transpose", [x], { perm: [0, 2, 1, 3] }));
});
const reshaped = images([2, 5, 4], (g) => {
  const x = g.conv("x", "conv", 2, 3);
  return g.node("Reshape", [x], { shape: [0, 9, 2], allowZero: false });
});
const squeezeExcite = images([3, 5, 4], (g) => {
  const x = g.node("PRelu", [g.conv("x", "conv", 3, 4), g.weight("slope", [4, 1, 1])], {});
  const mean = g.node("ReduceMean", [x], { axes: [2, 3], keepDims: true });
  const gate = g.node("HardSigmoid", [mean], { alpha: 0.2, beta: 0.5 });
  const y = g.node("Mul", [g.node("Mul", [x, gate], {}), g.weight("gain", [1, 4, 1, 1])], {});
  const pooled = g.node("ReduceMax", [y], { axes: [2, 3], keepDims: false });
  return g.gemm(pooled, "fc", 4, 3);
});
const reduced = (axes: readonly number[], keepDims: boolean) =>
  images([3, 5, 4], (g) => {
    const x = g.node("Softplus", [g.conv("x", "conv", 3, 2)], {});
    return g.node("Sqrt", [g.node("ReduceSum", [x], { axes, keepDims })], {});
  });
const batchNormFirst = images([3, 4, 4], (g) => g.batchNorm("x", "bn", 3));
const groupNorms = images([4, 5, 4], (g) => {
  const norm = (x: string, numGroups: number, ...parameters: number[]) => {
    const affine = parameters.map((n, i) => g.weight(`gn${numGroups}.${i}`, [n]));
    const attributes = { numGroups, epsilon: 0.1, layout: "NCHW" } as const;
    return g.node("GroupNormalization", [x, ...affine], attributes);
  };
  const x = norm(g.unary("Relu", norm(g.conv("x", "conv", 4, 6), 2, 6, 6)), 3, 3, 3);
  return g.flatten(norm(g.unary("Tanh", x), 6));
});
const flatAdd = images([2, 5, 4], (g) => {
  const x = g.flatten(g.conv("x", "conv", 2, 3));
  return g.add(x, g.weight("shift", [18]));
});
const upsampled = images([4, 3, 2], (g) => {
  const options = { strides: [2, 3], pads: [0, 1, 1, 0], dilations: [2, 1], bias: true } as const;
  const padded = { ...options, outputPadding: [1, 1], group: 2 } as const;
  const x = g.unary("Relu", g.convTranspose("x", "up", 4, 6, padded));
  const y = g.conv(x, "conv", 6, 4);
  const attributes = { kernelShape: [3, 3], strides: [1, 1], pads: [0, 0, 0, 0] } as const;
  const same = { dilations: [1, 1], group: 1, layout: "NCHW", outputPadding: [0, 0] } as const;
  return g.node("ConvTranspose", [y, "conv.weight"], { ...attributes, ...same });
});

const axisWise = images([3, 5, 4], (g) => {
  const x = g.unary("Tanh", g.conv("x", "conv", 3, 4, { bias: true }));
  const reflected = {
    mode: "reflect",
    value: 0,
    pads: [
      [0, 0],
      [0, 0],
      [1, 2],
      [0, 1],
    ],
  } as const;
  const padded = g.node("Pad", [x], reflected);
  const twice = g.resize(padded, { sizes: ["N", 4, 12, 6], scales: [1, 1, 2, 2], mode: "linear" });
  const mixed = g.node("Gather", [twice], { axis: 1, indices: [3, 1, 1] });
  const around = [
    [0, 0],
    [1, 0],
    [0, 1],
    [2, -1],
  ] as const;
  const framed = g.node("Pad", [mixed], { mode: "constant", value: -2, pads: around });
  return g.conv(framed, "last", 4, 2);
});

describe("predict equals the naive NCHW evaluation", () => {
  test.each([
    ["Conv, batch-norm, Relu, groups, Flatten, Gemm", convNet()],
    ["Flatten into two Gemms and a Relu", flatToTwo],
    ["Flatten into a weight used twice", sharedWeight],
    ["residual Add with [C, 1, 1] and [W]", residual],
    ["the user's own Transpose", transposed],
    ["Reshape to three axes", reshaped],
    ["batch-norm of the input", batchNormFirst],
    ["group-norm per channel, per group and without scale", groupNorms],
    ["Add behind Flatten", flatAdd],
    ["squeeze and excite, PRelu per channel", squeezeExcite],
    ["ConvTranspose by the weight of a Conv, and one in groups", upsampled],
    ["Pad, Resize and Gather between convolutions", axisWise],
    ["dense", denseNet()],
  ])("%s", (_, graph) => {
    expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
    expect(predictionError(graph, 1)).toBeLessThan(TOLERANCES.f32Rounding);
  });
});

describe("a sum over an image equals the naive NCHW evaluation", () => {
  test.each([[[1]], [[2]], [[3]], [[1, 2]], [[1, 3]], [[2, 3]], [[1, 2, 3]]])("axes %j", (axes) => {
    for (const keepDims of [true, false]) {
      expect(predictionError(reduced(axes, keepDims))).toBeLessThan(TOLERANCES.f32Rounding);
    }
  });
});

describe("Transposes", () => {
  const transposes = (graph: Graph) =>
    opsOf(layoutImages(graph)).filter((op) => op === "Transpose").length;

  test("one at the front, none before Flatten and Gemm", () => {
    expect(transposes(convNet())).toBe(1);
  });
  test("none for one channel: the same bytes", () => {
    const grey = images([1, 5, 4], (g) => g.flatten(g.conv("x", "conv", 1, 1)));
    expect(transposes(grey)).toBe(0);
  });
  test("one to come back where the weight has a second use", () => {
    expect(transposes(sharedWeight)).toBe(2);
  });
  test("none but the first around a squeeze and excite: means, gates and maxima lie as the image", () => {
    expect(transposes(squeezeExcite)).toBe(1);
  });
  test("none behind a reduction whose result has ONNX's order all the same", () => {
    for (const axes of [[1], [1, 2], [2, 3]]) expect(transposes(reduced(axes, false))).toBe(1);
    expect(transposes(reduced([2], false))).toBe(2);
  });
  test("none between the layers of a residual block", () => {
    expect(transposes(residual)).toBe(2);
  });
});

describe("axes that are only renamed", () => {
  const pads = [1, 1, 1, 1] as const;
  const reshape = (g: GraphSketch, x: string, shape: readonly Dim[]) =>
    g.node("Reshape", [x], { shape, allowZero: false });
  const turn = (g: GraphSketch, x: string, ...perm: number[]) => g.node("Transpose", [x], { perm });
  const moves = (graph: Graph) => {
    const { nodes } = layoutImages(graph);
    return nodes.filter(({ op }) => op === "Transpose").length;
  };

  // Channels last in the file, and a Transpose on both sides of every op that wants them first.
  const converted = images([5, 4, 3], (g) => {
    const first = turn(g, "x", 0, 3, 1, 2);
    const y = turn(g, g.conv(first, "conv", 3, 4, { pads }), 0, 2, 3, 1);
    const z = g.unary("Relu", g.add(y, g.weight("bias", [4])));
    const normal = turn(g, g.batchNorm(turn(g, z, 0, 3, 1, 2), "bn", 4), 0, 2, 3, 1);
    return g.gemm(reshape(g, normal, ["N", 80]), "fc", 80, 3);
  });
  const shuffled = images([4, 5, 3], (g) => {
    const x = reshape(g, g.conv("x", "conv1", 4, 6, { pads }), ["N", 2, 3, 5, 3]);
    const y = reshape(g, turn(g, x, 0, 2, 1, 3, 4), ["N", 6, 5, 3]);
    return g.conv(g.unary("Relu", y), "conv2", 6, 2, { group: 2 });
  });
  const classesOfPixels = images([3, 5, 4], (g) => {
    const x = turn(g, g.conv("x", "conv", 3, 4), 0, 3, 2, 1);
    return turn(g, g.node("Softmax", [x], { axis: 3 }), 0, 3, 2, 1);
  });
  const signal = images([3, 9], (g) => {
    const x = g.conv(reshape(g, "x", ["N", 3, 1, 9]), "conv1", 3, 4, { kernelShape: [1, 3] });
    const y = g.unary("Relu", reshape(g, x, ["N", 4, 7]));
    const z = g.conv(reshape(g, y, ["N", 4, 1, 7]), "conv2", 4, 2, { kernelShape: [1, 3] });
    return g.gemm(g.flatten(reshape(g, z, ["N", 2, 5])), "fc", 10, 3);
  });

  test.each([
    ["tf2onnx's pairs: none", converted, 0],
    ["a channel shuffle: the first, one for the shuffle, one for the output", shuffled, 3],
    ["a softmax over channels: the first and the last", classesOfPixels, 2],
    ["signals as images of one row: the first", signal, 1],
  ])("%s", (_, graph, count) => {
    expect(moves(graph)).toBe(count);
    expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
  });
});

describe("group-norm of a batch that is fixed, whose rows were", () => {
  const attributes = { numGroups: 2, epsilon: 0.1, layout: "NCHW" } as const;
  const normalized = (rows: number, between: (g: GraphSketch, x: string) => string) => {
    const g = new GraphSketch([rows, 3, 4, 6], 13);
    const x = between(g, g.conv("x", "conv", 3, 8, { pads: [1, 1, 1, 1] }));
    return g.end(g.node("GroupNormalization", [x], attributes));
  };

  test.each([1, 2])("always rows, %i of them", (rows) => {
    const graph = normalized(rows, (_, x) => x);
    expect(predictionError(graph, 1)).toBeLessThan(TOLERANCES.f32Rounding);
  });

  test.each([1, 2])("another axis, %i of them", (rows) => {
    const graph = normalized(rows, (g, x) => g.node("Transpose", [x], { perm: [2, 1, 0, 3] }));
    expect(predictionError(graph, 1)).toBeLessThan(TOLERANCES.f32Rounding);
  });
});

describe("what is left in an order of split axes", () => {
  /** [N, 2, 4, 6], of which a row lies as (height, width, channel, row, column). */
  const shuffledPixels = (g: GraphSketch) => {
    const x = g.conv("x", "conv", 2, 8);
    const parts = g.node("Reshape", [x], { shape: ["N", 2, 2, 2, 2, 3], allowZero: false });
    const turned = g.node("Transpose", [parts], { perm: [0, 1, 4, 2, 5, 3] });
    return g.node("Reshape", [turned], { shape: ["N", 2, 4, 6], allowZero: false });
  };
  /** [N, 6, 1, 1] of two factors. */
  const shuffledChannels = (g: GraphSketch) => {
    const x = g.conv("x", "conv", 2, 6, { kernelShape: [4, 5] });
    const groups = g.node("Reshape", [x], { shape: ["N", 2, 3, 1, 1], allowZero: false });
    const turned = g.node("Transpose", [groups], { perm: [0, 2, 1, 3, 4] });
    return g.node("Reshape", [turned], { shape: ["N", 6, 1, 1], allowZero: false });
  };
  const reductions = [[1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]];

  test.each(reductions.map((axes) => [axes]))("is reduced along axes %j", (axes) => {
    for (const op of ["ReduceMax", "ReduceSum"] as const) {
      const graph = images([2, 4, 5], (g) =>
        g.node(op, [shuffledPixels(g)], { axes, keepDims: false }),
      );
      expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
    }
  });

  test.each([[[2, 1, 1]], [[4, 1]], [[6]], [[2, 4, 1]], [[2, 1, 6]], [[4, 6]], [[1, 1, 1, 1]]])(
    "meets a weight of shape %j",
    (shape) => {
      const graph = images([2, 4, 5], (g) =>
        g.node("Mul", [shuffledPixels(g), g.weight("w", shape)], {}),
      );
      expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
    },
  );

  test("meets one number of more axes than it is stored with", () => {
    const graph = images([2, 4, 5], (g) =>
      g.flatten(g.node("Mul", [shuffledChannels(g), g.weight("w", [1, 1, 1, 1])], {})),
    );
    expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
  });
});

describe("weights", () => {
  test("their views lead back to the file's own numbers", () => {
    const graph = convNet();
    const laidOut = layoutImages(graph);
    for (const name of ["conv1.weight", "conv2.weight", "fc.weight"]) {
      const original = graph.initializers.get(name)!;
      const { data, view, shape } = laidOut.initializers.get(name)!;
      expect(view!.shape).toEqual(original.shape);
      const back = new Float32Array(data.length);
      data.forEach((value, i) => {
        back[view!.index[i]!] = value;
      });
      expect(back).toEqual(original.data);
      expect(shape.reduce((a, b) => a * b)).toBe(data.length);
    }
    expect(laidOut.initializers.get("conv1.weight")!.shape).toEqual([3, 3, 2, 4]);
  });
});

describe("fuseBias", () => {
  test("MatMul and the Add of a vector, either way round, become one Gemm", () => {
    for (const swapped of [false, true]) {
      const g = new GraphSketch(["N", 4]);
      const product = g.node("MatMul", ["x", g.weight("w", [4, 3])], {});
      const bias = g.weight("b", [1, 3]);
      const graph = g.end(swapped ? g.add(bias, product) : g.add(product, bias));
      expect(opsOf(fuseBias(graph))).toEqual(["Gemm"]);
      expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
    }
  });

  test("an Add of one number a channel becomes a convolution's bias, however it is written", () => {
    const pads = [1, 1, 1, 1] as const;
    for (const shape of [
      [3, 1, 1],
      [1, 3, 1, 1],
    ]) {
      const graph = images([2, 5, 4], (g) => {
        const x = g.conv("x", "conv", 2, 3, { pads });
        return g.flatten(g.unary("Relu", g.add(g.weight("bias", shape), x)));
      });
      const fused = fuseBias(layoutImages(graph));
      expect(opsOf(fused)).not.toContain("Add");
      expect(fused.initializers.get("bias")!.shape).toEqual([3]);
      expect(predictionError(graph)).toBeLessThan(TOLERANCES.f32Rounding);
    }
    const rows = images([2, 5, 3], (g) =>
      g.add(g.conv("x", "conv", 2, 3, { pads }), g.weight("row", [3])),
    );
    expect(opsOf(fuseBias(layoutImages(rows)))).toContain("Add");
  });

  test("not if the product has another use", () => {
    const g = new GraphSketch(["N", 4]);
    const product = g.node("MatMul", ["x", g.weight("w", [4, 3])], {});
    const graph = g.end(g.add(g.add(product, g.weight("b", [3])), product));
    expect(opsOf(fuseBias(graph))).toEqual(["MatMul", "Add", "Add"]);
  });
});
