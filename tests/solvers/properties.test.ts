import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/solver.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";
import { elasticNetObjective, logisticObjective, ridgeObjective } from "./objectives.js";
import { columnsOf, type Rows, type Run, solveCore } from "./solutions.js";

const EN = abi.METHOD_ELASTIC_NET;
const { METHOD_LOGISTIC: LOGISTIC, METHOD_RIDGE: RIDGE } = abi;

function randomRows(seed: number, rows: number, columns: number): Rows {
  const random = new TestRandom(seed);
  return Array.from({ length: rows }, () => {
    const shared = random.next();
    return Array.from({ length: columns }, (_, j) => random.next() + (j % 3 ? shared : 2));
  });
}

function randomTargets(seed: number, x: Rows): number[] {
  const random = new TestRandom(seed);
  const w = random.array(x[0]!.length);
  return x.map((row) => row.reduce((sum, value, j) => sum + value * w[j]!, random.next() + 1));
}

/** Each class has a row. */
function randomLabels(seed: number, rows: number, classes: number): number[] {
  const random = new TestRandom(seed);
  return random.labels(rows, classes).map((label, i) => (i < classes ? i : label));
}

interface Shape {
  readonly name: string;
  readonly run: Run;
}

const SHAPES = [
  [30, 4],
  [9, 17],
  [5, 1],
  [41, 12],
] as const;

/** Descents of every kind on every shape, each with its true objective. */
const descents: Shape[] = SHAPES.flatMap(([rows, columns], s) => {
  const x = randomRows(s + 1, rows, columns);
  const y = randomTargets(s + 1, x);
  const nets = [0, 0.4, 1].flatMap((l1Ratio) =>
    [abi.PRECOMPUTE_ALWAYS, abi.PRECOMPUTE_NEVER].flatMap((precompute) =>
      [abi.SELECTION_CYCLIC, abi.SELECTION_RANDOM].map((selection) => {
        const problem = { method: EN, alpha: 0.05, l1Ratio, intercept: 1, precompute, selection };
        const name = `elastic net ${rows}×${columns}, l1 ratio ${l1Ratio}, gram ${precompute}, order ${selection}`;
        return { name, run: { x, y: [y], problem } };
      }),
    ),
  );
  const classifiers = [0, 0.4, 1].flatMap((l1Ratio) =>
    [1, 3].flatMap((outputs) =>
      [0, 1].map((intercept) => {
        const problem = { method: LOGISTIC, alpha: 0.02, l1Ratio, intercept, outputs };
        const labels = randomLabels(s + 1, rows, outputs === 1 ? 2 : outputs);
        const name = `logistic ${rows}×${columns}, l1 ratio ${l1Ratio}, vectors ${outputs}, intercept ${intercept}`;
        return { name, run: { x, y: [labels, ...Array(outputs - 1).fill([])], problem } };
      }),
    ),
  );
  return [...nets, ...classifiers];
});

function objectiveOf(
  { x, y, problem }: Run,
  coef: readonly number[],
  intercept: readonly number[],
) {
  const penalty = { alpha: problem.alpha!, l1Ratio: problem.l1Ratio! };
  if (problem.method === EN) {
    return elasticNetObjective(x, y[0]!, coef, intercept[0]!, penalty);
  }
  const columns = x[0]!.length;
  const w = intercept.map((_, k) => coef.slice(k * columns, (k + 1) * columns));
  return logisticObjective(x, y[0]!, w, intercept, penalty);
}

describe.each(descents)("$name", ({ run }) => {
  const solve = (problem: object) => solveCore({ ...run, problem: { ...run.problem, ...problem } });
  const exact = solve({ tol: 1e-13, maxIterations: 20_000 });
  const least = objectiveOf(run, exact.coef, exact.intercept);

  test("the gap bounds the distance to the minimum, however early it stops", () => {
    for (const maxIterations of [1, 2, 3, 5, 8, 100]) {
      const found = solve({ tol: 0, maxIterations });
      const objective = objectiveOf(run, found.coef, found.intercept);
      const slack = TOLERANCES.f64Order * Math.max(1, objective);
      expect(Math.abs(found.objectives[0]! - objective)).toBeLessThan(slack);
      expect(objective - least).toBeGreaterThan(-slack);
      expect(objective - least).toBeLessThan(found.gaps[0]! + slack);
    }
  });

  test("the objective never rises from one iteration to the next", () => {
    let before = Number.POSITIVE_INFINITY;
    for (let maxIterations = 1; maxIterations <= 12; ++maxIterations) {
      const [objective] = solve({ tol: 0, maxIterations }).objectives as [number];
      expect(objective).toBeLessThanOrEqual(before + TOLERANCES.f64Order * Math.max(1, before));
      before = objective;
    }
  });

  test("it stops at tol, and not much earlier", () => {
    for (const tol of [1e-2, 1e-5, 1e-9]) {
      const found = solve({ tol, maxIterations: 20_000 });
      expect(found.gaps[0]).toBeLessThanOrEqual(found.goal);
      const fewer = found.iterations[0]! - 1;
      // One iteration less has a larger gap, or sweeps that were not settled yet.
      if (fewer && run.problem.method === LOGISTIC) {
        expect(solve({ tol, maxIterations: fewer }).gaps[0]).toBeGreaterThan(found.goal);
      }
    }
  });
});

const closed: Shape[] = SHAPES.flatMap(([rows, columns], s) =>
  [0, 0.3].flatMap((alpha) =>
    [0, 1].flatMap((intercept) => {
      if (alpha === 0 && rows <= columns) return [];
      const x = randomRows(s + 1, rows, columns);
      const y = [randomTargets(s + 1, x), randomTargets(s + 2, x)];
      const problem = { method: RIDGE, alpha, intercept };
      const name = `ridge ${rows}×${columns}, alpha ${alpha}, intercept ${intercept}`;
      return [{ name, run: { x, y, problem } }];
    }),
  ),
);

test.each(closed)("$name: no coefficient can be moved to a lower objective", ({ run }) => {
  const { x, y, problem } = run;
  const { coef, intercept, objectives } = solveCore(run);
  const columns = x[0]!.length;
  let sum = 0;
  for (const [k, target] of y.entries()) {
    const w = coef.slice(k * columns, (k + 1) * columns);
    const at = (weights: number[], b: number) =>
      ridgeObjective(x, target, weights, b, problem.alpha!);
    const least = at(w, intercept[k]!);
    sum += least;
    for (const step of [1e-3, -1e-3]) {
      if (problem.intercept) expect(at(w, intercept[k]! + step)).toBeGreaterThan(least);
      for (let j = 0; j < columns; ++j) {
        const moved = w.map((value, i) => (i === j ? value + step : value));
        expect(at(moved, intercept[k]!)).toBeGreaterThan(least);
      }
    }
  }
  expect(Math.abs(objectives[0]! - sum)).toBeLessThan(TOLERANCES.f64Order * Math.max(1, sum));
});

describe.each([...descents, ...closed])("$name", ({ run }) => {
  const whole = solveCore({ ...run, problem: { tol: 1e-6, ...run.problem }, flavour: "scalar" });

  test("scalar and simd, and any budget: the same bits", () => {
    for (const flavour of ["scalar", "simd"] as const) {
      for (const budget of [0, 1, 77, 5000]) {
        const found = solveCore({
          ...run,
          problem: { tol: 1e-6, ...run.problem },
          flavour,
          budget,
        });
        expect({ ...found, pauses: 0 }).toEqual({ ...whole, pauses: 0 });
        if (budget === 1) expect(found.pauses).toBeGreaterThan(4);
      }
    }
  });
});

describe("a path", () => {
  const x = randomRows(3, 40, 9);
  const y = randomTargets(3, x);
  const labels = randomLabels(3, 40, 3);
  const problem = { l1Ratio: 1, intercept: 1, points: 6, tol: 1e-12, maxIterations: 50_000 };

  test.each([
    { name: "lasso", run: { x, y: [y], problem: { ...problem, method: EN } } },
    {
      name: "logistic",
      run: { x, y: [labels, [], []], problem: { ...problem, method: LOGISTIC } },
    },
  ])("$name: begins where all is zero, and each point is that of its alpha alone", ({ run }) => {
    const path = solveCore({ ...run, problem: { ...run.problem, pathEps: 0.01 } });
    const vectors = path.coef.length / 6;
    expect(path.coef.slice(0, vectors).every((w) => Math.abs(w) < 1e-12)).toBe(true);
    expect(path.coef.slice(vectors, 2 * vectors).some((w) => w !== 0)).toBe(true);
    expect(path.alphas[5]! / path.alphas[0]!).toBeCloseTo(0.01, 12);
    for (const [i, alpha] of path.alphas.entries()) {
      const alone = solveCore({ ...run, problem: { ...run.problem, points: 1, alpha } });
      const off = alone.coef.map((w, j) => Math.abs(w - path.coef[i * vectors + j]!));
      expect(Math.max(...off)).toBeLessThan(TOLERANCES.solverCoefficients);
    }
  });

  test("an alpha is where it ends, exactly", () => {
    const run = { x, y: [y], problem: { ...problem, method: EN, alpha: 0.0123 } };
    expect(solveCore(run).alphas[5]).toBe(0.0123);
    const all = solveCore({ ...run, problem: { ...run.problem, alpha: 1e6 } });
    expect(all.alphas).toEqual(Array(6).fill(1e6));
  });

  test("targets that no column has to do with", () => {
    const run = { x, y: [y.map(() => 2)], problem: { ...problem, method: EN, pathEps: 0.1 } };
    const { coef, intercept } = solveCore(run);
    expect(coef.every((w) => w === 0)).toBe(true);
    expect(intercept).toEqual(Array(6).fill(2));
  });
});

test.each([abi.SELECTION_CYCLIC, abi.SELECTION_RANDOM])(
  "a tol of 0, order %i: the active set never settles, and all coordinates have their turn",
  (selection) => {
    const x = randomRows(1, 20, 60);
    const problem = { method: EN, alpha: 0.01, l1Ratio: 1, intercept: 1, tol: 0, selection };
    const run = { x, y: [randomTargets(1, x)], problem: { ...problem, maxIterations: 50_000 } };
    expect(solveCore(run).gaps[0]).toBeLessThan(TOLERANCES.f64Order);
  },
);

test("columns and targets of a naive solution: the lasso of orthogonal columns is soft thresholding", () => {
  const x = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const y = [3, -0.5, -2];
  const problem = { method: EN, alpha: 0.3, l1Ratio: 1, tol: 0, maxIterations: 5 };
  const { coef, gaps } = solveCore({ x, y: [y], problem });
  for (const [j, w] of columnsOf(x).entries()) {
    const z = w.reduce((sum, value, i) => sum + value * y[i]!, 0);
    const soft = Math.sign(z) * Math.max(0, Math.abs(z) - 3 * 0.3);
    expect(coef[j]).toBeCloseTo(soft, 14);
  }
  expect(gaps[0]).toBeLessThan(1e-15);
});
