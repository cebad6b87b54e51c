// The embedder's ABI. The order of calls: write a program at arenaStart(), programLoad(); then either
// trainBegin() and run() until DONE, filling rows whenever it answers ROWS, or procedureBegin() and run()
// for one batch of predict or evaluate. Statuses: abi/status.ts. The session record: abi/session.ts.

import { VERSION } from "./abi/program";
import { SESSION_WANTED } from "./abi/session";
import { SESSION, sessionGet } from "./vm/session";

export { scratchBytes, scratchStart } from "./kernels/scratch";
export {
  checkpointBegin,
  checkpointBytes,
  checkpointCheck,
  checkpointPiece,
  checkpointPieceBytes,
  checkpointPieces,
  checkpointRestore,
  checkpointStart,
} from "./train/checkpoint";
export { fingerprint } from "./train/fingerprint";
export {
  plateauMetric,
  procedureBegin,
  run,
  trainBegin,
  trainEndPhase,
  trainResume,
} from "./train/trainer";
export { programLoad } from "./vm/reader";
export { arenaStart } from "./vm/session";
export { tensorElements, tensorPtr } from "./vm/tensor";

/** The version of program files that this core reads. */
export function programVersion(): u32 {
  return VERSION;
}

/** 0 scalar, 1 simd, 2 relaxed. */
export function flavour(): u32 {
  if (ASC_FEATURE_RELAXED_SIMD) return 2;
  return ASC_FEATURE_SIMD ? 1 : 0;
}

/** Address of the session record. */
export function sessionStart(): usize {
  return SESSION;
}

/** Address of the indices of the rows wanted now. */
export function rowsWanted(): usize {
  return sessionGet(SESSION_WANTED);
}
