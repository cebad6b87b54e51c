import { describe, expect, test } from "vitest";
import { Pcg32, shuffledIndices } from "../../src/data/pcg32.js";

/** The generator as its paper writes it, in whole numbers without end. */
function* reference(seed: bigint): Generator<number> {
  const mask = (1n << 64n) - 1n;
  const step = (state: bigint) => (state * 6364136223846793005n + 109n) & mask;
  let state = step((step(0n) + seed) & mask);
  for (;;) {
    const word = Number((((state >> 18n) ^ state) >> 27n) & 0xffffffffn);
    const turn = Number(state >> 59n);
    state = step(state);
    yield ((word >>> turn) | (word << (-turn & 31))) >>> 0;
  }
}

describe("pcg32", () => {
  test("seed 42: the first six draws of pcg32-demo", () => {
    const random = new Pcg32(42);
    const draws = Array.from({ length: 6 }, () => random.next().toString(16));
    expect(draws).toEqual(["a15c02b7", "7b47f409", "ba1d3330", "83d2f293", "bfa4784b", "cbed606e"]);
  });

  test.each([0, 1, 12345, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1])("seed %i, as the paper", (seed) => {
    const random = new Pcg32(seed);
    const expected = reference(BigInt(seed));
    for (let i = 0; i < 2000; i++) expect(random.next()).toBe(expected.next().value);
  });

  test("a seed is a whole number", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new Pcg32(seed)).toThrow();
  });

  test("below: in range, every value, about equally often", () => {
    const random = new Pcg32(1);
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 7000; i++) counts[random.below(7)]++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(random.below(1)).toBe(0);
  });

  test("uniform: in [0, 1), mean one half", () => {
    const random = new Pcg32(1);
    const draws = Array.from({ length: 10_000 }, () => random.uniform());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(draws.reduce((a, b) => a + b) / draws.length).toBeCloseTo(0.5, 2);
  });

  test("a shuffle is a permutation", () => {
    expect([...shuffledIndices(100, 3)].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    expect(shuffledIndices(100, 3)).not.toEqual(shuffledIndices(100, 4));
    expect([...shuffledIndices(0, 3)]).toEqual([]);
    expect([...shuffledIndices(1, 3)]).toEqual([0]);
  });
});
