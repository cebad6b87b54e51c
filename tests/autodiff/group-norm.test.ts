import { describe, expect, test } from "vitest";
import { opcodeName } from "../../src/autodiff/signature.js";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { readProgram } from "../../src/compile/program-reader.js";
import type { Graph } from "../../src/graph/graph.js";
import { Session } from "../../src/runtime/session.js";
import { GraphSketch } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import { TestRandom } from "../helpers/random.js";
import { compileForTest, largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const [channels, height, width, batch] = [8, 16, 16, 4];
const image = 4 * batch * channels * height * width;

function normOf(x: string, g: GraphSketch, numGroups: number): string {
  const parameters = [g.weight("gn.weight", [channels], 0.5, 1), g.weight("gn.bias", [channels])];
  const attributes = { numGroups, epsilon: 1e-5, layout: "NCHW" } as const;
  return g.node("GroupNormalization", [x, ...parameters], attributes);
}

const alone = (numGroups: number): Graph => {
  const g = new GraphSketch(["N", channels, height, width]);
  return g.end(normOf("x", g, numGroups));
};

const predictor = (graph: Graph) => {
  const options = { training: false, loss: undefined, trainable: () => false } as const;
  return compileForTest(graph, { ...options, batch, rows: batch });
};

describe.each([1, 2, channels])("%i groups", (groups) => {
  test("beside the input, its transpose and the output there is no third image", () => {
    const { plan } = predictor(alone(groups));
    expect(plan.arenaBytes - plan.bytes.weights).toBeLessThan(3.1 * image);
  });

  test.each([
    ["about 0", 0, TOLERANCES.f32Reduction],
    // x itself is given to 2⁻¹⁴, of deviations of 0.6: so much is lost before it is read.
    ["a thousand deviations away", 600, 1e-4],
  ])("core in f32 as f64, a mean %s", (_, mean, tolerance) => {
    const graph = alone(groups);
    const x = new TestRandom(7).array(image / 4, 1, mean);
    const dataset = { rows: batch, rowElements: image / 4 / batch, x, y: undefined, notes: [] };
    const { bytes } = predictor(graph);
    const outputs = (["scalar", "simd"] as const).map((flavour) =>
      new Session(bytes, flavour).predict(dataset),
    );
    expect(outputs[0]).toEqual(outputs[1]);
    const expected = evaluateNaively(graph, batch, x);
    expect(largestDifference(outputs[1]!, expected)).toBeLessThan(tolerance);
  });

  test("of equal pixels is the bias", () => {
    const graph = alone(groups);
    const x = new Float32Array(image / 4).fill(0.7);
    const dataset = { rows: batch, rowElements: image / 4 / batch, x, y: undefined, notes: [] };
    const y = new Session(predictor(graph).bytes, "simd").predict(dataset);
    const bias = graph.initializers.get("gn.bias")!.data;
    const expected = y.map((__, i) => bias[Math.floor(i / (height * width)) % channels]!);
    expect(y).toEqual(expected);
  });
});

describe("in a step", () => {
  const g = new GraphSketch(["N", channels, 3, 3]);
  const conv = g.conv("x", "conv", channels, channels, { kernelShape: [1, 1] });
  const graph = g.end(g.gemm(g.flatten(normOf(conv, g, 2)), "fc", channels * 9, 3));
  const binaries = (compiled: CompiledProgram) => {
    const { instructions } = readProgram(compiled.bytes).procedures[compiled.procedures.step!]!;
    const ops = instructions.map(({ opcode }) => opcodeName(opcode));
    const loss = ops.findIndex((op) => op.startsWith("SOFTMAX_CROSS_ENTROPY_BACKWARD"));
    return ops.slice(loss).filter((op) => op === "BINARY" || op === "BROADCAST_SUM");
  };
  const training = (pattern: RegExp) =>
    binaries(compileForTest(graph, { trainable: (name) => pattern.test(name) }));

  test("behind frozen layers it costs nothing backward", () => {
    expect(training(/^fc/)).toEqual([]);
  });

  test("beta alone takes the sum of dy, and x is not read", () => {
    expect(training(/^gn\.bias$/).filter((op) => op === "BINARY")).toEqual([]);
  });

  test("gamma alone: the products of dy and x, no gradient of x", () => {
    const ops = training(/^gn\.weight$/);
    expect(ops.filter((op) => op === "BINARY")).toHaveLength(3);
  });
});
