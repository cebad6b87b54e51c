import * as abi from "../../assembly/abi/program.js";
import { crc32, hash64 } from "../../src/compile/hash.js";

/** A resident section of a program file: where its entry lies, and its bytes. */
export interface Section {
  readonly entry: number;
  readonly kind: number;
  readonly offset: number;
  readonly bytes: number;
}

export function residentSections(file: Uint8Array): Section[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const count = view.getUint32(abi.HEADER_SECTION_COUNT, true);
  return Array.from({ length: count }, (_, i) => {
    const entry = abi.SECTION_TABLE + i * abi.SECTION_BYTES;
    const [kind, offset, bytes] = [0, 4, 8].map((field) => view.getUint32(entry + field, true));
    return { entry, kind: kind!, offset: offset!, bytes: bytes! };
  }).filter(({ kind }) => kind !== abi.SECTION_NAMES);
}

/**
 * A copy of the file with some change in it and every checksum right again, so that the reader's other
 * checks are reached: what an attacker does.
 */
export function forged(file: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = file.slice();
  const view = new DataView(copy.buffer);
  change(view);
  for (const { entry } of residentSections(file)) {
    const [offset, bytes] = [view.getUint32(entry + 4, true), view.getUint32(entry + 8, true)];
    if (offset + bytes <= copy.length) {
      view.setUint32(entry + 12, crc32(copy.subarray(offset, offset + bytes)), true);
    }
  }
  const resident = view.getUint32(abi.HEADER_RESIDENT_BYTES, true);
  if (resident % 4 === 0 && resident > abi.HASHED_FROM && resident <= copy.length) {
    const [low, high] = hash64(copy.subarray(abi.HASHED_FROM, resident));
    view.setUint32(abi.HEADER_HASH, low, true);
    view.setUint32(abi.HEADER_HASH + 4, high, true);
  }
  return copy;
}
