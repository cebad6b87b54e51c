import {
  PRECOMPUTE_ALWAYS,
  PRECOMPUTE_NEVER,
  SELECTION_RANDOM,
  SOLVER_PRECOMPUTE,
} from "../abi/solver";
import { DONE, NON_FINITE, PAUSED } from "../abi/status";
import { memoryCopy } from "../base/memory";
import { pcg32Below } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { arenaTake } from "./arena";
import { columnAdd, columnDot, columnSquares } from "./columns";
import { gapMeasure, gapResidual } from "./elastic-net-gap";
import { ElasticNet } from "./elastic-net-record";
import { gramBlockRows, gramMirror, gramRun } from "./gram";
import {
  linearCenter,
  linearColumn,
  linearEnter,
  linearIntercept,
  linearLayout,
  linearMean,
  STAGE_END,
  targetCenter,
} from "./linear";
import {
  pathBegin,
  pathLayout,
  pathNext,
  pathPoint,
  pathRecord,
  pathStart,
  softThreshold,
  sweepActivate,
  sweepBegin,
  sweepCount,
  sweepSettled,
} from "./path";
import { problemFail, problemRandom, problemRefuse, problemSpend } from "./problem";
import { padded, vectorAdd, vectorDot } from "./vectors";

const STAGE_BEGIN: u32 = 0;
const STAGE_CENTER: u32 = 1;
const STAGE_GRAM: u32 = 2;
const STAGE_MIRROR: u32 = 3;
const STAGE_POINT: u32 = 4;
const STAGE_SWEEP: u32 = 5;
const STAGE_REFRESH: u32 = 6;
const STAGE_GRADIENT: u32 = 7;
const STAGE_MEASURE: u32 = 8;

/**
 * Linear regression with an elastic-net penalty, by coordinate descent.
 *
 *   min over w, b of  ‖y − X·w − b‖² / (2·rows) + alpha·l1Ratio·‖w‖₁ + alpha·(1 − l1Ratio)/2·‖w‖²
 *
 * Each step minimises over one coordinate: w[j] ← soft(x_jᵀ·r + ‖x_j‖²·w[j], l1) / (‖x_j‖² + l2), on centred
 * columns. r = y − X·w is kept, or, where the Gram matrix is held, g = Xᵀ·r (covariance updates). Sweeps over all
 * coordinates alternate with sweeps over those that are not zero. Ends when the duality gap is at most tol·‖y‖².
 * Friedman, Hastie, Tibshirani 2010, "Regularization Paths for Generalized Linear Models via Coordinate Descent",
 * doi:10.18637/jss.v033.i01.
 */
export function elasticNetLayout(problem: ElasticNet): u32 {
  if (problem.precompute > PRECOMPUTE_NEVER) return problemRefuse(problem, SOLVER_PRECOMPUTE);
  const status = linearLayout(problem, 1) || pathLayout(problem);
  if (status) return status;
  const n = padded(problem.rows),
    p = padded(problem.columns);
  problem.y = arenaTake(8, n);
  problem.yStride = n << 3;
  problem.squares = arenaTake(8, p);
  problem.xy = arenaTake(8, p);
  problem.gradient = arenaTake(8, p);
  const choice = problem.precompute;
  const hasGram =
    choice == PRECOMPUTE_ALWAYS || (choice != PRECOMPUTE_NEVER && problem.rows > problem.columns);
  problem.residual = hasGram ? 0 : arenaTake(8, n);
  problem.block = hasGram ? arenaTake(8, gramBlockRows(n), p) : 0;
  problem.gram = hasGram ? arenaTake(8, p, p) : 0;
  return DONE;
}

/** Gets on with the stage at work: DONE when the next one is set. */
export function elasticNetAdvance(problem: ElasticNet): u32 {
  switch (problem.stage) {
    case STAGE_BEGIN:
      return begin(problem);
    case STAGE_CENTER:
      return center(problem);
    case STAGE_GRAM:
      if (problem.gram && !gramRun(problem, problem.block, problem.gram)) return PAUSED;
      return linearEnter(problem, STAGE_MIRROR);
    case STAGE_MIRROR:
      if (problem.gram && !gramMirror(problem, problem.gram)) return PAUSED;
      pathBegin(problem, largestSize(problem.columns, problem.xy));
      return linearEnter(problem, STAGE_POINT);
    case STAGE_POINT:
      pathPoint(problem);
      return linearEnter(problem, STAGE_SWEEP);
    case STAGE_SWEEP:
      return sweep(problem) ? afterSweep(problem) : PAUSED;
    case STAGE_REFRESH:
      return refresh(problem) ? linearEnter(problem, STAGE_GRADIENT) : PAUSED;
    case STAGE_GRADIENT:
      return problem.gram || gradients(problem) ? linearEnter(problem, STAGE_MEASURE) : PAUSED;
    default:
      return afterMeasure(problem);
  }
}

/** Centres y, and starts with w = 0. */
function begin(problem: ElasticNet): u32 {
  pathStart(problem);
  problem.yMean = targetCenter(problem, problem.y);
  const n = padded(problem.rows);
  problem.yy = vectorDot(n, problem.y, problem.y);
  if (!problem.gram) memoryCopy(problem.residual, problem.y, n << 3);
  problem.gapGoal = (problem.tol * problem.yy) / f64(problem.rows);
  if (!(problem.yy < Infinity)) return problemFail(problem, NON_FINITE, problem.columns, 0);
  return linearEnter(problem, STAGE_CENTER);
}

/** Mean, square and product with y of the columns from `at` on: DONE, PAUSED or NON_FINITE. */
function center(problem: ElasticNet): u32 {
  const n = padded(problem.rows);
  while (problem.at < problem.columns) {
    const j = problem.at;
    const status = linearCenter(problem);
    if (status != DONE) return status;
    const x = linearColumn(problem, j),
      mean = problem.means + (j << 3);
    store<f64>(problem.squares + (j << 3), columnSquares(n, x, load<f64>(mean), problem.ones));
    store<f64>(problem.xy + (j << 3), columnDot(n, x, load<f64>(mean), problem.y));
    problem.at = j + 1;
    if (!problemSpend(problem, 3 * n)) return PAUSED;
  }
  memoryCopy(problem.gradient, problem.xy, padded(problem.columns) << 3);
  return linearEnter(problem, STAGE_GRAM);
}

/** Goes on with the sweep; false when the budget is spent. */
function sweep(problem: ElasticNet): bool {
  const count = sweepCount(problem);
  const length = padded(problem.gram ? problem.columns : problem.rows);
  const random = problem.selection == SELECTION_RANDOM;
  while (problem.at < count) {
    const place = random ? pcg32Below(problemRandom(problem), count) : problem.at;
    const j = problem.full ? place : load<u32>(problem.active + (place << 2));
    const hasMoved = inline.always(coordinate(problem, j));
    problem.at += 1;
    // With the Gram matrix it costs next to nothing to see that a coordinate stays.
    const work = problem.gram ? (hasMoved ? length : 4) : hasMoved ? 2 * length : length;
    if (!inline.always(problemSpend(problem, work))) return false;
  }
  return true;
}

/** Minimises over coordinate j; true if it moved. */
function coordinate(problem: ElasticNet, j: u32): bool {
  const square = load<f64>(problem.squares + (j << 3));
  if (square == 0) return false;
  return move(problem, j, inline.always(slope(problem, j)));
}

/** x_jᵀ·r. */
function slope(problem: ElasticNet, j: u32): f64 {
  if (problem.gram) return load<f64>(problem.gradient + (j << 3));
  const x = linearColumn(problem, j);
  return columnDot(padded(problem.rows), x, linearMean(problem, j), problem.residual);
}

/** Sets w[j] to its minimum, given x_jᵀ·r, and r or g to what follows; true if it moved. */
function move(problem: ElasticNet, j: u32, slope: f64): bool {
  const at = problem.w + (j << 3);
  const l1 = problem.l1;
  const before = load<f64>(at);
  // Most coordinates are zero and stay so.
  if (before == 0 && abs<f64>(slope) <= l1) return false;
  const square = load<f64>(problem.squares + (j << 3));
  const divisor = square + problem.l2;
  const z = before * square + slope;
  const after = inline.always(softThreshold(z, l1, divisor));
  const change = after - before;
  problem.largest = max<f64>(problem.largest, abs<f64>(after));
  if (change == 0) return false;
  problem.moved = max<f64>(problem.moved, abs<f64>(change));
  store<f64>(at, after);
  add(problem, j, -change);
  return true;
}

/** r or g, less `change`·column j. */
function add(problem: ElasticNet, j: u32, change: f64): void {
  const n = padded(problem.rows),
    p = padded(problem.columns);
  if (problem.gram) vectorAdd(p, change, problem.gram + j * (p << 3), problem.gradient);
  else {
    const x = linearColumn(problem, j);
    columnAdd(n, change, x, linearMean(problem, j), problem.ones, problem.residual);
  }
}

/** Chooses what follows a sweep: another, or a look at the gap. */
function afterSweep(problem: ElasticNet): u32 {
  problem.iteration += 1;
  const isLast = problem.iteration == problem.maxIterations;
  const isSettled = sweepSettled(problem);
  if (isLast || (isSettled && problem.full)) return linearEnter(problem, STAGE_REFRESH);
  // With the Gram matrix a sweep over all costs little more than one over the active set.
  const full = isSettled || problem.gram != 0;
  if (problem.full && !full) sweepActivate(problem, problem.w);
  sweepBegin(problem, full);
  return linearEnter(problem, STAGE_SWEEP);
}

/** r = y − X·w, or g = Xᵀ·y − G·w, anew, so that no rounding piles up; false when the budget is spent. */
function refresh(problem: ElasticNet): bool {
  const n = padded(problem.rows),
    p = padded(problem.columns);
  if (problem.at == 0) {
    if (problem.gram) memoryCopy(problem.gradient, problem.xy, p << 3);
    else memoryCopy(problem.residual, problem.y, n << 3);
  }
  while (problem.at < problem.columns) {
    const j = problem.at;
    problem.at = j + 1;
    const w = load<f64>(problem.w + (j << 3));
    if (w == 0) continue;
    add(problem, j, -w);
    if (!problemSpend(problem, problem.gram ? p : n)) return false;
  }
  return true;
}

/** Xᵀ·r anew; false when the budget is spent. */
function gradients(problem: ElasticNet): bool {
  const n = padded(problem.rows);
  while (problem.at < problem.columns) {
    const j = problem.at;
    store<f64>(problem.gradient + (j << 3), slope(problem, j));
    problem.at = j + 1;
    if (!problemSpend(problem, n)) return false;
  }
  return true;
}

/** Measures the gap and chooses what follows: more sweeps, the next point, or the end. */
function afterMeasure(problem: ElasticNet): u32 {
  gapResidual(problem);
  gapMeasure(problem);
  const isLast = problem.iteration == problem.maxIterations;
  if (!isLast && problem.gap > problem.gapGoal) {
    sweepBegin(problem, true);
    return linearEnter(problem, STAGE_SWEEP);
  }
  pathRecord(problem);
  record(problem);
  return linearEnter(problem, pathNext(problem) ? STAGE_POINT : STAGE_END);
}

/** The point's coefficients and its intercept. */
function record(problem: ElasticNet): void {
  const bytes: u32 = problem.columns << 3;
  memoryCopy(problem.coef + problem.point * bytes, problem.w, bytes);
  const intercept = linearIntercept(problem, problem.yMean, problem.w);
  store<f64>(problem.intercepts + (problem.point << 3), intercept);
}

/** The largest |x[n]|. */
function largestSize(n: u32, x: Ptr): f64 {
  let largest: f64 = 0;
  for (const end = x + (n << 3); x < end; x += 8)
    largest = max<f64>(largest, abs<f64>(load<f64>(x)));
  return largest;
}
