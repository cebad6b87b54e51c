import {
  CORRECT_COUNT,
  MAX_POOL,
  MAX_POOL_BACKWARD,
  MULTI_MARGIN,
  MULTI_MARGIN_BACKWARD,
  ONE_HOT,
  SEPARABLE,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_BACKWARD,
} from "../abi/opcodes";
import {
  BLOCK_ORDER_GAUSS_SOUTHWELL,
  FLAG_WRITABLE,
  HEADER_BATCH_MAX,
  HEADER_ROW_ORDER,
  HEADER_ROWS_MAX,
  INSTRUCTION_OPERANDS,
  INSTRUCTION_WORK,
  KIND_BEGIN,
  KIND_PREDICT,
  KIND_STEP,
  NONE,
  PHASE_BATCH,
  PHASE_BATCH_MIN,
  PHASE_BEGIN,
  PHASE_BLOCK_ORDER,
  PHASE_BLOCK_STEPS,
  PHASE_BLOCKS,
  PHASE_BYTES,
  PHASE_EPOCHS,
  PHASE_FLAGS,
  PHASE_LR_TENSOR,
  PHASE_PERIOD,
  PHASE_SCHEDULE,
  PHASE_SCORE,
  PHASE_SCORES,
  PHASE_STEP,
  PHASE_STEPS,
  PROCEDURE_BATCH,
  PROCEDURE_BYTES,
  PROCEDURE_CODE_BYTES,
  PROCEDURE_CORRECT,
  PROCEDURE_KIND,
  PROCEDURE_LOSS,
  PROCEDURE_NORM,
  PROCEDURE_OFFSET,
  PROCEDURE_X,
  PROCEDURE_Y,
  SCHEDULE_PLATEAU,
  SCHEDULE_STEP,
  SECTION_CODE,
  SECTION_PHASES,
  SECTION_PROCEDURES,
  TYPE_F32,
  TYPE_I32,
} from "../abi/program";
import {
  SESSION_BATCH,
  SESSION_CODE,
  SESSION_CODE_BYTES,
  SESSION_PHASE_COUNT,
  SESSION_PHASES,
  SESSION_PROCEDURE_COUNT,
  SESSION_PROCEDURES,
  SESSION_WRITABLE,
} from "../abi/session";
import { BAD_OPCODE, BAD_OPERAND, BAD_PHASE, BAD_PROCEDURE, DONE } from "../abi/status";
import { Ptr } from "../base/ptr";
import { dispatch } from "./dispatch";
import {
  instructionBytes,
  instructionOpcode,
  opcodeInPlace,
  opcodeOperands,
  opcodeWrites,
  operandId,
} from "./instruction";
import { headerWord, tensorsDisjoint } from "./read-tables";
import { fail, sessionGet, sessionSet } from "./session";
import {
  tensorElementsAt,
  tensorExists,
  tensorFlags,
  tensorOffset,
  tensorType,
  typeBytes,
} from "./tensor";

export function procedureRecord(index: u32): Ptr {
  return sessionGet(SESSION_PROCEDURES) + index * PROCEDURE_BYTES;
}

export function phaseRecord(index: u32): Ptr {
  return sessionGet(SESSION_PHASES) + index * PHASE_BYTES;
}

/**
 * Each procedure's code lies inside CODE, its tensors exist and have elements of four bytes, those that the
 * embedder fills lie behind the tables, and each of its instructions passes.
 */
export function readProcedures(): u32 {
  const count = sessionGet(SESSION_PROCEDURE_COUNT);
  for (let i: u32 = 0; i < count; ++i) {
    const record = procedureRecord(i);
    const kind = load<u32>(record, PROCEDURE_KIND);
    const offset = load<u32>(record, PROCEDURE_OFFSET);
    const bytes = load<u32>(record, PROCEDURE_CODE_BYTES);
    const batch = load<u32>(record, PROCEDURE_BATCH);
    const codeBytes = sessionGet(SESSION_CODE_BYTES);
    if (kind < KIND_PREDICT || kind > KIND_BEGIN)
      return fail(BAD_PROCEDURE, SECTION_PROCEDURES, i, 0, kind);
    if (batch == 0 || batch > headerWord(HEADER_BATCH_MAX)) {
      return fail(BAD_PROCEDURE, SECTION_PROCEDURES, i, 1, batch);
    }
    if (((offset | bytes) & 3) != 0 || offset > codeBytes || bytes > codeBytes - offset) {
      return fail(BAD_PROCEDURE, SECTION_PROCEDURES, i, 2, offset);
    }
    for (let field: u32 = PROCEDURE_X; field <= PROCEDURE_NORM; field += 4) {
      const id = load<u32>(record + field);
      if (id == NONE) continue;
      const numbers: u32 = field < PROCEDURE_LOSS ? 0 : field == PROCEDURE_CORRECT ? 2 : 1;
      const fits = tensorExists(id) && typeBytes(tensorType(id)) == 4;
      if (!fits || (numbers != 0 && !holds(id, numbers))) {
        return fail(BAD_PROCEDURE, SECTION_PROCEDURES, i, field, id);
      }
      if (field <= PROCEDURE_Y && tensorOffset(id) < sessionGet(SESSION_WRITABLE)) {
        return fail(BAD_PROCEDURE, SECTION_PROCEDURES, i, field, id);
      }
    }
    const status = readInstructions(sessionGet(SESSION_CODE) + offset, bytes, batch);
    if (status != DONE) return status;
  }
  return DONE;
}

/** The tensor is n f32 at every batch. */
function holds(id: u32, n: u32): bool {
  return tensorType(id) == TYPE_F32 && tensorElementsAt(id, 1) == n && tensorElementsAt(id, 0) == n;
}

function readInstructions(start: Ptr, bytes: u32, batch: u32): u32 {
  let at: u32 = 0;
  for (let index: u32 = 0; at < bytes; ++index) {
    const left = bytes - at;
    if (left < INSTRUCTION_OPERANDS) return fail(BAD_OPCODE, SECTION_CODE, index, 0, left);
    const instruction = start + at;
    const opcode = instructionOpcode(instruction);
    const length = instructionBytes(opcode);
    if (length > left || load<u32>(instruction, INSTRUCTION_WORK) == 0) {
      return fail(BAD_OPCODE, SECTION_CODE, index, 1, opcode);
    }
    const status = readInstruction(instruction, opcode, index, batch);
    if (status != DONE) return status;
    at += length;
  }
  return DONE;
}

/**
 * Operands and their overlaps, then the opcode's own conditions. Sizes are equations between linear
 * functions of the batch, so that holding at 1 and at the largest batch is holding at every batch between.
 */
function readInstruction(at: Ptr, opcode: u32, index: u32, batch: u32): u32 {
  const count = opcodeOperands(opcode);
  for (let k: u32 = 0; k < count; ++k) {
    const id = operandId(at, k);
    const written = (opcodeWrites(opcode) >> k) & 1;
    if (!tensorExists(id)) return fail(BAD_OPERAND, SECTION_CODE, index, k, id);
    if (tensorType(id) != operandType(opcode, k))
      return fail(BAD_OPERAND, SECTION_CODE, index, k, id);
    if (written && tensorFlags(id) != FLAG_WRITABLE)
      return fail(BAD_OPERAND, SECTION_CODE, index, k, id);
  }
  const clash = overlap(at, opcode);
  if (clash != 0) return fail(BAD_OPERAND, SECTION_CODE, index, clash - 1, opcode);
  sessionSet(SESSION_BATCH, 1);
  let status = dispatch(at, opcode, true);
  if (status != DONE) return fail(status, SECTION_CODE, index, 0, opcode);
  sessionSet(SESSION_BATCH, batch);
  status = dispatch(at, opcode, true);
  return status == DONE ? DONE : fail(status, SECTION_CODE, index, batch, opcode);
}

function operandType(opcode: u32, k: u32): u32 {
  return (integerOperands(opcode) >> k) & 1 ? TYPE_I32 : TYPE_F32;
}

/** Labels and tables are i32, all else is f32: bit k is operand k. */
function integerOperands(opcode: u32): u32 {
  switch (opcode) {
    case ONE_HOT:
      return 0b1;
    case SOFTMAX_CROSS_ENTROPY:
    case SOFTMAX_CROSS_ENTROPY_BACKWARD:
    case MULTI_MARGIN:
    case MULTI_MARGIN_BACKWARD:
    case CORRECT_COUNT:
      return 0b10;
    case SEPARABLE:
    case MAX_POOL:
    case MAX_POOL_BACKWARD:
      return 0b110;
    default:
      return 0;
  }
}

/**
 * 0, or 1 + the number of an operand that overlaps a written one: allowed is only to lie exactly on the
 * first written operand where the opcode's mask says so.
 */
function overlap(at: Ptr, opcode: u32): u32 {
  const count = opcodeOperands(opcode);
  const writes = opcodeWrites(opcode);
  const first = ctz<u32>(writes | 256);
  for (let w: u32 = 0; w < count; ++w) {
    if (((writes >> w) & 1) == 0) continue;
    for (let k: u32 = 0; k < count; ++k) {
      if (k == w || tensorsDisjoint(operandId(at, k), operandId(at, w))) continue;
      const allowed = w == first && (opcodeInPlace(opcode) >> k) & 1;
      if (!allowed || !coincide(operandId(at, k), operandId(at, w))) return 1 + k;
    }
  }
  return 0;
}

function coincide(a: u32, b: u32): bool {
  return (
    tensorOffset(a) == tensorOffset(b) &&
    tensorElementsAt(a, 0) == tensorElementsAt(b, 0) &&
    tensorElementsAt(a, 1) == tensorElementsAt(b, 1)
  );
}

/** A phase runs step procedures within their batch, ends, and has a scalar and a schedule for its rate. */
export function readPhases(): u32 {
  const count = sessionGet(SESSION_PHASE_COUNT);
  for (let i: u32 = 0; i < count; ++i) {
    const record = phaseRecord(i);
    const batch = load<u32>(record, PHASE_BATCH);
    const lr = load<u32>(record, PHASE_LR_TENSOR);
    if (headerWord(HEADER_ROW_ORDER) == NONE || headerWord(HEADER_ROWS_MAX) == 0) {
      return fail(BAD_PHASE, SECTION_PHASES, i, 0, 0);
    }
    const batchMin = load<u32>(record, PHASE_BATCH_MIN);
    if (batchMin == 0 || batchMin > batch) return fail(BAD_PHASE, SECTION_PHASES, i, 7, batchMin);
    if (load<u32>(record, PHASE_EPOCHS) == 0 && load<u32>(record, PHASE_STEPS) == 0) {
      return fail(BAD_PHASE, SECTION_PHASES, i, 4, 0);
    }
    if (load<u32>(record, PHASE_FLAGS) > 7)
      return fail(BAD_PHASE, SECTION_PHASES, i, 5, load<u32>(record, PHASE_FLAGS));
    if (!tensorExists(lr) || !holds(lr, 1) || tensorFlags(lr) != FLAG_WRITABLE) {
      return fail(BAD_PHASE, SECTION_PHASES, i, 6, lr);
    }
    const schedule = load<u32>(record, PHASE_SCHEDULE);
    const divides = schedule == SCHEDULE_STEP && load<u32>(record, PHASE_PERIOD) == 0;
    if (schedule > SCHEDULE_PLATEAU || divides)
      return fail(BAD_PHASE, SECTION_PHASES, i, 8, schedule);
    const fault = blocksFault(record, batch);
    if (fault != NONE) return fail(BAD_PHASE, SECTION_PHASES, i, fault, batch);
  }
  return DONE;
}

/** What is wrong with the procedures of a phase's blocks, or NONE. */
function blocksFault(phase: Ptr, batch: u32): u32 {
  const blocks = load<u32>(phase, PHASE_BLOCKS);
  const order = load<u32>(phase, PHASE_BLOCK_ORDER);
  const begin = load<u32>(phase, PHASE_BEGIN);
  if (blocks == 0 || order > BLOCK_ORDER_GAUSS_SOUTHWELL) return 9;
  if (blocks > 1 && load<u32>(phase, PHASE_BLOCK_STEPS) == 0) return 10;
  if (!procedures(load<u32>(phase, PHASE_STEP), blocks, KIND_STEP, batch)) return 1;
  if (begin != NONE && !procedures(begin, blocks, KIND_BEGIN, batch)) return 11;
  if (order != BLOCK_ORDER_GAUSS_SOUTHWELL) return NONE;
  const scores = load<u32>(phase, PHASE_SCORES);
  if (!procedures(load<u32>(phase, PHASE_SCORE), 1, KIND_BEGIN, batch)) return 12;
  if (!tensorExists(scores) || !tensorExists(scores + blocks - 1)) return 13;
  for (let b: u32 = 0; b < blocks; ++b) if (!holds(scores + b, 1)) return 13;
  return NONE;
}

/** There are so many procedures from the first on, all of the kind and for the batch; a step has a loss. */
function procedures(first: u32, n: u32, kind: u32, batch: u32): bool {
  const count = sessionGet(SESSION_PROCEDURE_COUNT);
  if (batch == 0 || first >= count || n > count - first) return false;
  for (let i = first; i < first + n; ++i) {
    const record = procedureRecord(i);
    if (load<u32>(record, PROCEDURE_KIND) != kind) return false;
    if (batch > load<u32>(record, PROCEDURE_BATCH)) return false;
    if (kind == KIND_STEP && load<u32>(record, PROCEDURE_LOSS) == NONE) return false;
  }
  return true;
}
