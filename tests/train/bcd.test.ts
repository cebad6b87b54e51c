import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { Model } from "../../src/index.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { Core } from "../../src/runtime/core.js";
import type { FitOptions, FitResult, ModelOptions, StepResult } from "../../src/train/options.js";
import { GraphSketch } from "../helpers/graphs.js";
import { TestRandom } from "../helpers/random.js";
import { compileForTest } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

interface Chain {
  /** Of the input, the hidden values and the output. */
  readonly sizes: readonly number[];
  readonly seed?: number;
  /** Weights as [outputs, inputs], by layer in turn. */
  readonly transB?: readonly boolean[];
  /** Layers without bias. */
  readonly bare?: readonly number[];
  /** The share that dropout behind each ReLU leaves out. */
  readonly ratio?: number;
}

function chain({ sizes, seed = 1, transB = [true], bare = [], ratio }: Chain): Graph {
  const sketch = new GraphSketch(["N", sizes[0]!], seed);
  let x = "x";
  for (const [i, n] of sizes.slice(1).entries()) {
    const k = sizes[i]!;
    const isTransposed = transB[i % transB.length]!;
    const w = sketch.weight(`w${i}`, isTransposed ? [n, k] : [k, n], 1 / Math.sqrt(k));
    const bias = bare.includes(i) ? [] : [sketch.weight(`b${i}`, [n], 0.2)];
    x = sketch.node("Gemm", [x, w, ...bias], { alpha: 1, beta: 1, transB: isTransposed });
    if (i === sizes.length - 2) break;
    x = sketch.unary("Relu", x);
    if (ratio !== undefined) x = sketch.node("Dropout", [x], { ratio });
  }
  return sketch.end(x);
}

function labelledRows(rows: number, sizes: readonly number[], seed = 7) {
  const random = new TestRandom(seed);
  const [width, classes] = [sizes[0]!, sizes.at(-1)!];
  const x = { shape: [rows, width], data: random.array(rows * width, 1, 0.3) };
  return { x, y: { shape: [rows], data: Int32Array.from(random.labels(rows, classes)) } };
}

interface Trained {
  readonly model: Model;
  readonly result: FitResult;
  readonly steps: readonly StepResult[];
}

async function train(
  graph: Graph,
  { x, y }: ReturnType<typeof labelledRows>,
  compile: ModelOptions,
  options: FitOptions = {},
): Promise<Trained> {
  const model = Model.fromGraph(graph).compile({ strategy: "bcd", ...compile });
  const steps: StepResult[] = [];
  const run = model.fit(x, y, { onStep: (step) => steps.push(step), batchSize: 10, ...options });
  for await (const _ of run) void _;
  return { model, result: model.lastFit!, steps };
}

const valuesOf = (model: Model, name: string) => [...model.graph.initializers.get(name)!.data];

/** Every step's objective, after each sweep, is at most what it was before, but for rounding. */
function expectFalls(steps: readonly StepResult[]): void {
  for (const { step, objective } of steps) {
    for (const [sweep, value] of objective!.entries()) {
      const before = objective![sweep - 1] ?? Number.POSITIVE_INFINITY;
      const rounding = Math.max(1, objective![0]!) * TOLERANCES.f32Reduction;
      expect(value, `step ${step}, sweep ${sweep}`).toBeLessThanOrEqual(before + rounding);
      expect(value).toBeGreaterThanOrEqual(0);
    }
  }
}

describe("the objective never rises within a step", () => {
  const random = new TestRandom(41);
  const pick = <T>(values: readonly T[]): T => {
    return values[Math.floor(((random.next() + 1) / 2) * values.length)]!;
  };
  const cases = Array.from({ length: 24 }, (_, seed) => {
    const depth = pick([1, 2, 3, 4]);
    const sizes = Array.from({ length: depth + 1 }, () => pick([2, 3, 5, 9, 17]));
    const strategy = {
      sweeps: pick([2, 3, 6]),
      penalty: pick([0.1, 1, 10]),
      penaltyDecay: pick([0.03, 0.1, 0.5, 1]),
      proximity: pick([0.1, 1, 10]),
      damping: pick([0.001, 0.03, 1]),
      forgetting: pick([0, 0.9, 1]),
    };
    const transB = pick([[true], [false], [true, false]]);
    const bare = pick([[], [0], [1], [0, 1, 2, 3]]);
    const ratio = pick([undefined, undefined, 0.3]);
    const net = { sizes, seed, transB, bare, ...(ratio !== undefined && { ratio }) };
    return { name: JSON.stringify({ ...net, ...strategy }), net, strategy };
  });

  test.each(cases)("$name", async ({ net, strategy }) => {
    const rows = labelledRows(27, [...net.sizes.slice(0, -1), Math.max(2, net.sizes.at(-1)!)]);
    const schedule = { name: "cosine" } as const;
    const options = { strategy: { name: "bcd", ...strategy }, schedule } as const;
    const { steps } = await train(chain(net), rows, options, { epochs: 3 });
    expect(steps).toHaveLength(9);
    expectFalls(steps);
    for (const { objective } of steps) expect(objective).toHaveLength(1 + strategy.sweeps);
  });
});

describe("as numpy, block by block", () => {
  // scripts/fixtures/bcd.py: written from the objective alone, in f64.
  const fixture = JSON.parse(
    readFileSync(new URL("../fixtures/bcd.json", import.meta.url), "utf8"),
  );
  const { sizes, rows, given, found, objectives, strategy } = fixture;
  const data = {
    x: { shape: [rows, sizes[0]], data: Float32Array.from(fixture.x) },
    y: { shape: [rows], data: Int32Array.from(fixture.labels) },
  };
  const transposed = (w: number[], k: number) => {
    const n = w.length / k;
    return w.map((_, at) => w[(at % k) * n + Math.floor(at / k)]!);
  };

  test.each([[true], [false], [false, true]])(
    "weights as [outputs, inputs]: %s …",
    async (...transB) => {
      const model = Model.fromGraph(chain({ sizes, transB }));
      const laidOut = (w: number[], i: number) => {
        return transB[i % transB.length] ? transposed(w, sizes[i]) : w;
      };
      const weights = given.w.flatMap((w: number[], i: number) => [
        [`w${i}`, Float32Array.from(laidOut(w, i))],
        [`b${i}`, Float32Array.from(given.b[i])],
      ]);
      model.setWeights(new Map(weights));
      model.compile({ strategy: { name: "bcd", ...strategy } });
      const steps: StepResult[] = [];
      const options = { batchSize: "all", shuffle: false, epochs: 2 } as const;
      const run = model.fit(data.x, data.y, { ...options, onStep: (step) => steps.push(step) });
      for await (const _ of run) void _;
      for (const [i, step] of steps.entries()) {
        expectNear(step.objective!, objectives[i], TOLERANCES.blocks);
      }
      for (const [i, w] of found.w.entries()) {
        expectNear(valuesOf(model, `w${i}`), laidOut(w, i), TOLERANCES.blocks);
        expectNear(valuesOf(model, `b${i}`), found.b[i], TOLERANCES.blocks);
      }
    },
  );
});

function expectNear(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  const worst = Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)));
  expect(worst).toBeLessThanOrEqual(tolerance * Math.max(1, ...wanted.map(Math.abs)));
}

test("a step of the core is one of the f64 VM, a smaller batch too", () => {
  const graph = chain({ sizes: [6, 17, 9, 4], ratio: 0.2 });
  const strategy = { name: "bcd", sweeps: 2 } as const;
  const options = { batch: 20, rows: 20, loss: "mse", strategy } as const;
  const compiled = compileForTest(graph, options);
  const [core, vm] = [Core.load(compiled.bytes, "simd"), new ReferenceVm(compiled.bytes)];
  const step = compiled.procedures.step!;
  const random = new TestRandom(3);
  const { x, y } = vm.program.procedures[step]!;
  for (const batch of [20, 20, 7]) {
    for (const id of [x!, y!]) {
      const values = random.array(vm.tensor(id).length);
      vm.tensor(id).set(values);
      core.floats(compiled.tensors[id]!.offset, values.length).set(values);
    }
    vm.execute(step, batch);
    core.execute(step, batch);
    for (const { tensor, offset, elements } of compiled.parameters) {
      const found = [...core.floats(offset, elements)];
      expectNear(found, [...vm.tensor(tensor)], TOLERANCES.blocks);
    }
  }
});

describe("frozen", () => {
  const sizes = [5, 7, 6, 3];

  test.each([["w0", "b0"], ["w1"], ["b*"], ["w2", "b2"], ["w*"]])(
    "%s …: no bit of it changes, all else moves, the objective falls",
    async (...freeze) => {
      const graph = chain({ sizes });
      const strategy = { name: "bcd", sweeps: 3 } as const;
      const { model, steps } = await train(graph, labelledRows(30, sizes), { strategy, freeze });
      expectFalls(steps);
      for (const { name, trainable } of model.parameters()) {
        const before = [...graph.initializers.get(name)!.data];
        if (trainable) expect(valuesOf(model, name), name).not.toEqual(before);
        else expect(valuesOf(model, name), name).toEqual(before);
      }
    },
  );

  test("all of it: there is nothing to train", async () => {
    const run = train(chain({ sizes }), labelledRows(30, sizes), { freeze: ["*"] });
    await expect(run).rejects.toMatchObject({ code: "nothing-to-train" });
  });
});

test("it learns: two sweeps on blobs", async () => {
  const random = new TestRandom(5);
  const labels = random.labels(200, 3);
  const data = Float32Array.from(
    labels.flatMap((label) =>
      [0, 1, 2].map((k) => {
        return (k === label ? 1 : 0) + random.next() * 0.6;
      }),
    ),
  );
  const x = { shape: [200, 3], data };
  const y = { shape: [200], data: Int32Array.from(labels) };
  const strategy = { name: "bcd", sweeps: 2 } as const;
  const { model } = await train(chain({ sizes: [3, 16, 16, 3] }), { x, y }, { strategy });
  expect(model.evaluate(x, y).accuracy).toBeGreaterThan(0.98);
});

test("scalar and simd: the same bits; budgets and epochs do not matter", async () => {
  const sizes = [9, 33, 12, 5];
  const runs = (["scalar", "simd"] as const).map((flavour) => {
    const strategy = { name: "bcd", sweeps: 2 } as const;
    return train(chain({ sizes }), labelledRows(37, sizes), { strategy }, { flavour });
  });
  const [scalar, simd] = await Promise.all(runs);
  expect(simd!.result.fingerprint).toBe(scalar!.result.fingerprint);
  expect(simd!.steps).toEqual(scalar!.steps);
});

test("an epoch tells the mean of its steps' objectives", async () => {
  const sizes = [4, 6, 3];
  const model = Model.fromGraph(chain({ sizes })).compile({ strategy: { name: "bcd", sweeps: 2 } });
  const { x, y } = labelledRows(20, sizes);
  const steps: StepResult[] = [];
  const run = model.fit(x, y, { epochs: 1, batchSize: 10, onStep: (step) => steps.push(step) });
  const { value: epoch } = await run.next();
  const mean = [0, 1, 2].map((i) => (steps[0]!.objective![i]! + steps[1]!.objective![i]!) / 2);
  expect(epoch).toMatchObject({ epoch: 1, objective: mean });
});

describe("refused, by the node's name", () => {
  const refusal = (make: (sketch: GraphSketch) => string, compile: ModelOptions = {}) => {
    const sketch = new GraphSketch(["N", 4]);
    const graph = sketch.end(make(sketch));
    return train(graph, labelledRows(20, [4, 3]), compile);
  };

  test.each(["Tanh", "Sigmoid"] as const)("%s between two layers", async (op) => {
    const run = refusal((s) => s.gemm(s.unary(op, s.gemm("x", "a", 4, 5)), "b", 5, 3));
    await expect(run).rejects.toMatchObject({
      code: "unsupported",
      where: expect.stringContaining(`(${op})`),
      hint: expect.stringContaining("Relu"),
    });
  });

  test("two layers with nothing between them, a ReLU at the end", async () => {
    const run = refusal((s) => s.gemm(s.gemm("x", "a", 4, 5), "b", 5, 3));
    await expect(run).rejects.toMatchObject({ where: expect.stringContaining("(Gemm)") });
    const end = refusal((s) => s.unary("Relu", s.gemm("x", "a", 4, 3)));
    await expect(end).rejects.toMatchObject({ where: expect.stringContaining("(Relu)") });
  });

  test("batch-norm in front, unless it is frozen", async () => {
    const net = (s: GraphSketch) => s.gemm(s.batchNorm("x", "bn", 4), "a", 4, 3);
    await expect(refusal(net)).rejects.toMatchObject({
      where: expect.stringContaining("(BatchNormalization)"),
    });
    const frozen = { freeze: ["bn.*"], bn: "frozen" } as const;
    await expect(refusal(net, frozen)).resolves.toBeDefined();
  });

  test("another loss", async () => {
    const run = refusal((s) => s.gemm("x", "a", 4, 3), { loss: "cross-entropy" });
    await expect(run).rejects.toMatchObject({ where: "--loss" });
  });
});
