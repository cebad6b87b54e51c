import {
  SOLVER_ALPHA,
  SOLVER_COLUMNS,
  SOLVER_INTERCEPT,
  SOLVER_OUTPUTS,
  SOLVER_POINTS,
  SOLVER_ROWS,
} from "../abi/solver";
import { DONE, NON_FINITE, PAUSED } from "../abi/status";
import { Ptr } from "../base/ptr";
import { arenaTake } from "./arena";
import { columnMean } from "./columns";
import { Problem, problemFail, problemRefuse, problemSpend } from "./problem";
import { padded } from "./vectors";

/** Rows, columns and outputs that addresses can hold with room to spare. */
const SIZE_MAX: u32 = 1 << 28;

/** The stage behind a linear method's last one. */
export const STAGE_END: u32 = 255;

/** What the linear models share. X lies column by column, in f32, a column padded to whole fours. */
@unmanaged
export class Linear extends Problem {
  /** f64[columns]: the columns' means, or zeros without an intercept. */
  means: Ptr;
  /** f64[rows]: 1 for each row. */
  ones: Ptr;
  /** Of the loops of the stage at work. */
  at: u32;
  inner: u32;
}

/** Whether x is a finite number from 0 up. */
export function isSize(x: f64): bool {
  return x >= 0 && x < Infinity;
}

/** Checks what all linear models are given, and lays out their data and results. */
export function linearLayout(problem: Linear, outputsMax: u32): u32 {
  const rows = problem.rows,
    columns = problem.columns,
    outputs = problem.outputs,
    points = problem.points;
  if (rows == 0 || rows > SIZE_MAX) return problemRefuse(problem, SOLVER_ROWS);
  if (columns == 0 || columns > SIZE_MAX) return problemRefuse(problem, SOLVER_COLUMNS);
  if (outputs == 0 || outputs > outputsMax) return problemRefuse(problem, SOLVER_OUTPUTS);
  if (points == 0 || points > SIZE_MAX) return problemRefuse(problem, SOLVER_POINTS);
  if (problem.intercept > 1) return problemRefuse(problem, SOLVER_INTERCEPT);
  if (!isSize(problem.alpha)) return problemRefuse(problem, SOLVER_ALPHA);
  const n = padded(rows);
  problem.xRowStride = 4;
  problem.xColumnStride = n << 2;
  problem.x = arenaTake(4, n, columns);
  problem.coef = arenaTake(8, points, outputs, columns);
  problem.intercepts = arenaTake(8, points, outputs);
  problem.alphas = arenaTake(8, points);
  problem.gaps = arenaTake(8, points);
  problem.objectives = arenaTake(8, points);
  problem.iterations = arenaTake(4, points);
  problem.means = arenaTake(8, padded(columns));
  problem.ones = arenaTake(8, n);
  return DONE;
}

/** Where column j of X lies. */
export function linearColumn(problem: Linear, j: u32): Ptr {
  return problem.x + j * problem.xColumnStride;
}

/** The mean of column j. */
export function linearMean(problem: Linear, j: u32): f64 {
  return load<f64>(problem.means + (j << 3));
}

/** ones = 1 for each row: the first thing that a method does. */
export function linearBegin(problem: Linear): void {
  for (let i: u32 = 0; i < problem.rows; ++i) store<f64>(problem.ones + (i << 3), 1);
}

/** Sets the next stage, whose loops begin at the first row or column. */
export function linearEnter(problem: Linear, stage: u32): u32 {
  problem.stage = stage;
  problem.at = 0;
  problem.inner = 0;
  return DONE;
}

/** means[j] of the column at `at`; NON_FINITE if an element of the column is not finite. */
export function linearCenter(problem: Linear): u32 {
  const j = problem.at;
  const x = linearColumn(problem, j);
  const mean = columnMean(problem.rows, padded(problem.rows), x, problem.ones);
  if (!(abs<f64>(mean) < Infinity)) return problemFail(problem, NON_FINITE, j, 0);
  store<f64>(problem.means + (j << 3), problem.intercept ? mean : 0);
  return DONE;
}

/** The means of the columns from `at` on: DONE, PAUSED or NON_FINITE. */
export function linearMeans(problem: Linear): u32 {
  while (problem.at < problem.columns) {
    const status = linearCenter(problem);
    if (status != DONE) return status;
    problem.at += 1;
    if (!problemSpend(problem, problem.rows)) return PAUSED;
  }
  return DONE;
}

/** The intercept of the columns as they were given, from that of the centred ones: b − Σ mean·w. */
export function linearIntercept(problem: Linear, b: f64, w: Ptr): f64 {
  for (let at: u32 = 0, end = problem.columns << 3; at < end; at += 8) {
    b -= load<f64>(problem.means + at) * load<f64>(w + at);
  }
  return b;
}

/** y[rows] −= its mean, which is returned; without an intercept y stays, and 0 is returned. Not finite if y is not. */
export function targetCenter(problem: Linear, y: Ptr): f64 {
  const first = load<f64>(y);
  const end = y + (problem.rows << 3);
  let sum: f64 = 0;
  for (let at = y; at < end; at += 8) sum += load<f64>(at) - first;
  const mean = first + sum / f64(problem.rows);
  if (!problem.intercept) return mean - mean;
  for (; y < end; y += 8) store<f64>(y, load<f64>(y) - mean);
  return mean;
}
