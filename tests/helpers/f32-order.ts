// The order of sums that assembly/abi/opcodes.ts fixes, in plain TypeScript: every operation is rounded to
// f32 by Math.fround, so that a core which adds in another order differs in some bit.

const { fround } = Math;

/** A chain starts anew after this many terms. */
export const BLOCK = 256;

/**
 * Σ terms: an ascending chain in blocks of 256, each from zero, the blocks added in order, the bias last.
 * A term that is left out (undefined) counts its place.
 */
export function chain(terms: readonly (number | undefined)[], bias?: number): number {
  let total = 0;
  for (let first = 0; first < terms.length; first += BLOCK) {
    let sum = 0;
    for (const term of terms.slice(first, first + BLOCK)) {
      if (term !== undefined) sum = fround(sum + term);
    }
    total = fround(total + sum);
  }
  return bias === undefined ? total : fround(total + bias);
}

/** Σ terms in four lanes, element i in lane i mod 4, joined as (s0 + s1) + (s2 + s3). */
export function lanes(terms: readonly number[]): number {
  const sums = [0, 0, 0, 0];
  terms.forEach((term, i) => {
    sums[i % 4] = fround(sums[i % 4]! + term);
  });
  return fround(fround(sums[0]! + sums[1]!) + fround(sums[2]! + sums[3]!));
}

/** a·b in f32. */
export const times = (a: number, b: number): number => fround(a * b);
