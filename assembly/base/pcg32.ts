import { Ptr } from "./ptr";

// PCG32, the XSH-RR variant with 64 bits of state: O'Neill 2014, "PCG: A Family of Simple Fast
// Space-Efficient Statistically Good Algorithms for Random Number Generation", pcg-random.org.
// A generator is 16 bytes at `random`: its state and its increment (odd), two u64.

export const PCG32_BYTES: u32 = 16;

const STATE: usize = 0;
const INCREMENT: usize = 8;
/** 6364136223846793005, in halves because a formatter for JavaScript would round it. */
const MULTIPLIER: u64 = (u64(0x5851f42d) << 32) | 0x4c957f2d;
/** A draw is thrown away with probability < ½, so that nobody will ever see the last attempt. */
const ATTEMPTS: u32 = 64;

/** Seeds the generator as pcg32_srandom of the reference code does. */
export function pcg32Seed(random: Ptr, seed: u64, sequence: u64): void {
  store<u64>(random, 0, STATE);
  store<u64>(random, (sequence << 1) | 1, INCREMENT);
  pcg32Next(random);
  store<u64>(random, load<u64>(random, STATE) + seed, STATE);
  pcg32Next(random);
}

/** 32 random bits. */
export function pcg32Next(random: Ptr): u32 {
  const state = load<u64>(random, STATE);
  store<u64>(random, state * MULTIPLIER + load<u64>(random, INCREMENT), STATE);
  return rotr<u32>(u32(((state >> 18) ^ state) >> 27), u32(state >> 59));
}

/**
 * An integer 0 … bound − 1, each equally likely; 0, without a draw, for a bound of 0.
 * Lemire 2019, "Fast Random Integer Generation in an Interval", arXiv:1805.10941, Alg. 5.
 */
export function pcg32Below(random: Ptr, bound: u32): u32 {
  if (bound == 0) return 0;
  const threshold: u32 = (0 - bound) % bound;
  let product: u64 = 0;
  for (let i: u32 = 0; i < ATTEMPTS; ++i) {
    product = u64(pcg32Next(random)) * u64(bound);
    if (u32(product) >= threshold) break;
  }
  return u32(product >> 32);
}
