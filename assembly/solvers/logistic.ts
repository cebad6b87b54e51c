import { CLASSES_MAX, EMPTY_CLASS } from "../abi/solver";
import { DONE, LABEL_RANGE, PAUSED } from "../abi/status";
import { log64 } from "../base/log64";
import { memoryCopy } from "../base/memory";
import { arenaTake } from "./arena";
import { linearEnter, linearIntercept, linearLayout, linearMeans, STAGE_END } from "./linear";
import { descentBegin, descentNext, descentStep, descentSweep } from "./logistic-descent";
import { gapConjugate, gapFinish, gapReset, gapScale, gapShrink } from "./logistic-gap";
import {
  Logistic,
  STAGE_BEGIN,
  STAGE_CENTER,
  STAGE_CONJUGATE,
  STAGE_CURVATURE,
  STAGE_ENTROPY,
  STAGE_MATRIX,
  STAGE_NULL,
  STAGE_POINT,
  STAGE_SEARCH,
  STAGE_SHRUNK,
  STAGE_STEP,
  STAGE_SWEEP,
} from "./logistic-record";
import {
  rowLabel,
  rowsCurvature,
  rowsEntropy,
  rowsLoss,
  rowsMatrix,
  rowsShrunk,
} from "./logistic-rows";
import { searchBegin, searchTake, searchTakeTrial } from "./logistic-search";
import { pathBegin, pathLayout, pathNext, pathPoint, pathRecord, pathStart } from "./path";
import { problemFail } from "./problem";
import { padded, vectorAdd } from "./vectors";

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

/** Gets on with the stage at work: DONE when the next one is set. */
export function logisticAdvance(problem: Logistic): u32 {
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
      return rowsCurvature(problem) ? descentBegin(problem) : PAUSED;
    case STAGE_SWEEP:
      return descentSweep(problem) ? descentNext(problem) : PAUSED;
    case STAGE_STEP:
      return descentStep(problem) ? afterStep(problem) : PAUSED;
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

/** The means of the columns, then the model that has intercepts only. */
function center(problem: Logistic): u32 {
  const status = linearMeans(problem);
  if (status != DONE) return status;
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

function afterNull(problem: Logistic): u32 {
  searchTakeTrial(problem);
  problem.gapGoal = (problem.tol * problem.loss) / f64(problem.rows);
  gapReset(problem);
  return linearEnter(problem, STAGE_MATRIX);
}

function afterStep(problem: Logistic): u32 {
  searchBegin(problem);
  return linearEnter(problem, STAGE_SEARCH);
}

/** Chooses what follows a trial: half the step, the next block, or the gap. */
function afterSearch(problem: Logistic): u32 {
  if (!searchTake(problem)) return linearEnter(problem, STAGE_SEARCH);
  problem.block += 1;
  if (problem.block < problem.outputs) return linearEnter(problem, STAGE_CURVATURE);
  problem.iteration += 1;
  gapReset(problem);
  return linearEnter(problem, STAGE_MATRIX);
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
  const outputs = problem.outputs;
  const bytes: u32 = problem.columns << 3;
  const coef = problem.coef + problem.point * outputs * bytes;
  const intercepts = problem.intercepts + problem.point * (outputs << 3);
  for (let k: u32 = 0; k < outputs; ++k) {
    const w = problem.w + k * (padded(problem.columns) << 3);
    memoryCopy(coef + k * bytes, w, bytes);
    const intercept = linearIntercept(problem, load<f64>(problem.bias + (k << 3)), w);
    store<f64>(intercepts + (k << 3), intercept);
  }
  if (outputs == 1) return;
  let mean: f64 = 0;
  for (let k: u32 = 0; k < outputs; ++k) mean += load<f64>(intercepts + (k << 3)) / f64(outputs);
  for (let k: u32 = 0; k < outputs; ++k) {
    store<f64>(intercepts + (k << 3), load<f64>(intercepts + (k << 3)) - mean);
  }
}
