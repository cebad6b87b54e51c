import {
  NONE,
  PROCEDURE_X,
  ROLE_OPTIMIZER,
  STATE_BYTES,
  STATE_ROLE,
  STATE_TENSOR,
  TYPE_F32,
} from "../abi/program";
import {
  SESSION_DETAIL,
  SESSION_PROCEDURE,
  SESSION_STATE,
  SESSION_STATE_COUNT,
  SESSION_VALUE,
} from "../abi/session";
import { DONE, NON_FINITE } from "../abi/status";
import { dispatch } from "../vm/dispatch";
import { procedureCode } from "../vm/execute";
import {
  instructionBytes,
  instructionOpcode,
  opcodeOperands,
  opcodeWrites,
  operandId,
} from "../vm/instruction";
import { procedureRecord } from "../vm/read-code";
import { fail, sessionGet } from "../vm/session";
import { tensorElements, tensorPtr, tensorType } from "../vm/tensor";

/**
 * Turns the failure of an instruction into a status with its place. A loss that is not finite is traced to
 * where it began: the rows, a weight or statistic, or the first instruction that made such a number.
 *
 * The trace runs the step again up to the check. That gives the same numbers, for the check comes before
 * the first update, and the rows are still there.
 */
export function blame(status: u32, index: u32): u32 {
  if (status != NON_FINITE)
    return fail(status, 0, index, sessionGet(SESSION_DETAIL), sessionGet(SESSION_VALUE));
  const x = load<u32>(procedureRecord(sessionGet(SESSION_PROCEDURE)), PROCEDURE_X);
  if (x != NONE && !tensorIsFinite(x)) return fail(NON_FINITE, 0, 0, x, 0);
  const state = stateNotFinite();
  return state == NONE ? replay(index) : fail(NON_FINITE, 0, 0, state, 0);
}

/**
 * The first weight or running statistic that is not finite, or NONE.
 *
 * Batch-norm can hide one: with an infinite variance x̂ is 0, and the loss looks sound.
 */
export function stateNotFinite(): u32 {
  const count = sessionGet(SESSION_STATE_COUNT);
  for (let i: u32 = 0; i < count; ++i) {
    const record = sessionGet(SESSION_STATE) + i * STATE_BYTES;
    const id = load<u32>(record, STATE_TENSOR);
    if (load<u32>(record, STATE_ROLE) != ROLE_OPTIMIZER && !tensorIsFinite(id)) return id;
  }
  return NONE;
}

function replay(last: u32): u32 {
  let at = procedureCode();
  for (let index: u32 = 0; index < last; ++index) {
    const opcode = instructionOpcode(at);
    if (dispatch(at, opcode, false) != DONE) break;
    for (let k: u32 = 0; k < opcodeOperands(opcode); ++k) {
      const id = operandId(at, k);
      if ((opcodeWrites(opcode) >> k) & 1 && !tensorIsFinite(id))
        return fail(NON_FINITE, 0, index, id, 0);
    }
    at += instructionBytes(opcode);
  }
  return fail(NON_FINITE, 0, last, operandId(at, 0), 0);
}

/** x − x is 0 for a finite number and NaN for every other. */
function tensorIsFinite(id: u32): bool {
  if (tensorType(id) != TYPE_F32) return true;
  const n = tensorElements(id);
  const start = tensorPtr(id);
  for (let i: u32 = 0; i < n; ++i) {
    const x = load<f32>(start + (i << 2));
    if (x - x != 0) return false;
  }
  return true;
}
