import {
  SOLVER_ALPHA,
  SOLVER_L1_RATIO,
  SOLVER_MAX_ITERATIONS,
  SOLVER_PATH_EPS,
  SOLVER_SELECTION,
  SOLVER_TOL,
} from "../abi/solver";
import { DONE } from "../abi/status";
import { pcg32Seed } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { arenaTake } from "./arena";
import { isSize, Linear, linearBegin } from "./linear";
import { problemRandom, problemRefuse } from "./problem";
import { padded } from "./vectors";

/** scikit-learn's smallest alphaMax, for targets that no column has to do with. */
const ALPHA_MIN: f64 = 1e-15;
/** PCG32's stream for the order of coordinates. */
const SELECTION_STREAM: u64 = 55;
/** Sweeps over an active set after which all coordinates have their turn, settled or not: tol may be below rounding. */
const ACTIVE_SWEEPS_MAX: u32 = 50;
/** Halvings after which no f64 lies between two others. */
const HALVINGS: u32 = 64;

/**
 * Coordinate descent along a path of falling alphas, each started from the solution of the one before.
 *
 *   (loss + l1·‖w‖₁ + l2/2·‖w‖²) / rows,   l1 = rows·alpha·l1Ratio,   l2 = rows·alpha·(1 − l1Ratio)
 *
 * The path: points alphas, evenly spaced in their logarithms, from alphaMax, the smallest at which all of w is
 * zero, to `alpha`, or if that is 0 to alphaMax·pathEps.
 */
@unmanaged
export class Path extends Linear {
  /** f64[outputs][columns], padded: the coefficients as they stand. */
  w: Ptr;
  /** u32[columns]: the coordinates that a sweep over the active set goes through. */
  active: Ptr;
  activeCount: u32;
  /** 1 while a sweep goes through all coordinates, and sweeps since then. */
  full: u32;
  sinceFull: u32;
  l1: f64;
  l2: f64;
  /** Of the point at work, of the last one, and from one to the next. */
  alphaNow: f64;
  alphaLast: f64;
  ratio: f64;
  /** Of the sweep: the largest |w|, and the largest change. */
  largest: f64;
  moved: f64;
}

/** Checks the options of a path and of the descent, and lays out its arrays. */
export function pathLayout(problem: Path): u32 {
  const eps = problem.pathEps;
  if (problem.maxIterations == 0) return problemRefuse(problem, SOLVER_MAX_ITERATIONS);
  if (!isSize(problem.tol)) return problemRefuse(problem, SOLVER_TOL);
  if (problem.selection > 1) return problemRefuse(problem, SOLVER_SELECTION);
  if (!(problem.l1Ratio >= 0 && problem.l1Ratio <= 1))
    return problemRefuse(problem, SOLVER_L1_RATIO);
  if (problem.points == 1 && problem.alpha == 0) return problemRefuse(problem, SOLVER_ALPHA);
  if (problem.points > 1) {
    if (problem.l1Ratio == 0) return problemRefuse(problem, SOLVER_L1_RATIO);
    if (problem.alpha == 0 && !(eps > 0 && eps < 1)) return problemRefuse(problem, SOLVER_PATH_EPS);
  }
  problem.w = arenaTake(8, padded(problem.columns), problem.outputs);
  problem.active = arenaTake(4, problem.columns);
  return DONE;
}

/** The first thing that a method with a path does: ones, and the order of random coordinates. */
export function pathStart(problem: Path): void {
  linearBegin(problem);
  pcg32Seed(problemRandom(problem), problem.seed, SELECTION_STREAM);
}

/** Sets the path's alphas, where `gradient` is the largest |gradient of the loss| at w = 0. */
export function pathBegin(problem: Path, gradient: f64): void {
  problem.alphaNow = problem.alpha;
  problem.alphaLast = problem.alpha;
  problem.ratio = 1;
  if (problem.points == 1) return;
  const alphaMax = max<f64>(gradient / (f64(problem.rows) * problem.l1Ratio), ALPHA_MIN);
  const last = problem.alpha > 0 ? problem.alpha : max<f64>(alphaMax * problem.pathEps, ALPHA_MIN);
  const first = max<f64>(alphaMax, last);
  problem.alphaNow = first;
  problem.alphaLast = last;
  problem.ratio = root(last / first, problem.points - 1);
}

/** The m-th root of x in 0 … 1, by halving. */
function root(x: f64, m: u32): f64 {
  let low: f64 = 0,
    high: f64 = 1;
  for (let i: u32 = 0; i < HALVINGS; ++i) {
    const middle = (low + high) / 2;
    let power: f64 = 1,
      factor = middle;
    for (let rest = m; rest; rest >>= 1, factor *= factor) if (rest & 1) power *= factor;
    if (power < x) low = middle;
    else high = middle;
  }
  return high;
}

/** The penalties of the point at work; its descent begins with a sweep over all coordinates. */
export function pathPoint(problem: Path): void {
  const strength = f64(problem.rows) * problem.alphaNow;
  problem.l1 = strength * problem.l1Ratio;
  problem.l2 = strength * (1 - problem.l1Ratio);
  problem.iteration = 0;
  sweepBegin(problem, true);
}

/** Writes down what came of the point at work. */
export function pathRecord(problem: Path): void {
  const at = problem.point << 3;
  store<f64>(problem.alphas + at, problem.alphaNow);
  store<f64>(problem.gaps + at, problem.gap);
  store<f64>(problem.objectives + at, problem.objective);
  store<u32>(problem.iterations + (problem.point << 2), problem.iteration);
}

/** Moves on to the next point; false behind the last. */
export function pathNext(problem: Path): bool {
  problem.point += 1;
  const left = problem.points - problem.point;
  problem.alphaNow = left == 1 ? problem.alphaLast : problem.alphaNow * problem.ratio;
  return left > 0;
}

/** Starts a sweep over all coordinates, or over those of the active set. */
export function sweepBegin(problem: Path, full: bool): void {
  problem.full = u32(full);
  problem.sinceFull = full ? 0 : problem.sinceFull + 1;
  problem.largest = 0;
  problem.moved = 0;
}

/**
 * Whether the sweep that is over has moved no coefficient by more than tol of the largest, or the active set has
 * had its turns.
 */
export function sweepSettled(problem: Path): bool {
  return problem.moved <= problem.tol * problem.largest || problem.sinceFull == ACTIVE_SWEEPS_MAX;
}

/** The active set: the coordinates of w[columns] that are not zero. */
export function sweepActivate(problem: Path, w: Ptr): void {
  let count: u32 = 0;
  for (let j: u32 = 0; j < problem.columns; ++j) {
    if (load<f64>(w + (j << 3)) == 0) continue;
    store<u32>(problem.active + (count++ << 2), j);
  }
  problem.activeCount = count;
}

/** How many coordinates the sweep goes through. */
export function sweepCount(problem: Path): u32 {
  return problem.full ? problem.columns : problem.activeCount;
}

/** The minimum over w of ½·square·w² − z·w + l1·|w| + ½·l2·w², square > 0: soft thresholding. */
export function softThreshold(z: f64, l1: f64, divisor: f64): f64 {
  const size = abs<f64>(z) - l1;
  return size > 0 ? copysign<f64>(size, z) / divisor : 0;
}
