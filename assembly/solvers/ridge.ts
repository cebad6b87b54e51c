import { SINGULAR, SOLVER_POINTS } from "../abi/solver";
import { DONE, NON_FINITE, PAUSED } from "../abi/status";
import { memoryCopy, memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { arenaTake } from "./arena";
import { choleskyBackward, choleskyElement, choleskyForward, choleskyPivot } from "./cholesky";
import { columnAdd, columnCentered, columnDot } from "./columns";
import { gramBlockRows, gramRun } from "./gram";
import {
  Linear,
  linearBegin,
  linearColumn,
  linearEnter,
  linearIntercept,
  linearLayout,
  linearMean,
  linearMeans,
  STAGE_END,
  targetCenter,
} from "./linear";
import { problemFail, problemRefuse, problemSpend } from "./problem";
import { padded, vectorAdd, vectorDot } from "./vectors";

/** Targets that a record can have. */
const TARGETS_MAX: u32 = 1 << 20;
/** A solution, and one step that takes off what rounding has left of the residual. */
const PASSES: u32 = 2;

const STAGE_BEGIN: u32 = 0;
const STAGE_CENTER: u32 = 1;
const STAGE_GRAM: u32 = 2;
const STAGE_FACTOR: u32 = 3;
const STAGE_RESIDUAL: u32 = 4;
const STAGE_GRADIENT: u32 = 5;
const STAGE_FORWARD: u32 = 6;
const STAGE_BACKWARD: u32 = 7;

/**
 * Least squares, and ridge regression, in closed form.
 *
 *   min over w, b of  ‖y − X·w − b‖² + alpha·‖w‖²        for each target
 *
 * As scikit-learn's Ridge, alpha is not divided by the rows. On centred columns (XᵀX + alpha·I)·w = Xᵀ·y, by
 * Cholesky in f64; where there are more columns than rows and alpha > 0, w = Xᵀ·a with (XXᵀ + alpha·I)·a = y. The
 * residual of the first solution, computed from the data, is solved for once more (corrected seminormal equations,
 * Björck 1987, doi:10.1016/0024-3795(87)90101-7). SINGULAR names the first column that follows from those before it.
 */
@unmanaged
export class Ridge extends Linear {
  /** Unknowns of the system: columns, or rows if it is the dual one; padded; and bytes of a row of it. */
  size: u32;
  stride: u32;
  dual: u32;
  /** The target at work, and the pass over it. */
  output: u32;
  pass: u32;
  /** f64[size][size], the block of gram.ts or one centred column, f64[size] right-hand side and unknowns. */
  system: Ptr;
  block: Ptr;
  right: Ptr;
  unknowns: Ptr;
  /** f64[rows]: y − X·w. */
  residual: Ptr;
}

export function ridgeLayout(problem: Ridge): u32 {
  const status = linearLayout(problem, TARGETS_MAX);
  if (status) return status;
  if (problem.points != 1) return problemRefuse(problem, SOLVER_POINTS);
  const n = padded(problem.rows);
  const dual = problem.alpha > 0 && problem.columns > problem.rows;
  problem.dual = u32(dual);
  problem.size = dual ? problem.rows : problem.columns;
  const size = padded(problem.size);
  problem.stride = size << 3;
  problem.y = arenaTake(8, n, problem.outputs);
  problem.yStride = n << 3;
  problem.system = arenaTake(8, size, size);
  problem.block = dual ? arenaTake(8, n) : arenaTake(8, gramBlockRows(n), size);
  problem.right = arenaTake(8, size);
  problem.unknowns = arenaTake(8, size);
  problem.residual = arenaTake(8, n);
  return DONE;
}

/** Gets on with the stage at work: DONE when the next one is set. */
export function ridgeAdvance(problem: Ridge): u32 {
  switch (problem.stage) {
    case STAGE_BEGIN:
      return begin(problem);
    case STAGE_CENTER:
      return center(problem);
    case STAGE_GRAM:
      return gram(problem) ? afterGram(problem) : PAUSED;
    case STAGE_FACTOR:
      return factor(problem);
    case STAGE_RESIDUAL:
      return residual(problem) ? linearEnter(problem, STAGE_GRADIENT) : PAUSED;
    case STAGE_GRADIENT:
      return gradient(problem) ? afterGradient(problem) : PAUSED;
    case STAGE_FORWARD:
      return forward(problem) ? linearEnter(problem, STAGE_BACKWARD) : PAUSED;
    default:
      return backward(problem) ? afterSolve(problem) : PAUSED;
  }
}

/** Where the target at work lies. */
function target(problem: Ridge): Ptr {
  return problem.y + problem.output * problem.yStride;
}

/** Where the coefficients of the target at work lie. */
function coefficients(problem: Ridge): Ptr {
  return problem.coef + problem.output * (problem.columns << 3);
}

/** Centres the targets; their means are the intercepts so far. */
function begin(problem: Ridge): u32 {
  linearBegin(problem);
  for (let k: u32 = 0; k < problem.outputs; ++k) {
    const at = problem.intercepts + (k << 3);
    store<f64>(at, targetCenter(problem, problem.y + k * problem.yStride));
    if (!(abs<f64>(load<f64>(at)) < Infinity)) {
      return problemFail(problem, NON_FINITE, problem.columns + k, 0);
    }
  }
  problem.output = 0;
  problem.pass = 0;
  problem.objective = 0;
  return linearEnter(problem, STAGE_CENTER);
}

/** The means of the columns. */
function center(problem: Ridge): u32 {
  const status = linearMeans(problem);
  return status == DONE ? linearEnter(problem, STAGE_GRAM) : status;
}

/** XᵀX, or the lower triangle of XXᵀ, a column's share after the other; false when the budget is spent. */
function gram(problem: Ridge): bool {
  if (!problem.dual) return gramRun(problem, problem.block, problem.system);
  const n = padded(problem.rows);
  while (problem.at < problem.columns) {
    if (problem.inner == 0) {
      const x = linearColumn(problem, problem.at);
      columnCentered(n, x, linearMean(problem, problem.at), problem.ones, problem.block);
    }
    while (problem.inner < problem.rows) {
      const i = problem.inner;
      const factor = load<f64>(problem.block + (i << 3));
      vectorAdd(padded(i + 1), factor, problem.block, problem.system + i * problem.stride);
      problem.inner = i + 1;
      if (!problemSpend(problem, i + 1)) return false;
    }
    problem.at += 1;
    problem.inner = 0;
  }
  return true;
}

/** alpha on the diagonal. */
function afterGram(problem: Ridge): u32 {
  for (let i: u32 = 0; i < problem.size; ++i) {
    const at = problem.system + i * problem.stride + (i << 3);
    store<f64>(at, load<f64>(at) + problem.alpha);
  }
  return linearEnter(problem, STAGE_FACTOR);
}

/** Gets on with the Cholesky factor, row by row: DONE, PAUSED or SINGULAR. */
function factor(problem: Ridge): u32 {
  const a = problem.system,
    stride = problem.stride;
  while (problem.at < problem.size) {
    const i = problem.at;
    while (problem.inner < i) {
      choleskyElement(a, stride, i, problem.inner);
      problem.inner += 1;
      if (!problemSpend(problem, problem.inner)) return PAUSED;
    }
    if (!choleskyPivot(a, stride, i)) return problemFail(problem, SINGULAR, i, problem.dual);
    problem.at = i + 1;
    problem.inner = 0;
  }
  return linearEnter(problem, STAGE_RESIDUAL);
}

/** residual = y − X·w, in the dual w = Xᵀ·a first; false when the budget is spent. */
function residual(problem: Ridge): bool {
  const n = padded(problem.rows);
  if (problem.at == 0) memoryCopy(problem.residual, target(problem), n << 3);
  // Before the first solution all is zero.
  if (problem.pass == 0) return true;
  const w = problem.dual ? coefficients(problem) : problem.unknowns;
  while (problem.at < problem.columns) {
    const j = problem.at;
    const x = linearColumn(problem, j);
    if (problem.dual) {
      store<f64>(w + (j << 3), columnDot(n, x, linearMean(problem, j), problem.unknowns));
    }
    const factor = -load<f64>(w + (j << 3));
    columnAdd(n, factor, x, linearMean(problem, j), problem.ones, problem.residual);
    problem.at = j + 1;
    if (!problemSpend(problem, 2 * n)) return false;
  }
  return true;
}

/** right = Xᵀ·residual − alpha·w, in the dual residual − alpha·a; false when the budget is spent. */
function gradient(problem: Ridge): bool {
  const n = padded(problem.rows);
  if (problem.dual) {
    memoryCopy(problem.right, problem.residual, n << 3);
    vectorAdd(n, -problem.alpha, problem.unknowns, problem.right);
    return true;
  }
  while (problem.at < problem.columns) {
    const j = problem.at;
    const x = linearColumn(problem, j);
    const at = problem.right + (j << 3);
    store<f64>(at, columnDot(n, x, linearMean(problem, j), problem.residual));
    store<f64>(at, load<f64>(at) - problem.alpha * load<f64>(problem.unknowns + (j << 3)));
    problem.at = j + 1;
    if (!problemSpend(problem, n)) return false;
  }
  return true;
}

/** Solves for what the residual asks for, or, after the last pass, goes on to the next target. */
function afterGradient(problem: Ridge): u32 {
  if (problem.pass < PASSES) return linearEnter(problem, STAGE_FORWARD);
  record(problem);
  problem.output += 1;
  problem.pass = 0;
  memoryZero(problem.unknowns, problem.stride);
  return linearEnter(problem, problem.output < problem.outputs ? STAGE_RESIDUAL : STAGE_END);
}

/** L·y = right; false when the budget is spent. */
function forward(problem: Ridge): bool {
  while (problem.at < problem.size) {
    choleskyForward(problem.system, problem.stride, problem.at, problem.right);
    problem.at += 1;
    if (!problemSpend(problem, problem.at)) return false;
  }
  return true;
}

/** Lᵀ·x = y; false when the budget is spent. */
function backward(problem: Ridge): bool {
  while (problem.at < problem.size) {
    const i = problem.size - 1 - problem.at;
    choleskyBackward(problem.system, problem.stride, i, problem.right);
    problem.at += 1;
    if (!problemSpend(problem, i + 1)) return false;
  }
  return true;
}

function afterSolve(problem: Ridge): u32 {
  vectorAdd(padded(problem.size), 1, problem.right, problem.unknowns);
  problem.pass += 1;
  return linearEnter(problem, STAGE_RESIDUAL);
}

/** Coefficients, intercept, and the target's part of the objective. */
function record(problem: Ridge): void {
  const p = problem.columns;
  const coef = coefficients(problem);
  if (!problem.dual) memoryCopy(coef, problem.unknowns, p << 3);
  const at = problem.intercepts + (problem.output << 3);
  store<f64>(at, linearIntercept(problem, load<f64>(at), coef));
  let square: f64 = 0;
  for (let j: u32 = 0; j < p << 3; j += 8) {
    const w = load<f64>(coef + j);
    square = w * w + square;
  }
  problem.objective += problem.alpha * square;
  problem.objective += vectorDot(padded(problem.rows), problem.residual, problem.residual);
  store<f64>(problem.objectives, problem.objective);
  store<f64>(problem.alphas, problem.alpha);
  store<u32>(problem.iterations, 1);
}
