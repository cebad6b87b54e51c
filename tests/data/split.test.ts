import { expect, test } from "vitest";
import { splitRows } from "../../src/data/split.js";

test.each([0, 1, 2, 7])(
  "seed %i: both parts in the file's order, every row in one of them",
  (seed) => {
    const { train, validation } = splitRows(120, 0.2, seed);
    expect(validation).toHaveLength(24);
    for (const part of [train, validation]) {
      expect([...part]).toEqual([...part].sort((a, b) => a - b));
    }
    const all = new Set([...train, ...validation]);
    expect(all.size).toBe(120);
    expect(Math.max(...all)).toBe(119);
  },
);

test("the rows that validate are drawn from the whole file, by the seed", () => {
  const [a, b] = [splitRows(120, 0.2, 1), splitRows(120, 0.2, 2)];
  expect(a.validation[0]).toBeLessThan(60);
  expect(a.validation).not.toEqual(b.validation);
});
