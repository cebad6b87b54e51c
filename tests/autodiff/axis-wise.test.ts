import { describe, expect, test } from "vitest";
import type { Graph, OpAttributes } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { shapeElements } from "../../src/graph/shape.js";
import { GraphSketch } from "../helpers/graphs.js";
import { compileForTest, gradientError } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

// Gather, Pad and Resize, and what is trained before and behind them.

function sketch(input: readonly (number | "N")[], build: (g: GraphSketch) => string): Graph {
  const g = new GraphSketch(input, 9);
  return g.end(build(g));
}

/** f of a tanh of images of [2, 3, 4], and a dense end over what it makes. */
function axisWise(f: (g: GraphSketch, x: string) => string): Graph {
  return sketch(["N", 2, 3, 4], (g) => {
    const y = f(g, g.unary("Tanh", g.add("x", g.weight("shift", [2, 3, 4]))));
    const n = elementsOf(g.end(y));
    const flat = g.node("Reshape", [y], { shape: ["N", n], allowZero: false });
    return g.gemm(flat, "fc", n, 3);
  });
}

function elementsOf(graph: Graph): number {
  return shapeElements(inferShapes(graph).get(graph.outputs[0]!)!.shape).c1;
}

function gathered(g: GraphSketch, x: string, axis: number, indices: readonly number[]): string {
  return g.node("Gather", [x], { axis, indices });
}

function gatheredChannels(): Graph {
  return sketch(["N", 2, 4, 5], (g) => {
    const x = gathered(g, g.unary("Tanh", g.conv("x", "conv", 2, 3)), 1, [1, 1, 0]);
    return g.gemm(g.flatten(g.conv(x, "next", 3, 2, { kernelShape: [1, 1] })), "fc", 12, 3);
  });
}

function gatheredRows(): Graph {
  return sketch(["N", 3], (g) => {
    const rows = gathered(g, g.weight("w", [4, 5]), 0, [3, 0, 3]);
    return g.gemm(g.unary("Tanh", g.node("MatMul", ["x", rows], {})), "fc", 5, 3);
  });
}

function padded(g: GraphSketch, x: string, mode: OpAttributes["Pad"]["mode"]): string {
  const value = mode === "constant" ? -1.5 : 0;
  return g.node("Pad", [x], {
    mode,
    value,
    pads: [
      [0, 0],
      [-1, 0],
      [1, 2],
      [2, -1],
    ],
  });
}

function resized(
  g: GraphSketch,
  x: string,
  mode: OpAttributes["Resize"]["mode"],
  channels = 2,
): string {
  const scales = [1, channels / 2, 2 / 3, 7 / 4];
  return g.resize(x, { sizes: ["N", channels, 2, 7], scales, mode });
}

function cropped(g: GraphSketch, x: string): string {
  return g.resize(x, {
    sizes: ["N", 2, 4, 5],
    scales: [1, 1, 4 / 3, 5 / 4],
    mode: "linear",
    coordinateMode: "tf_crop_and_resize",
    extrapolationValue: 0.5,
    roi: [
      [0, 1],
      [0, 1],
      [-0.2, 0.9],
      [0.25, 1.5],
    ],
  });
}

function unchanged(g: GraphSketch, x: string): string {
  const pads = [0, 1, 2, 3].map(() => [0, 0] as const);
  const y = g.node("Pad", [x], { mode: "constant", value: 3, pads });
  return g.resize(y, { sizes: ["N", 2, 3, 4], scales: [1, 1, 1, 1], mode: "cubic" });
}

const cases: readonly [string, Graph][] = [
  ["Gather: an index twice, another never", axisWise((g, x) => gathered(g, x, 2, [2, 0, 2]))],
  ["Gather of channels behind a convolution", gatheredChannels()],
  ["Gather of a weight's rows", gatheredRows()],
  ...(["constant", "reflect", "edge", "wrap"] as const).map((mode): [string, Graph] => [
    `Pad, ${mode}`,
    axisWise((g, x) => padded(g, x, mode)),
  ]),
  ...(["nearest", "linear", "cubic"] as const).map((mode): [string, Graph] => [
    `Resize, ${mode}`,
    axisWise((g, x) => resized(g, x, mode)),
  ]),
  ["Resize of three axes, which takes two steps", axisWise((g, x) => resized(g, x, "linear", 4))],
  ["Resize: a crop with a value outside", axisWise(cropped)],
  ["Resize and Pad that change nothing", axisWise(unchanged)],
];

describe("gradients equal central differences", () => {
  test.each(cases)("%s", (_, graph) => {
    const compiled = compileForTest(graph);
    expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
    expect(gradientError(compiled, 3)).toBeLessThan(TOLERANCES.gradient);
  });
});
