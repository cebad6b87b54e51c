import { SOLVER_RECORD_BYTES } from "../abi/solver";
import { Ptr } from "../base/ptr";
import { Path } from "./path";
import { padded } from "./vectors";

export const STAGE_BEGIN: u32 = 0;
export const STAGE_CENTER: u32 = 1;
export const STAGE_NULL: u32 = 2;
export const STAGE_POINT: u32 = 3;
export const STAGE_CURVATURE: u32 = 4;
export const STAGE_SWEEP: u32 = 5;
export const STAGE_STEP: u32 = 6;
export const STAGE_SEARCH: u32 = 7;
export const STAGE_MATRIX: u32 = 8;
export const STAGE_SHRUNK: u32 = 9;
export const STAGE_CONJUGATE: u32 = 10;
export const STAGE_ENTROPY: u32 = 11;

/**
 * The state of logistic regression. A block is one class's coefficients; where two classes share one vector
 * (outputs 1), it is class 1's, and class 0's margin is 0. "Rows" are padded to whole fours, the padding zero.
 */
@unmanaged
export class Logistic extends Path {
  classes: u32;
  /** The block at work, and its sweeps so far. */
  block: u32;
  sweeps: u32;
  /** Whether the path's alphas are set. */
  hasPath: u32;
  /** f64[outputs][rows]: X·w + b. */
  margins: Ptr;
  /** f64[rows]: log Σ exp over a row's margins, and the same a step further. */
  lse: Ptr;
  lseTrial: Ptr;
  /** f64[rows], of the block: y − p less what the quadratic model's step takes off it; p·(1 − p); the step X·d + d₀. */
  residual: Ptr;
  curvature: Ptr;
  step: Ptr;
  /** f64[columns]: the block's w before the step; Σ curvature·x², −1 where not computed. */
  before: Ptr;
  squares: Ptr;
  /** f64[outputs]: intercepts of the centred columns. */
  bias: Ptr;
  /** f64[classes][classes], f64[classes], u32[classes]: see logistic-gap.ts. */
  matrix: Ptr;
  shrink: Ptr;
  counts: Ptr;
  biasBefore: f64;
  /** Σ over rows of the loss: as it stands, and a step further. */
  loss: f64;
  lossTrial: f64;
  /** How far along the step the search is, and by how much the quadratic model falls over all of it. */
  scale: f64;
  promised: f64;
  /** What the block's first sweep moved at most. */
  movedFirst: f64;
  /** Of the gap: the largest |Xᵀ·θ|, Σ max(0, |Xᵀ·θ| − l1)², the entropy of the dual point. */
  steepest: f64;
  beyond: f64;
  entropy: f64;
}

/** Where the block's coefficients lie. */
export function blockCoefficients(problem: Logistic): Ptr {
  return problem.w + problem.block * (padded(problem.columns) << 3);
}

if (offsetof<Logistic>() > SOLVER_RECORD_BYTES) ERROR("the record is too small for Logistic");
