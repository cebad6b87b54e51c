import { Ptr } from "./ptr";

/** Zeroes `bytes` bytes, a multiple of 4, at an address that is a multiple of 4. */
export function memoryZero(target: Ptr, bytes: u32): void {
  if (ASC_FEATURE_BULK_MEMORY) {
    memory.fill(target, 0, bytes);
  } else {
    for (const end = target + bytes; target < end; target += 4) store<u32>(target, 0);
  }
}

/**
 * Copies `bytes` bytes, a multiple of 4, between ranges that do not overlap, at multiples of 4.
 * A loop where the engine has no bulk memory: asc's memory.copy would link 1.7 KB.
 */
export function memoryCopy(target: Ptr, source: Ptr, bytes: u32): void {
  if (ASC_FEATURE_BULK_MEMORY) {
    memory.copy(target, source, bytes);
  } else {
    for (const end = target + bytes; target < end; target += 4, source += 4) {
      store<u32>(target, load<u32>(source));
    }
  }
}
