import { describe, expect, test } from "vitest";
import { opcodeName } from "../../src/autodiff/signature.js";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { readProgram } from "../../src/compile/program-reader.js";
import type { Graph } from "../../src/graph/graph.js";
import { convNet, denseNet, GraphSketch } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

function stepOps(compiled: CompiledProgram): string[] {
  const { instructions } = readProgram(compiled.bytes).procedures[compiled.procedures.step!]!;
  return instructions.map(({ opcode }) => opcodeName(opcode));
}

const onlyHead = { trainable: (name: string) => name.startsWith("fc.") };

test("nothing below the first trained tensor has a backward instruction", () => {
  const ops = stepOps(compileForTest(convNet(), onlyHead));
  expect(ops.filter((op) => op.includes("BACKWARD"))).toEqual(["SOFTMAX_CROSS_ENTROPY_BACKWARD"]);
  expect(ops.filter((op) => op === "SGD")).toHaveLength(2);
});

test("nothing below the first trained tensor has a gradient or optimizer state", () => {
  const compiled = compileForTest(convNet(), { ...onlyHead, optimizer: { name: "adam" } });
  const gradients = compiled.tensors.filter(({ category }) => category === "gradients");
  expect(gradients.map(({ name }) => name).sort()).toEqual(["d fc.bias", "d fc.weight", "d gemm6"]);
  const states = compiled.tensors.filter(({ category }) => category === "optimizer");
  expect(states.map(({ name }) => name).sort()).toEqual(
    ["corrections:", "lr", "m:fc.bias", "m:fc.weight", "v:fc.bias", "v:fc.weight"].sort(),
  );
});

test("freezing needs fewer bytes: neither saved activations nor gradients", () => {
  const all = compileForTest(convNet(), { batch: 32, rows: 32 }).plan;
  const head = compileForTest(convNet(), { ...onlyHead, batch: 32, rows: 32 }).plan;
  expect(head.arenaBytes).toBeLessThan(all.arenaBytes);
  expect(head.bytes.activations).toBeLessThan(all.bytes.activations);
  expect(head.workPerStep).toBeLessThan(all.workPerStep);
});

test("running statistics of a frozen layer move under batch statistics, and stay when frozen", () => {
  expect(stepOps(compileForTest(convNet(), onlyHead))).toContain("BATCH_NORM_RUNNING");
  const frozen = compileForTest(convNet(), { ...onlyHead, bn: "frozen" });
  expect(stepOps(frozen)).not.toContain("BATCH_NORM_RUNNING");
  expect(frozen.parameters.map(({ name }) => name)).toEqual(["fc.weight", "fc.bias"]);
});

test("the lowest trained layer computes no gradient for its input", () => {
  const g = new GraphSketch(["N", 4]);
  const ops = stepOps(compileForTest(g.end(g.gemm("x", "fc", 4, 3))));
  expect(ops.filter((op) => op.startsWith("GEMM"))).toEqual(["GEMM_NT_BIAS", "GEMM_TN"]);
});

test("gamma and beta frozen, x not: their sums are scratch, and nothing updates them", () => {
  const compiled = compileForTest(denseNet(), { trainable: (name) => !name.startsWith("bn") });
  const sums = compiled.tensors.filter(({ name }) => name.startsWith("d bn"));
  expect(new Set(sums.map(({ category }) => category))).toEqual(new Set(["scratch"]));
  const trained = compiled.parameters.filter(({ role }) => role === 1);
  expect(trained.map(({ name }) => name)).toEqual([
    "fc1.weight",
    "fc2.weight",
    "fc2.bias",
    "fc3.weight",
    "fc3.bias",
  ]);
});

test("nothing trained at all is an error of usage", () => {
  expect(() => compileForTest(convNet(), { trainable: () => false })).toThrow(/nothing to train/);
});

test("without training there is no step, no state and no row order", () => {
  const compiled = compileForTest(convNet(), { training: false, batch: 3 });
  expect(Object.keys(compiled.procedures)).toEqual(["predict", "evaluate"]);
  const program = readProgram(compiled.bytes);
  expect(program.states).toEqual([]);
  expect(program.rowOrder).toBeUndefined();
});

describe("batch-norm", () => {
  const backward = (graph: Graph, options: Parameters<typeof compileForTest>[1]) =>
    stepOps(compileForTest(graph, options)).filter((op) =>
      /^(BATCH_NORM|CONV2D).*BACKWARD/.test(op),
    );
  /** Of three convolutions, each with a batch-norm behind it. */
  const trunk = () => {
    const g = new GraphSketch(["N", 2, 5, 4], 3);
    const block = (x: string, n: number, channels: number) => {
      const y = g.conv(x, `conv${n}`, channels, 3, { kernelShape: [1, 1] });
      return g.unary("Relu", g.batchNorm(y, `bn${n}`, 3));
    };
    return g.end(g.gemm(g.flatten(block(block(block("x", 1, 2), 2, 3), 3, 3)), "fc", 60, 3));
  };
  const onBn = (...modes: ("batch" | "frozen")[]) => modes.map((bn) => ({ bn }));

  test.each(onBn("batch", "frozen"))("$bn, everything below the head frozen: no backward", (bn) => {
    const trainable = (name: string) => name.startsWith("fc.");
    expect(backward(trunk(), { ...bn, trainable })).toEqual([]);
  });

  test.each(onBn("batch", "frozen"))("$bn, the uppermost γ and β alone: their sums alone", (bn) => {
    const trainable = (name: string) => name.startsWith("fc.") || name.startsWith("bn3.");
    expect(backward(trunk(), { ...bn, trainable })).toEqual(["BATCH_NORM_BACKWARD_PARAMS"]);
  });

  test("frozen, between trained layers: one instruction each, and nothing saved but 1 / deviation", () => {
    const options = { bn: "frozen", trainable: (name: string) => !name.startsWith("bn") } as const;
    const input = "BATCH_NORM_FROZEN_BACKWARD_INPUT";
    const conv = ["CONV2D_BACKWARD_PARAMS", "CONV2D_BACKWARD_INPUT"];
    const ops = backward(trunk(), options);
    expect(ops.filter((op) => op === input)).toHaveLength(3);
    expect(ops.filter((op) => op !== input).sort()).toEqual([...conv, ...conv, conv[0]!].sort());
    const kept = compileForTest(trunk(), options).tensors.map(({ name }) => name);
    expect(kept.filter((name) => /^(mean|variance) /.test(name))).toEqual([]);
  });

  test("batch statistics, γ and β frozen, between trained layers: sums and one more", () => {
    const trainable = (name: string) => !name.startsWith("bn");
    const ops = backward(trunk(), { bn: "batch", trainable });
    const norms = ops.filter((op) => op.startsWith("BATCH_NORM"));
    const pair = ["BATCH_NORM_BACKWARD_PARAMS", "BATCH_NORM_BACKWARD_INPUT"];
    expect(norms).toEqual([...pair, ...pair, ...pair]);
  });
});
