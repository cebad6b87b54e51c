import { describe, expect, test } from "vitest";
import { opcodeName } from "../../src/autodiff/signature.js";
import { readProgram } from "../../src/compile/program-reader.js";
import type { Graph } from "../../src/graph/graph.js";
import { pooling } from "../graph/graphs.js";
import { GraphSketch } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

const BATCH = 5;
/** A window that leaves all as it is. */
const alone = { kernelShape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] } as const;

/** What the step's instructions of one opcode are said to cost. */
function worksOf(graph: Graph, op: string): number[] {
  const compiled = compileForTest(graph, { batch: BATCH, loss: "mse" });
  const { instructions } = readProgram(compiled.bytes).procedures[compiled.procedures.step!]!;
  return instructions.filter(({ opcode }) => opcodeName(opcode) === op).map(({ work }) => work);
}

describe("multiply-adds of a product [m, k]·[k, n]", () => {
  const [k, hidden, n] = [7, 6, 3];
  const mlp = (transB: boolean) => {
    const g = new GraphSketch(["N", k]);
    const x = g.unary("Tanh", g.gemm("x", "fc1", k, hidden, transB));
    return g.end(g.gemm(x, "fc2", hidden, n, transB));
  };
  const forward = [BATCH * k * hidden, BATCH * hidden * n];

  test("are m·k·n forward", () => {
    expect(worksOf(mlp(false), "GEMM_NN_BIAS")).toEqual(forward);
    expect(worksOf(mlp(true), "GEMM_NT_BIAS")).toEqual(forward);
  });

  test("and backward: dx = dy·wᵀ of the second layer, dw = xᵀ·dy of both", () => {
    const both = [...forward].reverse();
    expect(worksOf(mlp(false), "GEMM_NT")).toEqual([BATCH * n * hidden]);
    expect(worksOf(mlp(true), "GEMM_NN")).toEqual([BATCH * n * hidden]);
    expect(worksOf(mlp(false), "GEMM_TN")).toEqual(both);
    expect(worksOf(mlp(true), "GEMM_TN")).toEqual(both);
  });
});

test("multiply-adds of a grouped convolution: each output sums over its window and group", () => {
  const [channels, height, width] = [4, 6, 5];
  const [outChannels, kernelH, kernelW, group] = [6, 3, 2, 2];
  const g = new GraphSketch(["N", channels, height, width]);
  const pads = [1, 0, 1, 0] as const;
  const first = g.conv("x", "conv1", channels, channels, { kernelShape: [1, 1] });
  const options = { kernelShape: [kernelH, kernelW], group, pads, strides: [2, 1] } as const;
  const graph = g.end(g.conv(first, "conv2", channels, outChannels, options));
  const outH = Math.floor((height + 2 - kernelH) / 2) + 1;
  const outW = width - kernelW + 1;
  const pointwise = BATCH * height * width * channels * channels;
  const grouped = BATCH * outH * outW * outChannels * kernelH * kernelW * (channels / group);
  expect(worksOf(graph, "CONV2D")).toEqual([pointwise, grouped]);
  expect(worksOf(graph, "CONV2D_BACKWARD_PARAMS")).toEqual([grouped, pointwise]);
  expect(worksOf(graph, "CONV2D_BACKWARD_INPUT")).toEqual([grouped]);
});

test("pools: every place of every window that lies in the image", () => {
  const [channels, height, width] = [3, 6, 5];
  const window = { kernelShape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] } as const;
  const g = new GraphSketch(["N", 2, height, width]);
  const x = g.conv("x", "conv", 2, channels, { kernelShape: [1, 1] });
  const { countIncludePad, ...largest } = { ...pooling, ...window };
  const y = g.node("MaxPool", [x], largest);
  const graph = g.end(g.node("AveragePool", [y], { ...largest, ...alone, countIncludePad }));
  const places = (size: number, side: 0 | 1) => {
    const [kernel, stride] = [window.kernelShape[side], window.strides[side]];
    const starts = [0, 1, 2, 3, 4, 5].map((i) => i * stride - window.pads[side]);
    const whole = starts.filter((at) => at + kernel <= size + window.pads[side + 2]!);
    const all = whole.flatMap((at) => [0, 1, 2].slice(0, kernel).map((k) => at + k));
    return all.filter((at) => at >= 0 && at < size).length;
  };
  const pairs = BATCH * channels * places(height, 0) * places(width, 1);
  expect(worksOf(graph, "MAX_POOL")).toEqual([pairs]);
  expect(worksOf(graph, "MAX_POOL_BACKWARD")).toEqual([pairs]);
  const pixels = BATCH * channels * 3 * 5;
  expect(worksOf(graph, "SEPARABLE")).toEqual([pixels, pixels]);
});
