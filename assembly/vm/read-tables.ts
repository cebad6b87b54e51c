import {
  FLAG_WRITABLE,
  HEADER_BATCH_MAX,
  HEADER_ROW_ORDER,
  HEADER_ROWS_MAX,
  NONE,
  ROLE_OPTIMIZER,
  ROLE_PARAMETER,
  SECTION_STATE,
  SECTION_TENSORS,
  STATE_BYTES,
  STATE_ELEMENTS,
  STATE_ROLE,
  STATE_TENSOR,
  TENSOR_C0,
  TENSOR_C1,
  TYPE_F32,
  TYPE_I8,
  TYPE_I32,
} from "../abi/program";
import {
  SESSION_ARENA_BYTES,
  SESSION_ROW_ORDER,
  SESSION_STATE,
  SESSION_STATE_COUNT,
  SESSION_TENSOR_COUNT,
  SESSION_WRITABLE,
} from "../abi/session";
import { BAD_STATE, BAD_TENSOR, DONE } from "../abi/status";
import { arenaStart, fail, sessionGet, sessionSet } from "./session";
import {
  tensorBytesAt,
  tensorElementsAt,
  tensorExists,
  tensorFlags,
  tensorOffset,
  tensorPtr,
  tensorRecord,
  tensorType,
} from "./tensor";

export function headerWord(field: u32): u32 {
  return load<u32>(arenaStart() + field);
}

/** Two tensors share no byte at the largest batch, padding included. */
export function tensorsDisjoint(a: u32, b: u32): bool {
  const batchMax = headerWord(HEADER_BATCH_MAX);
  const aStart = <u64>tensorOffset(a);
  const bStart = <u64>tensorOffset(b);
  // No calls: wasm3 0.4.7 mixes up 64-bit values that live across one.
  const aBytes = inline.always(tensorBytesAt(a, batchMax));
  const bBytes = inline.always(tensorBytesAt(b, batchMax));
  return aStart + aBytes <= bStart || bStart + bBytes <= aStart;
}

/** Every tensor lies inside the arena at the largest batch, and a writable one behind the tables. */
export function readTensors(): u32 {
  const count = sessionGet(SESSION_TENSOR_COUNT);
  const batchMax = headerWord(HEADER_BATCH_MAX);
  if (batchMax == 0 || batchMax > 1 << 24) return fail(BAD_TENSOR, SECTION_TENSORS, 0, 0, batchMax);
  for (let id: u32 = 0; id < count; ++id) {
    const offset = tensorOffset(id);
    const bytes = tensorBytesAt(id, batchMax);
    const flags = tensorFlags(id);
    if (tensorType(id) > TYPE_I8 || flags > FLAG_WRITABLE) {
      return fail(BAD_TENSOR, SECTION_TENSORS, id, 1, tensorType(id));
    }
    if ((offset & 15) != 0 || <u64>offset + bytes > <u64>sessionGet(SESSION_ARENA_BYTES)) {
      return fail(BAD_TENSOR, SECTION_TENSORS, id, 2, offset);
    }
    const record = tensorRecord(id);
    if (load<u32>(record, TENSOR_C0) == 0 && load<u32>(record, TENSOR_C1) == 0) {
      return fail(BAD_TENSOR, SECTION_TENSORS, id, 3, 0);
    }
    if (flags == FLAG_WRITABLE && offset < sessionGet(SESSION_WRITABLE)) {
      return fail(BAD_TENSOR, SECTION_TENSORS, id, 4, offset);
    }
  }
  return readRowOrder();
}

/** The row order is writable i32 storage for rowsMax rows that nothing else lies on, or absent. */
function readRowOrder(): u32 {
  const id = headerWord(HEADER_ROW_ORDER);
  if (id == NONE) return DONE;
  if (!tensorExists(id)) return fail(BAD_TENSOR, SECTION_TENSORS, id, 5, 0);
  const fits = tensorElementsAt(id, 0) >= headerWord(HEADER_ROWS_MAX);
  if (!fits || tensorType(id) != TYPE_I32 || tensorFlags(id) != FLAG_WRITABLE) {
    return fail(BAD_TENSOR, SECTION_TENSORS, id, 6, tensorElementsAt(id, 0));
  }
  const count = sessionGet(SESSION_TENSOR_COUNT);
  for (let other: u32 = 0; other < count; ++other) {
    if (other != id && !tensorsDisjoint(id, other)) {
      return fail(BAD_TENSOR, SECTION_TENSORS, id, 7, other);
    }
  }
  sessionSet(SESSION_ROW_ORDER, <u32>tensorPtr(id));
  return DONE;
}

/** State tensors are writable f32, hold no batch, and say their true size. */
export function readState(): u32 {
  const count = sessionGet(SESSION_STATE_COUNT);
  for (let i: u32 = 0; i < count; ++i) {
    const record = sessionGet(SESSION_STATE) + i * STATE_BYTES;
    const id = load<u32>(record, STATE_TENSOR);
    const role = load<u32>(record, STATE_ROLE);
    if (!tensorExists(id) || tensorFlags(id) != FLAG_WRITABLE || tensorType(id) != TYPE_F32)
      return fail(BAD_STATE, SECTION_STATE, i, 0, id);
    if (role < ROLE_PARAMETER || role > ROLE_OPTIMIZER)
      return fail(BAD_STATE, SECTION_STATE, i, 1, role);
    const tensor = tensorRecord(id);
    if (
      load<u32>(tensor, TENSOR_C1) != 0 ||
      load<u32>(tensor, TENSOR_C0) != load<u32>(record, STATE_ELEMENTS)
    ) {
      return fail(BAD_STATE, SECTION_STATE, i, 2, load<u32>(record, STATE_ELEMENTS));
    }
  }
  return DONE;
}
