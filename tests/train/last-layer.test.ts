import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { Model } from "../../src/index.js";
import type { FitOptions, FitResult, ModelOptions } from "../../src/train/options.js";
import { GraphSketch } from "../helpers/graphs.js";
import { TOLERANCES } from "../tolerances.js";

// scripts/fixtures/last-layer.py: scikit-learn's numbers.
const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/last-layer.json", import.meta.url), "utf8"),
);
const { rows, inputs, features, hidden } = fixture;
const x = { shape: [rows, inputs], data: Float32Array.from(fixture.x) };
const targets = {
  labels: { shape: [rows], data: Int32Array.from(fixture.labels) },
  values: { shape: [rows, 2], data: Float32Array.from(fixture.values) },
};
type Targets = keyof typeof targets;
const outputs = { labels: 3, values: 2 };

interface Form {
  readonly name: string;
  /** How the last layer's weight lies, and how its bias is added. */
  readonly transB: boolean;
  readonly add?: boolean;
}

const FORMS: readonly Form[] = [
  { name: "Gemm, transB", transB: true },
  { name: "Gemm", transB: false },
  { name: "MatMul and Add", transB: false, add: true },
];

/** The fixture's network, its last layer of any weights. */
function network(of: Targets, { transB, add }: Form): Graph {
  const sketch = new GraphSketch(["N", inputs]);
  const k = outputs[of];
  const u = sketch.gemm("x", "hidden", inputs, features);
  const f = sketch.node("Relu", [u], {});
  const w = sketch.weight("w", transB ? [k, features] : [features, k]);
  const b = sketch.weight("b", [k]);
  const last = add
    ? sketch.node("Add", [sketch.node("MatMul", [f, w], {}), b], {})
    : sketch.node("Gemm", [f, w, b], { alpha: 1, beta: 1, transB });
  return sketch.end(last);
}

interface Run {
  readonly model: Model;
  readonly result: FitResult;
}

async function solve(
  of: Targets,
  form: Form,
  compile: ModelOptions,
  options: FitOptions = {},
): Promise<Run> {
  const model = Model.fromGraph(network(of, form));
  const { weight, bias } = hidden;
  model.setWeights(
    new Map([
      ["hidden.weight", Float32Array.from(weight)],
      ["hidden.bias", Float32Array.from(bias)],
    ]),
  );
  model.compile(compile);
  const run = model.fit(x, targets[of], { batchSize: 16, ...options });
  for await (const _ of run) void _;
  return { model, result: model.lastFit! };
}

const valuesOf = (model: Model, name: string) => [...model.graph.initializers.get(name)!.data];

/** [k, features] as scikit-learn has it. */
function weightOf(model: Model, { transB }: Form, k: number): number[] {
  const w = valuesOf(model, "w");
  if (transB) return w;
  return w.map((_, at) => w[(at % features) * k + Math.floor(at / features)]!);
}

function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  const worst = Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)));
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}

describe.each(["labels", "values"] as const)("%s", (of) => {
  const expected = of === "labels" ? fixture.ofLabels : fixture.ofValues;

  describe.each(FORMS)("$name", (form) => {
    test.each(expected as { ridge: number; weight: number[]; bias: number[]; loss: number }[])(
      "ridge $ridge, as scikit-learn",
      async ({ ridge, weight, bias, loss }) => {
        const { model, result } = await solve(of, form, {
          strategy: { name: "last-layer", ridge },
        });
        expectClose(weightOf(model, form, outputs[of]), weight, TOLERANCES.leastSquares);
        expectClose(valuesOf(model, "b"), bias, TOLERANCES.leastSquares);
        expectClose([result.loss], [loss], TOLERANCES.leastSquares);
        expectClose([model.evaluate(x, targets[of]).loss], [loss], TOLERANCES.leastSquares);
      },
    );
  });

  test("how the rows are batched does not matter, nor their order", async () => {
    const strategy = { name: "last-layer", ridge: 0.5 } as const;
    const whole = await solve(of, FORMS[0]!, { strategy }, { batchSize: "all", shuffle: false });
    for (const batchSize of [1, 7, 32]) {
      for (const shuffle of [false, true]) {
        const { model } = await solve(of, FORMS[0]!, { strategy }, { batchSize, shuffle });
        for (const name of ["w", "b"]) {
          expectClose(valuesOf(model, name), valuesOf(whole.model, name), TOLERANCES.leastSquares);
        }
      }
    }
  });

  test("scalar and simd: the same bits", async () => {
    const runs = (["scalar", "simd"] as const).map((flavour) => {
      return solve(of, FORMS[0]!, { strategy: "last-layer" }, { flavour });
    });
    const [scalar, simd] = await Promise.all(runs);
    expect(simd!.result.fingerprint).toBe(scalar!.result.fingerprint);
  });
});

test("one pass over the rows, then one step", async () => {
  const { result } = await solve("labels", FORMS[0]!, { strategy: "last-layer" }, { epochs: 5 });
  const phases = result.phases.map(({ name, steps, epochs }) => ({ name, steps, epochs }));
  expect(phases).toEqual([
    { name: "features", steps: 4, epochs: 1 },
    { name: "solve", steps: 1, epochs: 0 },
  ]);
});

test("held-out rows are judged by the solved layer", async () => {
  const options = { validationSplit: 0.25, seed: 3 };
  const { model, result } = await solve("values", FORMS[0]!, { strategy: "last-layer" }, options);
  expect(result.validation!.loss).toBeLessThan(2 * model.evaluate(x, targets.values).loss);
});

test("nothing below the last layer changes a bit", async () => {
  const { model } = await solve("labels", FORMS[0]!, { strategy: "last-layer" });
  expect(valuesOf(model, "hidden.weight")).toEqual(hidden.weight);
  expect(valuesOf(model, "hidden.bias")).toEqual(hidden.bias);
});

test("a frozen bias stays, and the weight makes up for it", async () => {
  const strategy = { name: "last-layer", ridge: 0 } as const;
  const { model } = await solve("values", FORMS[0]!, { strategy, freeze: ["b"] });
  const b = valuesOf(model, "b");
  expect(b).toEqual([...network("values", FORMS[0]!).initializers.get("b")!.data]);
  // At the minimum the residual is orthogonal to every feature: Σ_rows f·(f·W + b − y) = 0.
  const outputs = model.predict(x).data;
  const residual = targets.values.data.map((y, i) => (outputs[i] as number) - y);
  for (let j = 0; j < features; j++) {
    for (const k of [0, 1]) {
      let [sum, norm] = [0, 0];
      for (let r = 0; r < rows; r++) {
        let f = hidden.bias[j];
        for (let i = 0; i < inputs; i++)
          f += fixture.x[r * inputs + i] * hidden.weight[j * inputs + i];
        sum += Math.max(f, 0) * residual[2 * r + k]!;
        norm += Math.abs(Math.max(f, 0) * residual[2 * r + k]!);
      }
      expect(Math.abs(sum) / Math.max(1, norm)).toBeLessThan(TOLERANCES.leastSquares);
    }
  }
});

describe("refused", () => {
  const singular = async (ridge: number) => {
    const model = Model.fromGraph(network("values", FORMS[0]!));
    // The third feature is the first one again.
    const weight = Float32Array.from(hidden.weight).copyWithin(2 * inputs, 0, inputs);
    const bias = Float32Array.from(hidden.bias).copyWithin(2, 0, 1);
    model.setWeights(
      new Map([
        ["hidden.weight", weight],
        ["hidden.bias", bias],
      ]),
    );
    model.compile({ strategy: { name: "last-layer", ridge } });
    for await (const _ of model.fit(x, targets.values)) void _;
  };

  test("a feature that follows from others, without ridge: which one, and what to do", async () => {
    await expect(singular(0)).rejects.toMatchObject({
      code: "singular",
      message: expect.stringContaining("input 2 of the layer"),
      hint: expect.stringContaining("--ridge"),
    });
    await expect(singular(1e-3)).resolves.toBeUndefined();
  });

  test("a feature that is the same in every row, and not 0", async () => {
    const model = Model.fromGraph(network("values", FORMS[0]!));
    const weight = Float32Array.from(hidden.weight).fill(0, 3 * inputs, 4 * inputs);
    const bias = Float32Array.from(hidden.bias).fill(0.7, 3, 4);
    model.setWeights(
      new Map([
        ["hidden.weight", weight],
        ["hidden.bias", bias],
      ]),
    );
    model.compile({ strategy: { name: "last-layer", ridge: 0 } });
    const run = async () => {
      for await (const _ of model.fit(x, targets.values)) void _;
    };
    await expect(run()).rejects.toThrow("input 3 of the layer");
  });

  test("another loss, a model with another end, a frozen weight", async () => {
    const refusal = (compile: ModelOptions) => solve("labels", FORMS[0]!, compile);
    await expect(refusal({ strategy: "last-layer", loss: "cross-entropy" })).rejects.toMatchObject({
      where: "--loss",
      hint: "Leave it out, or give --loss mse.",
    });
    await expect(refusal({ strategy: "last-layer", freeze: ["w"] })).rejects.toThrow("is frozen");
    const sketch = new GraphSketch(["N", 4]);
    const end = sketch.node("Softmax", [sketch.gemm("x", "fc", 4, 3)], { axis: 1 });
    const model = Model.fromGraph(sketch.end(end)).compile({ strategy: "last-layer" });
    const run = model.fit(x, targets.labels);
    await expect(run.next()).rejects.toMatchObject({
      where: expect.stringContaining("Softmax"),
      hint: expect.stringContaining("ends in Gemm"),
    });
  });
});
