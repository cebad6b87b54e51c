import {
  TENSOR_BYTES,
  TENSOR_C0,
  TENSOR_C1,
  TENSOR_FLAGS,
  TENSOR_OFFSET,
  TENSOR_TYPE,
  TYPE_F32,
  TYPE_I32,
} from "../abi/program";
import { SESSION_BATCH, SESSION_TENSOR_COUNT, SESSION_TENSORS } from "../abi/session";
import { Ptr } from "../base/ptr";
import { arenaStart, sessionGet } from "./session";

export function tensorRecord(id: u32): Ptr {
  return sessionGet(SESSION_TENSORS) + id * TENSOR_BYTES;
}

/** False for NONE, and for a number past the table. */
export function tensorExists(id: u32): bool {
  return id < sessionGet(SESSION_TENSOR_COUNT);
}

export function tensorPtr(id: u32): Ptr {
  return arenaStart() + tensorOffset(id);
}

export function tensorOffset(id: u32): u32 {
  return load<u32>(tensorRecord(id), TENSOR_OFFSET);
}

/** Elements at a given batch; the reader has made sure that it fits. */
export function tensorElementsAt(id: u32, batch: u32): u32 {
  const record = tensorRecord(id);
  return load<u32>(record, TENSOR_C0) + load<u32>(record, TENSOR_C1) * batch;
}

/** Elements at the batch of the running procedure. */
export function tensorElements(id: u32): u32 {
  return tensorElementsAt(id, sessionGet(SESSION_BATCH));
}

export function tensorType(id: u32): u32 {
  return load<u32>(tensorRecord(id), TENSOR_TYPE);
}

export function tensorFlags(id: u32): u32 {
  return load<u32>(tensorRecord(id), TENSOR_FLAGS);
}

/** Bytes of one element. */
export function typeBytes(type: u32): u32 {
  return type == TYPE_F32 || type == TYPE_I32 ? 4 : 1;
}

/** What the tensor takes in the arena at a given batch: its bytes padded to 16. */
export function tensorBytesAt(id: u32, batch: u32): u64 {
  const record = tensorRecord(id);
  const elements = <u64>load<u32>(record, TENSOR_C0) + <u64>load<u32>(record, TENSOR_C1) * batch;
  const type = load<u32>(record, TENSOR_TYPE);
  return (elements * inline.always(typeBytes(type)) + 15) & ~15;
}
