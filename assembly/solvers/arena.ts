import { Ptr } from "../base/ptr";

// Where arrays lie behind the problem record: one after the other, each at a multiple of 16. The cursor is 64 bits
// wide and sticks at FULL, so that no product of a record's sizes can wrap round to something small.

/** More than any memory has. */
const FULL: u64 = u64(1) << 40;
const CURSOR: Ptr = memory.data(8, 8);

/** Starts laying out at an address. */
export function arenaFrom(start: Ptr): void {
  store<u64>(CURSOR, start);
}

/** The address behind the last array; beyond 4 GB if they do not fit a memory. */
export function arenaEnd(): u64 {
  return load<u64>(CURSOR);
}

/** The address of a new array of count·times·again elements of `bytes` bytes each. */
export function arenaTake(bytes: u32, count: u32, times: u32 = 1, again: u32 = 1): Ptr {
  const at = load<u64>(CURSOR);
  const size = sized(sized(u64(count) * bytes, times), again);
  store<u64>(CURSOR, min<u64>(FULL, at + ((size + 15) & ~15)));
  return <Ptr>at;
}

/** size·times, at most FULL; size is at most FULL or 2³²·bytes, so that the product cannot wrap round. */
function sized(size: u64, times: u32): u64 {
  return size >> 32 && times > 256 ? FULL : min<u64>(FULL, size * times);
}
