// The hashes of assembly/base, computed on the host. The mixing steps are MurmurHash3's.

export { crc32 } from "../data/crc32.js";

const rotl = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

/** Two words, low first. */
export type Hash64 = readonly [low: number, high: number];

/** fmix32; the result is to be read as a u32. */
function hashMix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The random word of these counters, one after the other, behind those of h: hashRow, then hashElement. */
export function hashCounters(words: readonly number[], h = 0): number {
  return words.reduce((hash, word) => hashMix((hash + Math.imul(word, 0x9e3779b9) + 1) | 0), h);
}

/** The hash of a multiple of four bytes: assembly/base/hash.ts, from HASH64_BEGIN to hash64Final. */
export function hash64(bytes: Uint8Array): Hash64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [h1, h2] = [0x73747270, 0x6c6f7061];
  for (let i = 0; i < bytes.length; i += 4) {
    const word = view.getUint32(i, true);
    h1 ^= Math.imul(rotl(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    h1 = (Math.imul(rotl(h1, 13), 5) + 0xe6546b64) | 0;
    h2 ^= Math.imul(rotl(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5);
    h2 = (Math.imul(rotl(h2, 17), 5) + 0x0bcaa747) | 0;
  }
  h1 ^= bytes.length;
  h2 ^= bytes.length;
  h1 = (h1 + h2) | 0;
  h2 = (h2 + h1) | 0;
  h1 = hashMix(h1);
  h2 = hashMix(h2);
  h1 = (h1 + h2) | 0;
  h2 = (h2 + h1) | 0;
  return [h1 >>> 0, h2 >>> 0];
}

/** FNV-1a over the UTF-8 bytes: the key of a state entry. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
