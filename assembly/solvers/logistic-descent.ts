import { SELECTION_RANDOM } from "../abi/solver";
import { memoryCopy, memoryZero } from "../base/memory";
import { pcg32Below } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { columnAdd, columnDot, columnSquares } from "./columns";
import { linearColumn, linearEnter, linearMean } from "./linear";
import { blockCoefficients, Logistic, STAGE_STEP, STAGE_SWEEP } from "./logistic-record";
import { softThreshold, sweepActivate, sweepBegin, sweepCount } from "./path";
import { problemRandom, problemSpend } from "./problem";
import { padded, vectorAdd, vectorDot } from "./vectors";

// The descent of a block's quadratic model, coordinate by coordinate, and the step that it comes to.

/** Sweeps over a block's quadratic model, and how far they bring down what the first one moved. */
const SWEEPS_MAX: u32 = 10;
const SWEEP_FALL: f64 = 0.01;
/** The quadratic model of the block stands: its descent begins. */
export function descentBegin(problem: Logistic): u32 {
  memoryCopy(problem.before, blockCoefficients(problem), padded(problem.columns) << 3);
  for (let j: u32 = 0; j < problem.columns; ++j) store<f64>(problem.squares + (j << 3), -1);
  problem.biasBefore = load<f64>(problem.bias + (problem.block << 3));
  problem.sweeps = 0;
  sweepBegin(problem, true);
  return linearEnter(problem, STAGE_SWEEP);
}

/** Goes on with the sweep: the intercept first, then the coordinates; false when the budget is spent. */
export function descentSweep(problem: Logistic): bool {
  const n = padded(problem.rows);
  const count = sweepCount(problem);
  const random = problem.selection == SELECTION_RANDOM;
  if (problem.inner == 0) {
    if (problem.intercept) moveIntercept(problem);
    problem.inner = 1;
    if (!problemSpend(problem, 3 * n)) return false;
  }
  while (problem.at < count) {
    const place = random ? pcg32Below(problemRandom(problem), count) : problem.at;
    const j = problem.full ? place : load<u32>(problem.active + (place << 2));
    coordinate(problem, j);
    problem.at += 1;
    if (!problemSpend(problem, 3 * n)) return false;
  }
  return true;
}

/** Minimises the block's model over its intercept: Σ residual / Σ curvature. */
function moveIntercept(problem: Logistic): void {
  const n = padded(problem.rows);
  store<f64>(problem.step, vectorDot(n, problem.curvature, problem.ones));
  store<f64>(problem.step, vectorDot(n, problem.residual, problem.ones) / load<f64>(problem.step));
  const change = load<f64>(problem.step);
  // Where every probability is 0 or 1 the model is flat.
  if (!(abs<f64>(change) < Infinity)) return;
  const at = problem.bias + (problem.block << 3);
  store<f64>(at, load<f64>(at) + change);
  vectorAdd(n, -change, problem.curvature, problem.residual);
}

/** Minimises the block's model over coordinate j. */
function coordinate(problem: Logistic, j: u32): void {
  const n = padded(problem.rows);
  const x = linearColumn(problem, j);
  const slope = columnDot(n, x, linearMean(problem, j), problem.residual);
  const w = blockCoefficients(problem) + (j << 3);
  // Most coordinates are zero and stay so, which needs no square.
  if (load<f64>(w) == 0 && abs<f64>(slope) <= problem.l1) return;
  store<f64>(problem.step, slope);
  const at = problem.squares + (j << 3);
  if (load<f64>(at) < 0) {
    store<f64>(at, columnSquares(n, x, linearMean(problem, j), problem.curvature));
  }
  move(problem, j, w, load<f64>(problem.step), load<f64>(at));
}

/** Sets w[j] to the model's minimum, given x_jᵀ·residual and Σ curvature·x_j². */
function move(problem: Logistic, j: u32, w: Ptr, slope: f64, square: f64): void {
  const divisor = square + problem.l2;
  if (divisor == 0) return;
  const before = load<f64>(w);
  const after = softThreshold(before * square + slope, problem.l1, divisor);
  const change = after - before;
  problem.largest = max<f64>(problem.largest, abs<f64>(after));
  problem.moved = max<f64>(problem.moved, abs<f64>(change));
  store<f64>(w, after);
  if (change == 0) return;
  const x = linearColumn(problem, j);
  const n = padded(problem.rows);
  columnAdd(n, -change, x, linearMean(problem, j), problem.curvature, problem.residual);
}

/** Chooses what follows a sweep: another over the active set, or the step. */
export function descentNext(problem: Logistic): u32 {
  const moved = problem.moved;
  if (problem.sweeps == 0) problem.movedFirst = moved;
  problem.sweeps += 1;
  const isDone = problem.sweeps > 1 && moved <= SWEEP_FALL * problem.movedFirst;
  if (isDone || moved == 0 || problem.sweeps == SWEEPS_MAX) {
    memoryZero(problem.step, padded(problem.rows) << 3);
    return linearEnter(problem, STAGE_STEP);
  }
  if (problem.full) sweepActivate(problem, blockCoefficients(problem));
  sweepBegin(problem, false);
  return linearEnter(problem, STAGE_SWEEP);
}

/** step = X·d + d₀, d being what the sweeps moved; false when the budget is spent. */
export function descentStep(problem: Logistic): bool {
  const n = padded(problem.rows);
  if (problem.inner == 0) {
    const change = load<f64>(problem.bias + (problem.block << 3)) - problem.biasBefore;
    problem.inner = 1;
    vectorAdd(n, change, problem.ones, problem.step);
  }
  const w = blockCoefficients(problem);
  while (problem.at < problem.columns) {
    const j = problem.at;
    problem.at = j + 1;
    const change = load<f64>(w + (j << 3)) - load<f64>(problem.before + (j << 3));
    if (change == 0) continue;
    const x = linearColumn(problem, j);
    columnAdd(n, change, x, linearMean(problem, j), problem.ones, problem.step);
    if (!problemSpend(problem, n)) return false;
  }
  return true;
}
