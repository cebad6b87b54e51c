import {
  SESSION_BYTES,
  SESSION_DETAIL,
  SESSION_INDEX,
  SESSION_SECTION,
  SESSION_STATUS,
  SESSION_VALUE,
} from "../abi/session";
import { Ptr } from "../base/ptr";

/** The one session record: all mutable state the core has of its own. */
export const SESSION: Ptr = memory.data(SESSION_BYTES, 16);

/** The arena starts at the first cache line behind the core's own data: eight columns of a tile lie in one. */
export function arenaStart(): Ptr {
  return (__heap_base + 63) & ~63;
}

export function sessionGet(field: u32): u32 {
  return load<u32>(SESSION + field);
}

export function sessionSet(field: u32, value: u32): void {
  store<u32>(SESSION + field, value);
}

/** Records the status with an empty place, and returns it. */
export function answer(status: u32): u32 {
  return fail(status, 0, 0, 0, 0);
}

/** Records the status and its place, and returns the status. */
export function fail(status: u32, section: u32, index: u32, detail: u32, value: u32): u32 {
  sessionSet(SESSION_STATUS, status);
  sessionSet(SESSION_SECTION, section);
  sessionSet(SESSION_INDEX, index);
  sessionSet(SESSION_DETAIL, detail);
  sessionSet(SESSION_VALUE, value);
  return status;
}
