// The solvers' embedder ABI, an entry of its own beside index.ts. The order of calls: write the given part of a
// problem record at arenaStart() (abi/solver.ts), ask solverBytes() how large an arena it needs, solveBegin(),
// write the data where the record says, solveRun() until DONE. Where it answers ROWS, fill in the rows first.

import { SOLVER_VERSION } from "./abi/solver";

export { arenaStart, solveBegin, solveRun, solverBytes } from "./solvers/solve";

/** The version of problem records that these solvers read. */
export function solverVersion(): u32 {
  return SOLVER_VERSION;
}

/** 0 scalar, 1 simd. */
export function flavour(): u32 {
  return ASC_FEATURE_SIMD ? 1 : 0;
}
