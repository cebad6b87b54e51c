import { LOSS_HINGE } from "../abi/losses";
import {
  ELEMENT_LOSS,
  MULTI_MARGIN,
  SOFT_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY,
} from "../abi/opcodes";
import {
  NONE,
  PROCEDURE_BATCH,
  PROCEDURE_CODE_BYTES,
  PROCEDURE_OFFSET,
  PROCEDURE_X,
  PROCEDURE_Y,
  TENSOR_C1,
} from "../abi/program";
import { SESSION_BATCH, SESSION_CODE } from "../abi/session";
import { Ptr } from "../base/ptr";
import { isIgnored, LabelledRows } from "../losses/labelled-rows";
import { attribute, attributes, instructionBytes, instructionOpcode } from "../vm/instruction";
import { procedureRecord } from "../vm/read-code";
import { sessionGet, sessionSet } from "../vm/session";
import { tensorPtr, tensorRecord } from "../vm/tensor";
import { npyRows } from "./npy";
import { X_FILE, Y_FILE } from "./npy-rows";
import { rowsFill } from "./rows";
import { refuseLabel, refuseRows, refuseTarget } from "./run-errors";

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
  for (let first: u32 = 0; first < rows; first += most) {
    const batch = min(rows - first, most);
    sessionSet(SESSION_BATCH, batch);
    rowsFill(X_FILE, x, 0, first, batch);
    refuseRows(X_FILE, x, 0, first);
    if (y == NONE) continue;
    rowsFill(Y_FILE, y, 0, first, batch);
    refuseRows(Y_FILE, y, 0, first);
    targetsCheck(step, first, batch);
  }
}

/** Refuses the first of the batch's labels or targets that the procedure's loss cannot take. */
export function targetsCheck(procedure: u32, first: u32, batch: u32): void {
  const record = procedureRecord(procedure);
  const y = load<u32>(record, PROCEDURE_Y);
  let at = sessionGet(SESSION_CODE) + load<u32>(record, PROCEDURE_OFFSET);
  for (const end = at + load<u32>(record, PROCEDURE_CODE_BYTES); at < end; ) {
    const opcode = instructionOpcode(at);
    if (opcode == SOFTMAX_CROSS_ENTROPY || opcode == MULTI_MARGIN) {
      checkLabels(y, at, first, batch);
    } else if (opcode == SOFT_CROSS_ENTROPY) checkTargets(y, false, first, batch);
    else if (opcode == ELEMENT_LOSS && attribute(at, 0) >= LOSS_HINGE) {
      checkTargets(y, attribute(at, 0) == LOSS_HINGE, first, batch);
    }
    at += instructionBytes(opcode);
  }
}

function checkLabels(y: u32, at: Ptr, first: u32, batch: u32): void {
  const classes = attribute(at, 0);
  const mayIgnore = instructionOpcode(at) == SOFTMAX_CROSS_ENTROPY;
  for (let i: u32 = 0; i < batch; ++i) {
    const label = load<u32>(tensorPtr(y) + (i << 2));
    if (mayIgnore && isIgnored(changetype<LabelledRows>(attributes(at)), label)) continue;
    if (label >= classes) refuseLabel(first + i, label, classes);
  }
}

/** Probabilities, or signs: −1 or 0 for one side, 1 for the other. */
function checkTargets(y: u32, signs: bool, first: u32, batch: u32): void {
  const elements = load<u32>(tensorRecord(y), TENSOR_C1);
  for (let i: u32 = 0; i < elements * batch; ++i) {
    const target = load<f32>(tensorPtr(y) + (i << 2));
    const fits = signs ? abs(target) == 1 || target == 0 : target >= 0 && target <= 1;
    if (!fits) refuseTarget(first + i / elements, target, signs);
  }
}
