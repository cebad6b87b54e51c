import { readFileSync } from "node:fs";
import * as abi from "../../assembly/abi/solver.js";
import { DONE, PAUSED } from "../../assembly/abi/status.js";
import { type Problem, SolverCore, type SolverFlavour } from "../../src/solve/solver-core.js";

export type Rows = readonly (readonly number[])[];

/** scikit-learn's answer to a problem. */
export interface Expected {
  readonly method: "lasso" | "elastic-net" | "ridge" | "least-squares" | "logistic";
  readonly options: {
    readonly alpha?: number;
    readonly l1Ratio?: number;
    readonly intercept?: boolean;
  };
  readonly coef: Rows;
  readonly intercept: readonly number[];
  readonly classes?: "two" | "three";
  readonly several?: true;
}

export interface Case {
  readonly name: string;
  readonly x: Rows;
  readonly y: readonly number[];
  readonly several: Rows;
  readonly labels: readonly number[];
  readonly solutions: readonly Expected[];
  readonly paths: readonly {
    readonly l1Ratio: number;
    readonly alphas: readonly number[];
    readonly coefs: Rows;
  }[];
}

const fixture = new URL("../fixtures/solvers.json", import.meta.url);
export const cases: readonly Case[] = JSON.parse(readFileSync(fixture, "utf8")).cases;

export interface Run {
  readonly x: Rows;
  /** Targets, those of an output after the other, or classes. */
  readonly y: Rows;
  readonly problem: Problem;
  readonly flavour?: SolverFlavour;
  readonly budget?: number;
}

/** Runs a linear problem in the solvers' core; everything that comes out of it. */
export function solveCore({ x, y, problem, flavour, budget = 0 }: Run) {
  const [rows, columns] = [x.length, x[0]!.length];
  const given = { rows, columns, outputs: y.length, points: 1, maxIterations: 1000, ...problem };
  const core = new SolverCore(given, flavour);
  const stride = core.word(abi.SOLVER_X_COLUMN_STRIDE);
  for (let j = 0; j < columns; j++) {
    core.floats(abi.SOLVER_X, rows, j * stride).set(x.map((row) => row[j]!));
  }
  if (given.method === abi.METHOD_LOGISTIC) core.words(abi.SOLVER_Y, rows).set(y[0]!);
  else {
    for (const [k, target] of y.entries()) {
      core.doubles(abi.SOLVER_Y, rows, k * core.word(abi.SOLVER_Y_STRIDE)).set(target);
    }
  }
  let pauses = 0;
  for (let status = PAUSED; status !== DONE; ++pauses) status = core.run(budget);
  const { points, outputs } = given;
  return {
    coef: [...core.doubles(abi.SOLVER_COEF, points * outputs * columns)],
    intercept: [...core.doubles(abi.SOLVER_INTERCEPTS, points * outputs)],
    alphas: [...core.doubles(abi.SOLVER_ALPHAS, points)],
    gaps: [...core.doubles(abi.SOLVER_GAPS, points)],
    objectives: [...core.doubles(abi.SOLVER_OBJECTIVES, points)],
    iterations: [...core.words(abi.SOLVER_ITERATIONS, points)],
    goal: core.number(abi.SOLVER_GAP_GOAL),
    pauses,
  };
}

/** Rows, targets and record of one of scikit-learn's problems. */
export function problemOf(
  { x, y, several, labels }: Case,
  { method, options, classes, several: isSeveral }: Expected,
): Pick<Run, "x" | "y" | "problem"> {
  const { alpha = 0, l1Ratio = 1, intercept = true } = options;
  const common = { alpha, intercept: Number(intercept), tol: 1e-14, maxIterations: 100_000 };
  if (method === "logistic") {
    const two = labels.map((label) => Number(label === 1));
    const outputs = classes === "two" ? 1 : 3;
    const problem = { ...common, method: abi.METHOD_LOGISTIC, outputs, l1Ratio };
    return { x, y: [classes === "two" ? two : labels], problem };
  }
  if (method === "ridge" || method === "least-squares") {
    const problem = { ...common, method: abi.METHOD_RIDGE };
    return { x, y: isSeveral ? columnsOf(several) : [y], problem };
  }
  return { x, y: [y], problem: { ...common, method: abi.METHOD_ELASTIC_NET, l1Ratio } };
}

/** Which coefficients are not zero. At alphaMax one of them is on the edge: rounding makes it one or the other. */
export function activeOf(coef: readonly number[]): boolean[] {
  return coef.map((value) => Math.abs(value) > 1e-12);
}

export function columnsOf(rows: Rows): Rows {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
}

/** The largest difference, relative to the larger of `unit` and the expected value. */
export function largestOff(
  found: readonly number[],
  expected: readonly number[],
  unit = 1,
): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  const offs = found.map(
    (value, i) => Math.abs(value - expected[i]!) / Math.max(unit, Math.abs(expected[i]!)),
  );
  return Math.max(0, ...offs);
}
