import { BAD_OPTION, SOLVER_OBJECTIVE, SOLVER_STATE } from "../abi/solver";
import { Ptr } from "../base/ptr";

/** The problem record as abi/solver.ts lays it out. A method's own state is a class that extends it. */
@unmanaged
export class Problem {
  method: u32;
  rows: u32;
  columns: u32;
  outputs: u32;
  intercept: u32;
  maxIterations: u32;
  selection: u32;
  points: u32;
  precompute: u32;
  batch: u32;
  init: u32;
  unused0: u32;
  seed: u64;
  alpha: f64;
  l1Ratio: f64;
  tol: f64;
  pathEps: f64;
  unused1: u64;
  unused2: u64;
  unused3: u64;
  unused4: u64;
  unused5: u64;

  x: Ptr;
  xRowStride: u32;
  xColumnStride: u32;
  y: Ptr;
  coef: Ptr;
  intercepts: Ptr;
  alphas: Ptr;
  gaps: Ptr;
  objectives: Ptr;
  iterations: Ptr;
  wanted: Ptr;
  wantedRows: u32;
  centers: Ptr;
  centersStride: u32;
  labels: Ptr;
  yStride: u32;

  status: u32;
  index: u32;
  value: u32;
  stage: u32;
  left: u32;
  point: u32;
  iteration: u32;
  unused6: u32;
  gap: f64;
  objective: f64;
  randomState: u64;
  randomIncrement: u64;
  gapGoal: f64;
  unused7: u64;
}

if (offsetof<Problem>("objective") != SOLVER_OBJECTIVE || offsetof<Problem>() != SOLVER_STATE) {
  ERROR("Problem and abi/solver.ts part");
}

/** The problem's generator of random choices, a PCG32. */
export function problemRandom(problem: Problem): Ptr {
  return changetype<Ptr>(problem) + offsetof<Problem>("randomState");
}

/** Records the status and its place, and returns the status. */
export function problemFail(problem: Problem, status: u32, index: u32, value: u32): u32 {
  problem.status = status;
  problem.index = index;
  problem.value = value;
  return status;
}

/** Refuses a given field: `offset` is a SOLVER_ constant. */
export function problemRefuse(problem: Problem, offset: u32): u32 {
  return problemFail(problem, BAD_OPTION, offset, 0);
}

/** Takes `work` multiply-adds off what the running call may still do. False when that is used up. */
export function problemSpend(problem: Problem, work: u32): bool {
  const left = problem.left;
  problem.left = left > work ? left - work : 0;
  return left > work;
}
