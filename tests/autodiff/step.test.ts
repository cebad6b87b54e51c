import { describe, expect, test } from "vitest";
import { lossValue } from "../../src/autodiff/losses/index.js";
import { opcodeName } from "../../src/autodiff/signature.js";
import type { CompiledProgram } from "../../src/compile/compile.js";
import type { CompileOptions } from "../../src/compile/options.js";
import { readProgram } from "../../src/compile/program-reader.js";
import { simplify } from "../../src/graph/fold.js";
import type { Graph } from "../../src/graph/graph.js";
import { convNet, denseNet, GraphSketch, pooledNet } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import {
  compileForTest,
  largestDifference,
  stepGradients,
  stepLoss,
  vmWithRows,
} from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

function instructionsOf(graph: Graph, options: Partial<CompileOptions> = {}) {
  const compiled = compileForTest(graph, options);
  const { instructions } = readProgram(compiled.bytes).procedures[compiled.procedures.step!]!;
  return { compiled, instructions, ops: instructions.map(({ opcode }) => opcodeName(opcode)) };
}

describe("the order within a step", () => {
  test("each weight moves after its last read", () => {
    const { compiled, instructions } = instructionsOf(convNet());
    for (const { tensor, role } of compiled.parameters) {
      const uses = instructions.flatMap(({ operands, opcode }, index) =>
        operands.includes(tensor) ? [{ index, op: opcodeName(opcode) }] : [],
      );
      expect(uses.at(-1)!.op).toBe(role === 1 ? "SGD" : "BATCH_NORM_RUNNING");
      expect(uses.filter(({ op }) => op === "SGD").length).toBeLessThanOrEqual(1);
    }
  });

  test("a weight moves as soon as its gradient is complete, unless the norm clips", () => {
    const { ops } = instructionsOf(convNet());
    expect(ops.indexOf("SGD")).toBeLessThan(ops.indexOf("CONV2D_BACKWARD_PARAMS"));
    const clipped = instructionsOf(convNet(), { clipNorm: 1 }).ops;
    expect(clipped.indexOf("SGD")).toBeGreaterThan(clipped.lastIndexOf("CONV2D_BACKWARD_PARAMS"));
    expect(clipped.indexOf("CLIP_NORM_FACTOR")).toBeGreaterThan(clipped.lastIndexOf("SQUARE_SUM"));
  });

  test("the norm for the record alone delays no update", () => {
    const { ops } = instructionsOf(convNet(), { gradNorm: true });
    expect(ops.indexOf("SGD")).toBeLessThan(ops.lastIndexOf("SQUARE_SUM"));
    expect(ops.filter((op) => op === "SCALE_BY")).toEqual([]);
  });

  test("a mean's gradient is not repeated in memory for the Relu below it", () => {
    const gates = (means: number) =>
      instructionsOf(pooledNet(means)).ops.filter((op) => /^(BINARY|RELU_BACKWARD)$/.test(op));
    expect(gates(1)).toEqual(["BINARY"]);
    expect(gates(3)).toEqual(["RELU_BACKWARD"]);
  });

  test("the loss is checked before anything moves; running statistics move last", () => {
    const { ops } = instructionsOf(denseNet(), { optimizer: { name: "adam" }, clipValue: 1 });
    expect(ops.indexOf("CHECK_FINITE")).toBeLessThan(ops.indexOf("ADAM_BEGIN"));
    expect(ops.filter((op) => op === "ADAM_BEGIN")).toHaveLength(1);
    expect(ops.slice(-2)).toEqual(["BATCH_NORM_RUNNING", "BATCH_NORM_RUNNING"]);
  });
});

describe("running statistics", () => {
  test.each([
    ["unbiased", 1],
    ["population", 0],
  ] as const)("%s variance", (runningVariance, unbiased) => {
    const { instructions } = instructionsOf(denseNet(), { runningVariance });
    const moved = instructions.filter(({ opcode }) => opcodeName(opcode) === "BATCH_NORM_RUNNING");
    expect(moved.map(({ attributes }) => attributes[3])).toEqual([unbiased, unbiased]);
  });
});

describe("clipping", () => {
  const normOf = (gradients: Map<string, Float64Array>) =>
    Math.sqrt(
      [...gradients.values()].reduce((sum, g) => sum + g.reduce((a, b) => a + b * b, 0), 0),
    );
  const plain = compileForTest(denseNet());
  const expected = stepGradients(plain, vmWithRows(plain));

  test("by norm: reported before, applied after", () => {
    const compiled = compileForTest(denseNet(), { clipNorm: 0.25 });
    const vm = vmWithRows(compiled);
    const clipped = stepGradients(compiled, vm);
    const { norm } = vm.program.procedures[compiled.procedures.step!]!;
    expect(vm.tensor(norm!)[0]).toBeCloseTo(normOf(expected), 12);
    const factor = 0.25 / (normOf(expected) + 1e-6);
    expect(factor).toBeLessThan(1);
    for (const [name, g] of expected) {
      const wanted = g.map((value) => value * factor);
      expect(largestDifference(clipped.get(name)!, wanted)).toBeLessThan(TOLERANCES.f64Order);
    }
  });

  test("by value, then the norm of what is left", () => {
    const compiled = compileForTest(denseNet(), { clipValue: 0.0625, gradNorm: true });
    const vm = vmWithRows(compiled);
    const clipped = stepGradients(compiled, vm);
    for (const [name, g] of expected) {
      const wanted = g.map((value) => Math.min(Math.max(value, -0.0625), 0.0625));
      expect(largestDifference(clipped.get(name)!, wanted)).toBeLessThan(TOLERANCES.f64Order);
    }
    const { norm } = vm.program.procedures[compiled.procedures.step!]!;
    expect(vm.tensor(norm!)[0]).toBeCloseTo(normOf(clipped), 12);
  });
});

/** mse over y = x·(w1 + w2): both weights have the gradient g = xᵀ·2(y − t)/elements, in one tensor. */
describe("clipping a gradient that two weights share", () => {
  const [features, width] = [4, 3];
  const g = new GraphSketch(["N", features]);
  const sum = g.add(g.weight("w1", [features, width]), g.weight("w2", [features, width]));
  const graph = g.end(g.node("MatMul", ["x", sum], {}));

  function gradientByHand(compiled: CompiledProgram): Float64Array {
    const vm = vmWithRows(compiled);
    const { x, y } = vm.program.procedures.at(-1)!;
    const [rows, targets] = [vm.tensor(x!), vm.tensor(y!)];
    const [w1, w2] = ["w1", "w2"].map((name) => graph.initializers.get(name)!.data);
    const gradient = new Float64Array(features * width);
    for (let r = 0; r < vm.batch; r++) {
      for (let j = 0; j < width; j++) {
        let error = -targets[r * width + j]!;
        for (let i = 0; i < features; i++) {
          const at = i * width + j;
          error += rows[r * features + i]! * (w1![at]! + w2![at]!);
        }
        for (let i = 0; i < features; i++) {
          const dy = (2 * error) / targets.length;
          gradient[i * width + j]! += rows[r * features + i]! * dy;
        }
      }
    }
    return gradient;
  }

  test.each([
    ["by norm", { clipNorm: 0.125 }],
    ["by value, then by norm", { clipValue: 0.0625, clipNorm: 0.125 }],
    ["by value", { clipValue: 0.0625 }],
    ["not at all, the norm alone", { gradNorm: true }],
  ])("%s", (_, options: Partial<CompileOptions>) => {
    const compiled = compileForTest(graph, { loss: "mse", ...options });
    const { clipValue = Number.POSITIVE_INFINITY, clipNorm = Number.POSITIVE_INFINITY } = options;
    const clipped = gradientByHand(compiled).map((d) =>
      Math.min(Math.max(d, -clipValue), clipValue),
    );
    const norm = Math.sqrt(2 * clipped.reduce((total, d) => total + d * d, 0)); // each counts
    if (options.clipNorm) expect(norm).toBeGreaterThan(2 * clipNorm);
    const factor = Math.min(1, clipNorm / (norm + 1e-6));
    const vm = vmWithRows(compiled);
    const gradients = stepGradients(compiled, vm);
    const wanted = clipped.map((d) => d * factor);
    for (const name of ["w1", "w2"]) {
      expect(largestDifference(gradients.get(name)!, wanted)).toBeLessThan(TOLERANCES.f64Order);
    }
    const reported = vm.program.procedures[compiled.procedures.step!]!.norm;
    if (reported === undefined) expect(options).toEqual({ clipValue });
    else expect(vm.tensor(reported)[0]).toBeCloseTo(norm, 12);
  });
});

describe("weight decay", () => {
  test("is added to the gradient of all but the excepted", () => {
    const options = { optimizer: { name: "sgd", weightDecay: 0.5 } } as const;
    const compiled = compileForTest(denseNet(), {
      ...options,
      noDecay: (name) => name.endsWith("bias"),
    });
    const plain = compileForTest(denseNet());
    const expected = stepGradients(plain, vmWithRows(plain));
    const vm = vmWithRows(compiled);
    const weights = new Map(compiled.parameters.map((p) => [p.name, vm.tensor(p.tensor).slice()]));
    for (const [name, g] of stepGradients(compiled, vm)) {
      const decay = name.endsWith("bias") ? 0 : 0.5;
      const wanted = expected.get(name)!.map((d, i) => d + decay * weights.get(name)![i]!);
      expect(largestDifference(g, wanted)).toBeLessThan(TOLERANCES.f64Order);
    }
  });
});

describe("evaluate and predict", () => {
  test.each([
    ["dense", denseNet()],
    ["conv", convNet()],
  ])("%s: as ONNX defines it", (_, graph) => {
    const compiled = compileForTest(graph);
    const vm = vmWithRows(compiled);
    const { predict, evaluate } = compiled.procedures;
    const [p, e] = [vm.program.procedures[predict!]!, vm.program.procedures[evaluate!]!];
    vm.execute(predict!);
    const output = vm.tensor(p.output!);
    const wanted = evaluateNaively(graph, 5, vm.tensor(p.x!));
    expect(largestDifference(output, wanted)).toBeLessThan(TOLERANCES.f32Rounding);

    vm.execute(evaluate!);
    const labels = vm.tensor(e.y!);
    const classes = compiled.classes!;
    const rows = Array.from(labels, (label, r) => {
      const row = wanted.subarray(r * classes, (r + 1) * classes);
      const sum = row.reduce((total, value) => total + Math.exp(value), 0);
      return { loss: Math.log(sum) - row[label]!, right: Math.max(...row) === row[label] };
    });
    const mean = rows.reduce((sum, { loss }) => sum + loss, 0) / rows.length;
    expect(vm.tensor(e.loss!)[0]).toBeCloseTo(mean, 6);
    expect(vm.tensor(e.correct!)[0]).toBe(rows.filter(({ right }) => right).length);
  });

  test("a final Softmax stays for predict; the loss is computed on its input", () => {
    const g = new GraphSketch(["N", 4]);
    const graph = g.end(g.node("Softmax", [g.gemm("x", "fc", 4, 3)], { axis: -1 }));
    const compiled = compileForTest(graph);
    const vm = vmWithRows(compiled);
    vm.execute(compiled.procedures.predict!);
    const output = vm.tensor(vm.program.procedures[0]!.output!);
    expect(output.subarray(0, 3).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(instructionsOf(graph).ops).not.toContain("SOFTMAX");
    expect(stepLoss(compiled, vm)).toBeGreaterThan(0);
  });
});

test("cross-entropy looks through an Identity that keeps an output's name", () => {
  const g = new GraphSketch(["N", 4]);
  const logits = g.gemm("x", "fc", 4, 3);
  const softmax = g.node("Softmax", [logits], { axis: -1 });
  const both = simplify(g.end(g.unary("Identity", softmax), softmax));
  expect(both.nodes.map(({ op }) => op)).toEqual(["Gemm", "Softmax", "Identity"]);
  expect(lossValue(both, "cross-entropy")).toBe(logits);
  const plain = new GraphSketch(["N", 4]);
  const y = plain.unary("Identity", plain.gemm("x", "fc", 4, 3));
  expect(lossValue(plain.end(y), "cross-entropy")).toBe(y);
});

describe("batches of one value per channel", () => {
  const dense = { loss: "cross-entropy" } as const;
  test.each([
    { batch: 1, rows: 10 },
    { batch: 3, rows: 10 },
    { batch: 8, rows: 1 },
  ])("batch $batch of $rows rows is refused", (sizes) => {
    expect(() => compileForTest(denseNet(), { ...dense, ...sizes })).toThrow(/--bn frozen/);
  });

  test("a last batch of one row is told in a sentence", () => {
    expect(() => compileForTest(denseNet(), { ...dense, batch: 32, rows: 33 })).toThrow(
      /: 33 rows in batches of 32 leave a last batch of 1 row, which has one value per channel, and so no variance\. Give/,
    );
  });

  test("with --drop-last, with frozen statistics, or with images it is not", () => {
    compileForTest(denseNet(), { batch: 3, rows: 10, dropLast: true });
    compileForTest(denseNet(), { batch: 3, rows: 10, bn: "frozen" });
    compileForTest(convNet(), { batch: 1, rows: 10 });
  });

  test("--drop-last with less than one batch is refused", () => {
    expect(() => compileForTest(convNet(), { batch: 11, rows: 10, dropLast: true })).toThrow(
      /10 rows are less than one batch of 11/,
    );
  });
});
