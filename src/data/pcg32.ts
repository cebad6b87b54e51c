/**
 * PCG32, the host's only source of chance: PCG-XSH-RR 64/32 on stream 54.
 *
 *   state = 6364136223846793005·state + increment (mod 2⁶⁴), output = rotr32((state >> 18 ^ state) >> 27, state >> 59)
 *
 * The 64-bit state is held as two 32-bit halves, so that a draw needs no BigInt. Whole-number arithmetic only:
 * the same seed gives the same draws on every machine.
 *
 * M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", 2014,
 * https://www.pcg-random.org; `pcg32_srandom(seed, 54)` of its minimal C implementation.
 */
export class Pcg32 {
  #high = 0;
  #low = 0;

  /** @param seed a whole number, 0 to 2⁵³ − 1 */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed ${seed}`);
    this.#advance();
    const low = this.#low + (seed >>> 0);
    this.#low = low >>> 0;
    this.#high = (this.#high + Math.floor(seed / 2 ** 32) + (low > 0xffffffff ? 1 : 0)) >>> 0;
    this.#advance();
  }

  /** The next 32 bits, as an unsigned number. */
  next(): number {
    const high = this.#high;
    const low = this.#low;
    this.#advance();
    const xorHigh = (high >>> 18) ^ high;
    const xorLow = ((high << 14) | (low >>> 18)) ^ low;
    const word = (xorHigh << 5) | (xorLow >>> 27);
    const turn = high >>> 27;
    return ((word >>> turn) | (word << (-turn & 31))) >>> 0;
  }

  /** A draw from 0 to bound − 1, each equally likely: draws below 2³² mod bound are thrown away. */
  below(bound: number): number {
    const threshold = (2 ** 32 - bound) % bound;
    for (;;) {
      const draw = this.next();
      if (draw >= threshold) return draw % bound;
    }
  }

  /** A multiple of 2⁻²⁴ in [0, 1). */
  uniform(): number {
    return (this.next() >>> 8) * 2 ** -24;
  }

  #advance(): void {
    const low = this.#low;
    const a0 = low & 0xffff;
    const a1 = low >>> 16;
    // The multiplier is 0x5851f42d_4c957f2d, its low half in two pieces; the increment is 2·54 + 1.
    const p00 = a0 * 0x7f2d;
    const middle = a1 * 0x7f2d + (p00 >>> 16);
    const middle2 = a0 * 0x4c95 + (middle & 0xffff);
    const carry = a1 * 0x4c95 + Math.floor(middle / 65536) + Math.floor(middle2 / 65536);
    const product = (((middle2 & 0xffff) << 16) | (p00 & 0xffff)) >>> 0;
    const cross = Math.imul(low, 0x5851f42d) + Math.imul(this.#high, 0x4c957f2d);
    const sum = product + 109;
    this.#low = sum >>> 0;
    this.#high = (carry + cross + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }
}

/** 0 … count − 1 in a seeded order: Fisher and Yates, from the last place down. */
export function shuffledIndices(count: number, seed: number): Uint32Array {
  const random = new Pcg32(seed);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
