import { SOFTMAX_CROSS_ENTROPY } from "../abi/opcodes";
import {
  NONE,
  PROCEDURE_BATCH,
  PROCEDURE_CODE_BYTES,
  PROCEDURE_OFFSET,
  PROCEDURE_X,
  PROCEDURE_Y,
  TYPE_I32,
} from "../abi/program";
import { SESSION_BATCH, SESSION_CODE } from "../abi/session";
import { attribute, instructionBytes, instructionOpcode } from "../vm/instruction";
import { procedureRecord } from "../vm/read-code";
import { sessionGet, sessionSet } from "../vm/session";
import { tensorPtr, tensorType } from "../vm/tensor";
import { npyRows } from "./npy";
import { rowsFill, X_FILE, Y_FILE } from "./rows";
import { refuseLabel, refuseRows } from "./run-errors";

/**
 * Reads every row once, a batch at a time, and refuses the first that cannot be trained on. Done before OUT
 * is made, so that it is not made in vain. It leaves the step's rows overwritten.
 */
export function rowsScan(step: u32): void {
  const record = procedureRecord(step);
  const x = load<u32>(record, PROCEDURE_X);
  const y = load<u32>(record, PROCEDURE_Y);
  const most = load<u32>(record, PROCEDURE_BATCH);
  const rows = npyRows(X_FILE);
  const classes = classesOf(step);
  for (let first: u32 = 0; first < rows; first += most) {
    const batch = min(rows - first, most);
    sessionSet(SESSION_BATCH, batch);
    rowsFill(X_FILE, x, 0, first, batch);
    refuseRows(X_FILE, x, 0, first);
    if (y == NONE) continue;
    rowsFill(Y_FILE, y, 0, first, batch);
    if (tensorType(y) == TYPE_I32) scanLabels(y, first, batch, classes);
    else refuseRows(Y_FILE, y, 0, first);
  }
}

function scanLabels(y: u32, first: u32, batch: u32, classes: u32): void {
  for (let i: u32 = 0; i < batch; ++i) {
    const label = load<u32>(tensorPtr(y) + (i << 2));
    if (label >= classes) refuseLabel(first + i, label, classes);
  }
}

/** What the step's loss takes as labels; no limit if it takes none. */
function classesOf(step: u32): u32 {
  const record = procedureRecord(step);
  let at = sessionGet(SESSION_CODE) + load<u32>(record, PROCEDURE_OFFSET);
  for (const end = at + load<u32>(record, PROCEDURE_CODE_BYTES); at < end; ) {
    const opcode = instructionOpcode(at);
    if (opcode == SOFTMAX_CROSS_ENTROPY) return attribute(at, 0);
    at += instructionBytes(opcode);
  }
  return u32.MAX_VALUE;
}
