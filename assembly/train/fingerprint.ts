import {
  ROLE_OPTIMIZER,
  STATE_BYTES,
  STATE_ELEMENTS,
  STATE_ROLE,
  STATE_TENSOR,
} from "../abi/program";
import { SESSION_FINGERPRINT, SESSION_STATE, SESSION_STATE_COUNT } from "../abi/session";
import { HASH64_BEGIN, hash64Final, hash64Update } from "../base/hash";
import { SESSION, sessionGet } from "../vm/session";
import { tensorPtr } from "../vm/tensor";

/** hash64 of the trained parameters and running statistics, in the order of STATE, into the session record. */
export function fingerprint(): void {
  const count = sessionGet(SESSION_STATE_COUNT);
  let hash = HASH64_BEGIN;
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const record = sessionGet(SESSION_STATE) + i * STATE_BYTES;
    if (load<u32>(record, STATE_ROLE) == ROLE_OPTIMIZER) continue;
    const tensorBytes = load<u32>(record, STATE_ELEMENTS) << 2;
    hash = hash64Update(hash, tensorPtr(load<u32>(record, STATE_TENSOR)), tensorBytes);
    bytes += tensorBytes;
  }
  store<u64>(SESSION + SESSION_FINGERPRINT, hash64Final(hash, bytes));
}
