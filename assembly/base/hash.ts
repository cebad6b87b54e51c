import { Ptr } from "./ptr";

// Words, shifts and 32-bit products only, so that TypeScript computes the same with Math.imul. The
// mixing steps and constants are those of MurmurHash3 (Appleby 2011, public domain).

/** fmix32: every bit of the word moves every bit of the result. */
function hashMix(word: u32): u32 {
  word ^= word >> 16;
  word *= 0x85ebca6b;
  word ^= word >> 13;
  word *= 0xc2b2ae35;
  return word ^ (word >> 16);
}

/**
 * The part of a counter-based random number that a row's elements share.
 *
 *   h ← mix(h + word·0x9e3779b9 + 1) over seedLow, seedHigh, step, instruction, row, from h = 0
 */
export function hashRow(seedLow: u32, seedHigh: u32, step: u32, instruction: u32, row: u32): u32 {
  let h = inline.always(hashNext(0, seedLow));
  h = inline.always(hashNext(h, seedHigh));
  h = inline.always(hashNext(h, step));
  h = inline.always(hashNext(h, instruction));
  return inline.always(hashNext(h, row));
}

/**
 * 32 random bits for one element of the row whose `hashRow` is given: no state, so any order does.
 */
export function hashElement(rowHash: u32, element: u32): u32 {
  return hashNext(rowHash, element);
}

/** `hashElement` of the elements element … element + 3. */
export function hashElement4(rowHash: u32, element: u32): v128 {
  const elements = i32x4.add(i32x4.splat(element), i32x4(0, 1, 2, 3));
  let h = i32x4.mul(elements, i32x4.splat(0x9e3779b9));
  h = i32x4.add(h, i32x4.splat(rowHash + 1));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

function hashNext(h: u32, word: u32): u32 {
  return hashMix(h + word * 0x9e3779b9 + 1);
}

/** The state of a hash64 before its first word: h1 low, h2 high. */
export const HASH64_BEGIN: u64 = (u64(0x6c6f7061) << 32) | 0x73747270;

/**
 * Takes `bytes` bytes, a multiple of 4, as little-endian words into a hash64 state and returns the
 * new state; ranges hashed one after the other give the hash of their concatenation.
 *
 *   h1 ← rotl(h1 ^ rotl(word·0xcc9e2d51, 15)·0x1b873593, 13)·5 + 0xe6546b64
 *   h2 ← rotl(h2 ^ rotl(word·0xab0e9789, 16)·0x38b34ae5, 17)·5 + 0x0bcaa747
 *
 * all modulo 2³². For integrity, not against an adversary.
 */
export function hash64Update(state: u64, data: Ptr, bytes: u32): u64 {
  let h1 = u32(state),
    h2 = u32(state >> 32);
  for (const end = data + bytes; data < end; data += 4) {
    const word = load<u32>(data);
    h1 = rotl<u32>(h1 ^ (rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593), 13) * 5 + 0xe6546b64;
    h2 = rotl<u32>(h2 ^ (rotl<u32>(word * 0xab0e9789, 16) * 0x38b34ae5), 17) * 5 + 0x0bcaa747;
  }
  return u64(h1) | (u64(h2) << 32);
}

/**
 * The hash64 of everything taken in, `bytes` in all (modulo 2³²), low word first.
 *
 *   h1 ^= bytes, h2 ^= bytes, h1 += h2, h2 += h1, h1 ← mix(h1), h2 ← mix(h2), h1 += h2, h2 += h1
 */
export function hash64Final(state: u64, bytes: u32): u64 {
  let h1 = u32(state) ^ bytes,
    h2 = u32(state >> 32) ^ bytes;
  h1 += h2;
  h2 += h1;
  h1 = hashMix(h1);
  h2 = hashMix(h2);
  h1 += h2;
  h2 += h1;
  return u64(h1) | (u64(h2) << 32);
}
