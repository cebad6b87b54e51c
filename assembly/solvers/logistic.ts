import { CLASSES_MAX, EMPTY_CLASS, SELECTION_RANDOM } from "../abi/solver";
import { DONE, LABEL_RANGE, PAUSED } from "../abi/status";
import { log64 } from "../base/log64";
import { memoryCopy, memoryZero } from "../base/memory";
import { pcg32Below } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { arenaTake } from "./arena";
import { columnAdd, columnDot, columnSquares } from "./columns";
import { linearCenter, linearColumn, linearEnter, linearLayout, linearMean } from "./linear";
import { gapConjugate, gapFinish, gapReset, gapScale, gapShrink } from "./logistic-gap";
import { Logistic } from "./logistic-record";
import {
  rowLabel,
  rowsCurvature,
  rowsEntropy,
  rowsLoss,
  rowsMatrix,
  rowsShrunk,
} from "./logistic-rows";
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
} from "./path";
import { problemFail, problemRandom, problemSpend } from "./problem";
import { padded, vectorAdd, vectorDot } from "./vectors";

/** Sweeps over a block's quadratic model, and how far they bring down what the first one moved. */
const SWEEPS_MAX: u32 = 10;
const SWEEP_FALL: f64 = 0.01;
/** Of the fall that the model promises, the part that a step must keep (Armijo). */
const ARMIJO: f64 = 0.01;
/** What rounding does to a sum over rows, relative to it. */
const ROUNDING: f64 = 1e-14;
/** The shortest part of a step that is tried. */
const SCALE_MIN: f64 = 1e-6;

const STAGE_BEGIN: u32 = 0;
const STAGE_CENTER: u32 = 1;
const STAGE_NULL: u32 = 2;
const STAGE_POINT: u32 = 3;
const STAGE_CURVATURE: u32 = 4;
const STAGE_SWEEP: u32 = 5;
const STAGE_STEP: u32 = 6;
const STAGE_SEARCH: u32 = 7;
const STAGE_MATRIX: u32 = 8;
const STAGE_SHRUNK: u32 = 9;
const STAGE_CONJUGATE: u32 = 10;
const STAGE_ENTROPY: u32 = 11;
const STAGE_END: u32 = 12;

/**
 * Logistic regression with an elastic-net penalty, of two classes with one vector, or of several with a vector
 * each (multinomial), by coordinate descent on quadratic models of the loss.
 *
 *   min over W, b of  Σ_i (log Σ_k exp(z_ik) − z_i,label) / rows + alpha·(l1Ratio·‖W‖₁ + (1 − l1Ratio)/2·‖W‖²)
 *
 * with z = X·Wᵀ + b; scikit-learn's C is 1 / (rows·alpha). An iteration goes through the blocks: the model of one
 * class's vector is descended in a few sweeps, then the step is halved until the objective falls as promised. It
 * ends when the duality gap is at most tol·(the loss of the intercepts alone).
 * Friedman, Hastie, Tibshirani 2010, doi:10.18637/jss.v033.i01; Yuan, Ho, Lin 2012, "An Improved GLMNET for
 * L1-regularized Logistic Regression", jmlr.org/papers/v13/yuan12a.html (the line search).
 */
export function logisticLayout(problem: Logistic): u32 {
  const status = linearLayout(problem, CLASSES_MAX) || pathLayout(problem);
  if (status) return status;
  const n = padded(problem.rows),
    p = padded(problem.columns);
  const outputs = problem.outputs;
  const classes = max<u32>(outputs, 2);
  problem.classes = classes;
  problem.y = arenaTake(4, n);
  problem.yStride = n << 2;
  problem.margins = arenaTake(8, n, outputs);
  problem.lse = arenaTake(8, n);
  problem.lseTrial = arenaTake(8, n);
  problem.residual = arenaTake(8, n);
  problem.curvature = arenaTake(8, n);
  problem.step = arenaTake(8, n);
  problem.before = arenaTake(8, p);
  problem.squares = arenaTake(8, p);
  problem.bias = arenaTake(8, outputs);
  problem.matrix = arenaTake(8, classes, classes);
  problem.shrink = arenaTake(8, classes);
  problem.counts = arenaTake(4, classes);
  return DONE;
}

/** Runs stage after stage until the path is done, the budget is spent, or something is wrong. */
export function logisticRun(problem: Logistic): u32 {
  let status: u32 = DONE;
  while (status == DONE && problem.stage != STAGE_END) status = advance(problem);
  return status;
}

/** Gets on with the stage at work: DONE when the next one is set. */
function advance(problem: Logistic): u32 {
  switch (problem.stage) {
    case STAGE_BEGIN:
      return begin(problem);
    case STAGE_CENTER:
      return center(problem);
    case STAGE_NULL:
      return rowsLoss(problem) ? afterNull(problem) : PAUSED;
    case STAGE_POINT:
      pathPoint(problem);
      problem.block = 0;
      return linearEnter(problem, STAGE_CURVATURE);
    case STAGE_CURVATURE:
      return rowsCurvature(problem) ? blockBegin(problem) : PAUSED;
    case STAGE_SWEEP:
      return sweep(problem) ? afterSweep(problem) : PAUSED;
    case STAGE_STEP:
      return step(problem) ? searchBegin(problem) : PAUSED;
    case STAGE_SEARCH:
      return rowsLoss(problem) ? afterSearch(problem) : PAUSED;
    case STAGE_MATRIX:
      return !problem.intercept || rowsMatrix(problem) ? afterMatrix(problem) : PAUSED;
    case STAGE_SHRUNK:
      return rowsShrunk(problem) ? linearEnter(problem, STAGE_CONJUGATE) : PAUSED;
    case STAGE_CONJUGATE:
      return gapConjugate(problem) ? afterConjugate(problem) : PAUSED;
    default:
      return rowsEntropy(problem) ? afterMeasure(problem) : PAUSED;
  }
}

/** Counts the classes. */
function begin(problem: Logistic): u32 {
  pathStart(problem);
  for (let row: u32 = 0; row < problem.rows; ++row) {
    const label = rowLabel(problem, row);
    if (label >= problem.classes) return problemFail(problem, LABEL_RANGE, row, label);
    const at = problem.counts + (label << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  for (let k: u32 = 0; k < problem.classes; ++k) {
    if (load<u32>(problem.counts + (k << 2)) == 0) return problemFail(problem, EMPTY_CLASS, k, 0);
  }
  return linearEnter(problem, STAGE_CENTER);
}

/** The means of the columns from `at` on, then the model that has intercepts only. */
function center(problem: Logistic): u32 {
  while (problem.at < problem.columns) {
    const status = linearCenter(problem);
    if (status != DONE) return status;
    problem.at += 1;
    if (!problemSpend(problem, problem.rows)) return PAUSED;
  }
  for (let k: u32 = 0; k < problem.outputs; ++k) nullBias(problem, k);
  problem.block = 0;
  problem.scale = 0;
  problem.lossTrial = 0;
  return linearEnter(problem, STAGE_NULL);
}

/** The margins of the block are the logarithm of its class's share, of two classes that of its odds. */
function nullBias(problem: Logistic, k: u32): void {
  if (!problem.intercept) return;
  const counts = problem.counts;
  const alone = problem.outputs == 1;
  const count = load<u32>(counts + ((alone ? 1 : k) << 2));
  const others = alone ? load<u32>(counts) : problem.rows;
  store<f64>(problem.bias + (k << 3), log64(f64(count) / f64(others)));
  const margins = problem.margins + k * (padded(problem.rows) << 3);
  vectorAdd(padded(problem.rows), load<f64>(problem.bias + (k << 3)), problem.ones, margins);
}

/** Takes over what rowsLoss() found. */
function takeTrial(problem: Logistic): void {
  const lse = problem.lse;
  problem.lse = problem.lseTrial;
  problem.lseTrial = lse;
  problem.loss = problem.lossTrial;
}

function afterNull(problem: Logistic): u32 {
  takeTrial(problem);
  problem.gapGoal = (problem.tol * problem.loss) / f64(problem.rows);
  gapReset(problem);
  return linearEnter(problem, STAGE_MATRIX);
}

/** Where the block's coefficients lie. */
function blockCoefficients(problem: Logistic): Ptr {
  return problem.w + problem.block * (padded(problem.columns) << 3);
}

/** The quadratic model of the block stands: its descent begins. */
function blockBegin(problem: Logistic): u32 {
  memoryCopy(problem.before, blockCoefficients(problem), padded(problem.columns) << 3);
  for (let j: u32 = 0; j < problem.columns; ++j) store<f64>(problem.squares + (j << 3), -1);
  problem.biasBefore = load<f64>(problem.bias + (problem.block << 3));
  problem.sweeps = 0;
  sweepBegin(problem, true);
  return linearEnter(problem, STAGE_SWEEP);
}

/** Goes on with the sweep: the intercept first, then the coordinates; false when the budget is spent. */
function sweep(problem: Logistic): bool {
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
function afterSweep(problem: Logistic): u32 {
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
function step(problem: Logistic): bool {
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

/** What the penalty of the block changes by at before + scale·d. */
function penaltyChange(problem: Logistic, scale: f64): f64 {
  const w = blockCoefficients(problem);
  let change: f64 = 0;
  for (let at: u32 = 0; at < problem.columns << 3; at += 8) {
    const before = load<f64>(problem.before + at);
    const now = before + scale * (load<f64>(w + at) - before);
    change = problem.l1 * (abs<f64>(now) - abs<f64>(before)) + change;
    change = 0.5 * problem.l2 * (now * now - before * before) + change;
  }
  return change;
}

/** promised = −θᵀ·step + Ω(w) − Ω(before), θ being residual + curvature·step; then the whole step is tried. */
function searchBegin(problem: Logistic): u32 {
  problem.promised = penaltyChange(problem, 1);
  let fall: f64 = 0;
  for (let at: u32 = 0; at < problem.rows << 3; at += 8) {
    const s = load<f64>(problem.step + at);
    fall = s * (load<f64>(problem.residual + at) + load<f64>(problem.curvature + at) * s) + fall;
  }
  problem.promised -= fall;
  problem.scale = 1;
  problem.lossTrial = 0;
  return linearEnter(problem, STAGE_SEARCH);
}

/** Takes the step if the objective falls enough, else tries half of it. */
function afterSearch(problem: Logistic): u32 {
  const scale = problem.scale;
  const change = problem.lossTrial - problem.loss + penaltyChange(problem, scale);
  const allowed = ARMIJO * scale * problem.promised + ROUNDING * problem.loss;
  if (change <= allowed) takeTrial(problem);
  else if (scale > SCALE_MIN) {
    problem.scale = 0.5 * scale;
    problem.lossTrial = 0;
    return linearEnter(problem, STAGE_SEARCH);
  } else problem.scale = 0;
  takeStep(problem);
  problem.block += 1;
  if (problem.block < problem.outputs) return linearEnter(problem, STAGE_CURVATURE);
  problem.iteration += 1;
  gapReset(problem);
  return linearEnter(problem, STAGE_MATRIX);
}

/** Moves the block's margins, coefficients and intercept by scale·(what the sweeps moved). */
function takeStep(problem: Logistic): void {
  const n = padded(problem.rows);
  const scale = problem.scale;
  if (scale < 1) {
    const w = blockCoefficients(problem);
    for (let at: u32 = 0; at < problem.columns << 3; at += 8) {
      const before = load<f64>(problem.before + at);
      store<f64>(w + at, before + scale * (load<f64>(w + at) - before));
    }
    const bias = problem.bias + (problem.block << 3);
    store<f64>(bias, problem.biasBefore + scale * (load<f64>(bias) - problem.biasBefore));
  }
  vectorAdd(n, scale, problem.step, problem.margins + problem.block * (n << 3));
}

function afterMatrix(problem: Logistic): u32 {
  if (problem.intercept) gapShrink(problem);
  problem.block = 0;
  return linearEnter(problem, STAGE_SHRUNK);
}

function afterConjugate(problem: Logistic): u32 {
  problem.block += 1;
  if (problem.block < problem.outputs) return linearEnter(problem, STAGE_SHRUNK);
  problem.block = 0;
  if (!problem.hasPath) {
    problem.hasPath = 1;
    pathBegin(problem, problem.steepest);
    return linearEnter(problem, STAGE_POINT);
  }
  problem.scale = gapScale(problem);
  return linearEnter(problem, STAGE_ENTROPY);
}

/** Chooses what follows the gap: another iteration, the next point, or the end. */
function afterMeasure(problem: Logistic): u32 {
  gapFinish(problem);
  const isLast = problem.iteration == problem.maxIterations;
  if (!isLast && problem.gap > problem.gapGoal) return linearEnter(problem, STAGE_CURVATURE);
  pathRecord(problem);
  record(problem);
  return linearEnter(problem, pathNext(problem) ? STAGE_POINT : STAGE_END);
}

/** The point's coefficients and intercepts; those of several classes add up to 0, as a shift of all changes nothing. */
function record(problem: Logistic): void {
  const p = problem.columns,
    outputs = problem.outputs;
  const coef = problem.coef + problem.point * outputs * (p << 3);
  const intercepts = problem.intercepts + problem.point * (outputs << 3);
  let mean: f64 = 0;
  for (let k: u32 = 0; k < outputs; ++k) {
    const w = problem.w + k * (padded(p) << 3);
    let intercept = load<f64>(problem.bias + (k << 3));
    for (let at: u32 = 0; at < p << 3; at += 8) {
      store<f64>(coef + k * (p << 3) + at, load<f64>(w + at));
      intercept -= load<f64>(problem.means + at) * load<f64>(w + at);
    }
    store<f64>(intercepts + (k << 3), intercept);
    mean += intercept / f64(outputs);
  }
  if (outputs == 1) return;
  for (let k: u32 = 0; k < outputs; ++k) {
    store<f64>(intercepts + (k << 3), load<f64>(intercepts + (k << 3)) - mean);
  }
}
