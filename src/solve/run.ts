import * as abi from "../../assembly/abi/solver.js";
import { DONE, PAUSED } from "../../assembly/abi/status.js";
import { StropError } from "../errors.js";
import { nextTurn } from "../next-turn.js";
import type { RunOptions } from "./options.js";
import type { SolverCore } from "./solver-core.js";

/** Multiply-adds of a slice: some milliseconds. */
const SLICE = 1 << 24;
/** How long others wait for their turn, and whoever looks on for news. */
const TURN_MS = 20;
const PROGRESS_MS = 100;

/**
 * Runs a problem to its end, in slices, between which timers, input and signals have their turn.
 *
 * @param answer is called when the solver says ROWS, to put the wanted rows where it takes them, or EPOCH
 * @throws SolverRefusal, and StropError with the code "interrupted" when the signal aborts
 */
export async function runSlices(
  core: SolverCore,
  { signal, onProgress }: RunOptions,
  answer: (status: number) => void = () => undefined,
): Promise<void> {
  let turned = performance.now();
  let told = turned;
  for (;;) {
    if (signal?.aborted) throw new StropError("it was interrupted", { code: "interrupted" });
    const status = core.run(SLICE);
    if (status === DONE) return;
    if (status !== PAUSED) answer(status);
    const now = performance.now();
    if (onProgress && now - told > PROGRESS_MS) {
      told = now;
      onProgress(progressOf(core));
    }
    if (now - turned > TURN_MS) {
      await nextTurn();
      turned = performance.now();
    }
  }
}

function progressOf(core: SolverCore) {
  return {
    point: core.word(abi.SOLVER_POINT) + 1,
    points: core.word(abi.SOLVER_POINTS),
    iteration: core.word(abi.SOLVER_ITERATION),
    gap: core.number(abi.SOLVER_GAP),
  };
}
