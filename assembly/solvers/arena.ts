import { Ptr } from "../base/ptr";

// Where arrays lie behind the problem record: one after the other, each at a multiple of 16. The cursor is 64 bits
// wide and sticks at FULL, so that no product of a record's sizes can wrap round to something small.

/** More than any memory has. */
const FULL: u64 = 1 << 40;
const CURSOR: Ptr = memory.data(8, 8);

/** Starts laying out at an address. */
export function arenaFrom(start: Ptr): void {
  store<u64>(CURSOR, start);
}

/** The address behind the last array; beyond 4 GB if they do not fit a memory. */
export function arenaEnd(): u64 {
  return load<u64>(CURSOR);
}

/** The address of a new array of count·times elements of `bytes` bytes each (at most 8). */
export function arenaTake(count: u32, times: u32, bytes: u32): Ptr {
  const at = load<u64>(CURSOR);
  const elements = u64(count) * u64(times);
  store<u64>(
    CURSOR,
    elements >= FULL ? FULL : min<u64>(FULL, at + ((elements * bytes + 15) & ~15)),
  );
  return <Ptr>at;
}
