import { SOLVER_RECORD_BYTES, SOLVER_X } from "../abi/solver";
import { BAD_CALL, BAD_SIZE, DONE, ERROR_MIN, PAUSED } from "../abi/status";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { arenaEnd, arenaFrom } from "./arena";
import { methodLayout, methodRun } from "./methods";
import { Problem, problemFail } from "./problem";

/** The problem that solveBegin() took is at work: between calls nobody but the solver writes its record. */
const RUNNING: Ptr = memory.data(4, 4);

/** The arena starts at the first 16-byte boundary behind the solvers' own data. */
export function arenaStart(): Ptr {
  return (__heap_base + 15) & ~15;
}

/**
 * The bytes of arena that the problem record at arenaStart() needs, the record itself included. It reads nothing
 * but the record's given part, and writes behind it where the arrays will lie. 0 if the problem is impossible: the record's
 * status says why.
 */
export function solverBytes(): u32 {
  const problem = changetype<Problem>(arenaStart());
  store<u32>(RUNNING, 0);
  memoryZero(arenaStart() + SOLVER_X, SOLVER_RECORD_BYTES - SOLVER_X);
  arenaFrom(arenaStart() + SOLVER_RECORD_BYTES);
  if (methodLayout(problem) != DONE) return 0;
  const bytes = arenaEnd() - arenaStart();
  if (arenaEnd() >> 32) {
    problemFail(problem, BAD_SIZE, 0, 0);
    return 0;
  }
  problemFail(problem, DONE, 0, 0);
  return u32(bytes);
}

/**
 * Takes the problem: lays it out in an arena of that many bytes, zeroes all behind the record, and is ready for
 * its data.
 */
export function solveBegin(arenaBytes: u32): u32 {
  const problem = changetype<Problem>(arenaStart());
  const needed = solverBytes();
  if (needed == 0) return problem.status;
  if (needed > arenaBytes) return problemFail(problem, BAD_SIZE, 0, needed);
  memoryZero(arenaStart() + SOLVER_RECORD_BYTES, needed - SOLVER_RECORD_BYTES);
  problem.gap = Infinity;
  problem.objective = Infinity;
  store<u32>(RUNNING, 1);
  return DONE;
}

/**
 * Gets on with the problem, for about `budget` multiply-adds at the most; 0 is without limit.
 *
 * Returns DONE; ROWS when the rows named at `wanted` are to be filled in before the next call; PAUSED when the
 * budget is spent; else an error, its place in the record.
 */
export function solveRun(budget: u32): u32 {
  const problem = changetype<Problem>(arenaStart());
  if (load<u32>(RUNNING) == 0) return problemFail(problem, BAD_CALL, 0, 0);
  let status: u32 = PAUSED;
  do {
    problem.left = budget == 0 ? <u32>0xffffffff : budget;
    status = methodRun(problem);
  } while (budget == 0 && status == PAUSED);
  if (status == DONE || status >= ERROR_MIN) store<u32>(RUNNING, 0);
  if (status < ERROR_MIN) problemFail(problem, status, 0, 0);
  return status;
}
