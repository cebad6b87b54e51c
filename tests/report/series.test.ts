import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { downsample, gaps, POINTS_MAX, smooth } from "../../src/report/series.js";

const numbers = fc.array(fc.double(), { minLength: 0, maxLength: 400 });
const finite = (values: readonly number[]) => values.filter(Number.isFinite);

describe("downsample", () => {
  test("keeps at most so many, in their order, the ends among them", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 4, max: 50 }), (values, max) => {
        const kept = downsample(values, max);
        expect(kept.length).toBeLessThanOrEqual(max);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        if (values.length > 0) expect([kept[0], kept.at(-1)]).toEqual([0, values.length - 1]);
        if (values.length <= max) expect(kept).toHaveLength(values.length);
      }),
    );
  });

  test("keeps the smallest and the largest finite value", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 4, max: 50 }), (values, max) => {
        const [all, kept] = [
          finite(values),
          finite(downsample(values, max).map((i) => values[i]!)),
        ];
        // A first or last value of its own may be one of them.
        expect(Math.min(...kept)).toBe(Math.min(...all));
        expect(Math.max(...kept)).toBe(Math.max(...all));
      }),
    );
  });

  test("keeps each stretch's extremes, so that no peak is lost", () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i % 1000 === 777 ? 50 + i : i % 7));
    const kept = new Set(downsample(values));
    expect(kept.size).toBeLessThanOrEqual(POINTS_MAX);
    for (let i = 777; i < values.length; i += 1000) expect(kept.has(i)).toBe(true);
  });
});

describe("smooth", () => {
  test("a constant stays, whatever is missing in between", () => {
    const values = [3, Number.NaN, 3, 3, Number.POSITIVE_INFINITY, 3];
    for (const value of smooth(values, 10)) expect(value).toBeCloseTo(3, 12);
  });

  test("is the weighted mean by its definition", () => {
    const values = [4, 1, 7, -2, 5];
    const alpha = 2 / (3 + 1);
    const expected = values.map((_, last) => {
      const weights = values.slice(0, last + 1).map((__, i) => alpha * (1 - alpha) ** (last - i));
      const sum = weights.reduce((total, weight, i) => total + weight * values[i]!, 0);
      return sum / weights.reduce((a, b) => a + b);
    });
    smooth(values, 3).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  test("before the first finite value there is none", () => {
    expect(smooth([Number.NaN, 2], 3)).toEqual([Number.NaN, 2]);
  });
});

test("what is not finite is a gap", () => {
  const values = [1, Number.NaN, undefined, Number.NEGATIVE_INFINITY, 0.123456789];
  expect(gaps(values)).toEqual([1, null, null, null, 0.123457]);
});
