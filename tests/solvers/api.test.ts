import { describe, expect, test } from "vitest";
import { type Input, type LinearSolution, StropError, solve } from "../../src/index.js";
import { TOLERANCES } from "../tolerances.js";
import { cases, type Expected, largestOff } from "./solutions.js";

const tall = cases.find(({ name }) => name === "tall")!;
const x = tall.x.map((row) => [...row]);
const y = { shape: [x.length], data: Float64Array.from(tall.y) };
const labels = [...tall.labels];

const METHODS = {
  lasso: solve.lasso,
  "elastic-net": solve.elasticNet,
  ridge: solve.ridge,
  "least-squares": solve.leastSquares,
  logistic: solve.logistic,
} as const;

function run({ method, options, several }: Expected, more: object = {}): Promise<LinearSolution> {
  const solver = METHODS[method] as (
    x: Input,
    y: Input,
    options: object,
  ) => Promise<LinearSolution>;
  const descends = method !== "ridge" && method !== "least-squares";
  const target = several ? tall.several.map((row) => [...row]) : y;
  const given = { ...options, ...(descends && { tol: 1e-12 }), ...more };
  return solver(x, method === "logistic" ? labels : target, given);
}

describe("solve", () => {
  const chosen = tall.solutions.filter(({ classes }) => classes !== "two");
  test.each(chosen.map((expected) => ({ ...expected, title: JSON.stringify(expected.options) })))(
    "$method $title: as scikit-learn, and as the core planned",
    async (expected) => {
      const found = await run(expected);
      expect(found.coef.map((row) => row.length)).toEqual(expected.coef.map((row) => row.length));
      const off = largestOff(
        found.coef.flatMap((row) => [...row]),
        expected.coef.flat(),
      );
      expect(off).toBeLessThan(TOLERANCES.solverCoefficients);
      expect(largestOff(found.intercept, expected.intercept)).toBeLessThan(
        TOLERANCES.solverCoefficients,
      );
      expect(found.pageBytes).toBe(65536 * Math.ceil(found.pageBytes / 65536));
      expect(found.pageBytes).toBeGreaterThanOrEqual(found.plannedBytes);
      expect(found.converged).toBe(true);
    },
  );

  test("the model of a solution is a network like any other", async () => {
    const { model, coef, intercept } = await solve.lasso(x, y, { alpha: 0.05 });
    const { shape, data } = model.predict(x);
    expect(shape).toEqual([x.length, 1]);
    const own = x.map((row) => row.reduce((sum, v, j) => sum + v * coef[0]![j]!, intercept[0]!));
    expect(largestOff([...(data as Float32Array)], own)).toBeLessThan(TOLERANCES.f32Reduction * 8);
    model.compile({ optimizer: { name: "sgd", lr: 1e-3 } });
    for await (const _ of model.fit(x, tall.y.map(Math.fround), { epochs: 1 }));
    expect(model.predict(x).data).not.toEqual(data);
  });

  test("probabilities of classes add up to 1, and the largest is mostly right", async () => {
    const { model } = await solve.logistic(x, labels, { alpha: 0.01 });
    const { shape, data } = model.predict(x);
    expect(shape).toEqual([x.length, 3]);
    for (let i = 0; i < x.length; i++) {
      const row = (data as Float32Array).subarray(3 * i, 3 * i + 3);
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    expect(model.evaluate(x, labels).accuracy).toBeGreaterThan(0.5);
  });

  test("rows of any shape are flat ones with a Flatten in front", async () => {
    const images = { shape: [x.length, 2, 4], data: Float32Array.from(x.flat()) };
    const flat = await solve.ridge(x, y);
    const found = await solve.ridge(images, y);
    expect(found.coef).toEqual(flat.coef);
    expect(found.model.predict(images).data).toEqual(flat.model.predict(x).data);
    const long = await solve.ridge(Float32Array.from(x.flat()), y);
    expect(long.coef).toEqual(flat.coef);
  });

  test("the solution at an alpha is the last of the path that ends there", async () => {
    const { path, ...last } = await solve.lasso(x, y, { alpha: 0.05, path: 5 });
    expect(path).toHaveLength(5);
    expect(last).toMatchObject(path!.at(-1)!);
    expect(path!.map(({ alpha }) => alpha)).toEqual(
      [...path!.map(({ alpha }) => alpha)].sort((a, b) => b - a),
    );
    expect(last.alpha).toBe(0.05);
  });

  test("what has not converged says so", async () => {
    const found = await solve.lasso(x, y, { alpha: 1e-3, maxIterations: 1 });
    expect(found).toMatchObject({ converged: false, iterations: 1 });
    expect(found.gap).toBeGreaterThan(0);
  });

  test("targets in plain lists stay float64", async () => {
    const rows = [[0], [1], [2]];
    const list = [1e9 + 0.5, 1e9 + 1.5, 1e9 + 2.5];
    for (const y of [list, list.map((value) => [value]), { shape: [3], data: list }]) {
      const { coef, intercept } = await solve.leastSquares(rows, y as number[]);
      expect([coef[0]![0], intercept[0]]).toEqual([1, 1e9 + 0.5]);
    }
  });

  test("a signal that has been given ends it before it begins", async () => {
    const run = solve.ridge(x, y, { signal: AbortSignal.abort() });
    await expect(run).rejects.toMatchObject({ code: "interrupted" });
  });

  test("a signal ends it, and it tells how far it is", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const run = solve.lasso(x, y, {
      alpha: 1e-6,
      tol: 0,
      maxIterations: 2 ** 31 - 1,
      precompute: "never",
      selection: "random",
      signal: controller.signal,
      onProgress({ iteration, point, points }) {
        seen.push(iteration);
        expect([point, points]).toEqual([1, 1]);
        if (seen.length === 2) controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "interrupted" });
    expect(seen[1]).toBeGreaterThan(seen[0]!);
  });
});

describe("it refuses", () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "an option that there is not",
      () => solve.ridge(x, y, { alhpa: 1 } as object),
      /^alhpa: 1 is given, but ridge has no such option\. It has alpha\.$/,
    ],
    [
      "a word for a number",
      () => solve.lasso(x, y, { alpha: "1" as never }),
      /^alpha: '1' is not a number from 0 up\.$/,
    ],
    [
      "another flavour",
      () => solve.lasso(x, y, { flavour: "relaxed" as never }),
      /^flavour: 'relaxed' is no flavour of the solvers/,
    ],
    ["a seed below 0", () => solve.lasso(x, y, { seed: -1 }), /^seed: -1 is not a whole number/],
    [
      "x without rows",
      () => solve.lasso({ shape: [0, 3], data: new Float32Array(0) }, []),
      /^x: an array of shape \[0, 3\] has no numbers\.$/,
    ],
    ["x that is no array", () => solve.lasso(3 as never, y), /^x: 3 is not an array of numbers\.$/],
    [
      "a flat x of no whole rows",
      () => solve.ridge([1, 2, 3, 4, 5], [1, 2]),
      /^x: 5 numbers do not make 2 rows\.$/,
    ],
    ["no x", () => solve.lasso(null as never, y), /^x: null is not an array of numbers\.$/],
    [
      "several targets",
      () => solve.lasso([[1], [2]], { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }),
      /^y: 2 targets a row, and lasso takes one\./,
    ],
    [
      "no y",
      () => solve.lasso(x, undefined as never),
      /^y: undefined is not an array of numbers\.$/,
    ],
    ["x with NaN", () => solve.lasso([[1], [Number.NaN]], [1, 2]), /^x row 1: value is NaN\.$/],
    [
      "targets too large to square",
      () => solve.lasso([[1], [2]], { shape: [2], data: Float64Array.of(0, 1e300) }),
      /^y: its squares are too large for float64\.$/,
    ],
    ["one class", () => solve.logistic([[1], [2]], [0, 0]), /^y: class 1 has no rows\./],
    [
      "too many classes",
      () => solve.logistic([[1], [2]], [0, 300]),
      /^y: label 300, but a logistic regression has at most 256 classes\.$/,
    ],
    [
      "a negative label",
      () => solve.logistic([[1], [2]], [0, -1]),
      /^y row 1: label -1, but the model has 2 classes/,
    ],
    [
      "a constant column",
      () =>
        solve.leastSquares(
          [
            [1, 3],
            [2, 3],
            [5, 3],
            [7, 3],
          ],
          [1, 2, 3, 4],
        ),
      /^x column 1: it is constant/,
    ],
    [
      "an alpha that is lost",
      () =>
        solve.ridge(
          [
            [1e6, 1e6],
            [2e6, 2e6],
            [4e6, 4e6],
          ],
          [1, 2, 3],
          { alpha: 1e-6 },
        ),
      /^x: alpha is too small beside the numbers .* Raise alpha\.$/,
    ],
    [
      "classes of a table for a regression",
      () =>
        solve.lasso(x, {
          shape: [x.length],
          data: Int32Array.from(labels),
          classes: ["a", "b", "c"],
        }),
      /^y: its target is words, and a regression needs numbers/,
    ],
  ])("%s", async (_, run, message) => {
    const error = await run().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(StropError);
    expect((error as StropError).message).toMatch(message);
  });

  test("more than a memory holds, before anything is allocated", async () => {
    const { SolverCore } = await import("../../src/solve/solver-core.js");
    const problem = {
      method: 1,
      rows: 2e6,
      columns: 2e6,
      outputs: 1,
      points: 1,
      alpha: 1,
      maxIterations: 1,
    };
    expect(() => new SolverCore(problem)).toThrow(/18/);
  });
});
