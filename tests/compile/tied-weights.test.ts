import { describe, expect, test } from "vitest";
import { layoutImages } from "../../src/compile/layout.js";
import type { Graph } from "../../src/graph/graph.js";
import { GraphSketch } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import {
  compileForTest,
  gradientError,
  largestDifference,
  vmWithRows,
} from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const PADS = [1, 1, 1, 1] as const;

/** Graphs over [N, 2, 4, 3] images whose values without batch are wanted in more than one memory order. */
function images(build: (g: GraphSketch) => string): Graph {
  const g = new GraphSketch(["N", 2, 4, 3], 13);
  return g.end(build(g));
}

const reshape = (g: GraphSketch, x: string, shape: readonly number[]) =>
  g.node("Reshape", [x], { shape, allowZero: false });

/** A bias [3] that two convolutions share, added to each in the given shape. */
const sharedBias = (shape: readonly number[]) =>
  images((g) => {
    const bias = reshape(g, g.weight("bias", [3]), shape);
    const x = g.unary("Tanh", g.add(g.conv("x", "conv1", 2, 3, { pads: PADS }), bias));
    return g.flatten(g.add(bias, g.conv(x, "conv2", 3, 3, { pads: PADS })));
  });

const computedOperand = (shape: readonly number[]) =>
  images((g) => {
    const x = g.conv("x", "conv", 2, 3, { pads: PADS });
    return g.flatten(g.add(x, g.unary("Tanh", g.weight("w", shape))));
  });

const imageAndDenseAdd = images((g) => {
  const w = g.weight("w", [3]);
  const x = g.unary("Tanh", g.add(g.conv("x", "conv", 2, 2, { pads: PADS }), w));
  return g.add(g.gemm(g.flatten(x), "fc", 24, 3), w);
});

const denseAndImageAdd = images((g) => {
  const w = g.weight("w", [4, 3]);
  const x = g.node("MatMul", [reshape(g, "x", [0, 6, 4]), w], {});
  const image = g.conv(reshape(g, x, [0, 2, 3, 3]), "conv", 2, 2, {
    kernelShape: [2, 3],
    pads: PADS,
  });
  return g.flatten(g.add(image, w));
});

const kernelAndAdd = images((g) => {
  const x = g.conv("x", "conv", 2, 2, { pads: PADS });
  const w = reshape(g, "conv.weight", [36]);
  return g.add(g.gemm(g.flatten(x), "fc", 24, 36), w);
});

const addAndKernel = images((g) => {
  const kernel = g.weight("kernel", [2, 2, 1, 3]);
  const x = g.unary("Tanh", g.add("x", reshape(g, kernel, [4, 3])));
  const attributes = {
    kernelShape: [1, 3],
    strides: [1, 1],
    pads: PADS,
    dilations: [1, 1],
  } as const;
  return g.flatten(g.node("Conv", [x, kernel], { ...attributes, group: 1, layout: "NCHW" }));
});

const kernelAndImageAdd = images((g) => {
  const x = g.unary("Tanh", g.conv("x", "conv1", 2, 2, { pads: PADS }));
  const score = g.conv(x, "conv2", 2, 1, { kernelShape: [4, 3] });
  return g.flatten(g.add(g.add(x, "conv2.weight"), score));
});

const cases: readonly (readonly [string, Graph])[] = [
  ["a bias that two convolutions share, as [C, 1, 1]", sharedBias([3, 1, 1])],
  ["the same as [1, C, 1, 1]", sharedBias([1, 3, 1, 1])],
  ["Conv + Tanh(w [W])", computedOperand([3])],
  ["Conv + Tanh(w [C, H, W])", computedOperand([3, 4, 3])],
  ["Conv + Tanh(w [1, C, H, W])", computedOperand([1, 3, 4, 3])],
  ["Conv + Tanh(w [1])", computedOperand([1])],
  ["a vector in an image Add, then in a dense one", imageAndDenseAdd],
  ["a matrix in a MatMul, then in an image Add", denseAndImageAdd],
  ["a kernel in its Conv, then in a dense Add", kernelAndAdd],
  ["a kernel in its Conv, then in an image Add", kernelAndImageAdd],
  ["a kernel in an Add, then in its Conv", addAndKernel],
];

describe.each(cases)("%s", (_, graph) => {
  const compiled = compileForTest(graph, { loss: "mse" });

  test("predict equals the naive NCHW evaluation", () => {
    const vm = vmWithRows(compiled);
    vm.execute(0);
    const { x, output } = vm.program.procedures[0]!;
    const expected = evaluateNaively(graph, 5, vm.tensor(x!));
    expect(largestDifference(vm.tensor(output!), expected)).toBeLessThan(TOLERANCES.f32Rounding);
  });

  test("all of a weight's gradients meet in it", () => {
    expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
  });
});

test("the first order asked for is the weight's own; another is made by one Transpose", () => {
  const { nodes, initializers } = layoutImages(kernelAndAdd);
  expect(initializers.get("conv.weight")!.shape).toEqual([3, 3, 2, 2]);
  const turned = nodes.filter(
    ({ op, inputs }) => op === "Transpose" && inputs[0] === "conv.weight",
  );
  expect(turned).toHaveLength(1);
});
