import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/solver.js";
import { NON_FINITE } from "../../assembly/abi/status.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";
import { cluster, distance, KMEANS_PLUS_PLUS, largestOff, RANDOM, type Rows } from "./clusters.js";

const fixture = new URL("../fixtures/kmeans.json", import.meta.url);
const { lloyd, miniBatch } = JSON.parse(readFileSync(fixture, "utf8")) as {
  lloyd: (Expected & { name: string; tol: number; maxIterations: number; iterations: number })[];
  miniBatch: (Expected & { seed: number; batch: number; batches: number[][] })[];
};

interface Expected {
  readonly x: number[][];
  readonly init: number[][];
  readonly labels: number[];
  readonly centers: number[][];
  readonly inertia: number;
}

/** Rows around some middles, and some far off. */
function clusteredRows(seed: number, rows: number, columns: number, middles: number): Rows {
  const random = new TestRandom(seed);
  const at = Array.from({ length: middles }, () => random.array(columns, 4));
  return Array.from({ length: rows }, (_, row) =>
    [...random.array(columns, row % 17 ? 0.5 : 3)].map((value, i) =>
      Math.fround(value + (at[row % middles]?.[i] ?? 0)),
    ),
  );
}

describe("Lloyd's iterations against scikit-learn, from the same centres", () => {
  test.each(lloyd)("$name", ({ x, init, tol, maxIterations, ...expected }) => {
    const found = cluster(x, init.length, { init, tol, maxIterations });
    expect(found.labels).toEqual(expected.labels);
    expect(found.iterations).toBe(expected.iterations);
    expect(largestOff([found.inertia], [expected.inertia])).toBeLessThan(TOLERANCES.inertia);
    const centers = expected.centers.flat();
    expect(largestOff(found.centers.flat(), centers)).toBeLessThan(TOLERANCES.f32Rounding);
  });
});

describe("mini-batches against scikit-learn's partial_fit, on the same batches", () => {
  test.each(miniBatch)("batch $batch", ({ x, init, seed, batch, batches, ...expected }) => {
    const maxIterations = batches.length;
    const found = cluster(x, init.length, { init, seed, batch, maxIterations });
    expect(found.asked.slice(0, maxIterations)).toEqual(batches);
    expect(found.asked.slice(maxIterations).flat()).toEqual(x.map((_, row) => row));
    expect(found.labels).toEqual(expected.labels);
    expect(largestOff([found.inertia], [expected.inertia])).toBeLessThan(TOLERANCES.inertia);
    const centers = expected.centers.flat();
    expect(largestOff(found.centers.flat(), centers)).toBeLessThan(TOLERANCES.miniBatchCenters);
  });
});

const shapes = [1, 2, 3, 4, 5, 7, 8, 9, 33].flatMap((columns) =>
  [1, 2, 4, 5, 9].map((clusters) => ({ columns, clusters })),
);

describe.each(["k-means++", "random"])("from a start by %s", (name) => {
  const start = name === "random" ? RANDOM : KMEANS_PLUS_PLUS;

  test.each(shapes)("$columns columns, $clusters clusters", ({ columns, clusters }) => {
    const x = clusteredRows(columns * 10 + clusters, 41, columns, 5);
    const found = cluster(x, clusters, { start, seed: 3, tol: 0 });
    // The inertia never rises.
    for (const [i, inertia] of found.inertias.entries()) {
      if (i) expect(inertia).toBeLessThanOrEqual(found.inertias[i - 1]! * (1 + TOLERANCES.inertia));
    }
    // Each label is of the nearest centre, the inertia the sum, and each centre the mean of its rows.
    let inertia = 0;
    const sums = found.centers.map(() => ({ rows: 0, sum: Array<number>(columns).fill(0) }));
    for (const [row, label] of found.labels.entries()) {
      const distances = found.centers.map((center) => distance(x[row]!, center));
      expect(distances[label]).toBeLessThanOrEqual(
        Math.min(...distances) * (1 + TOLERANCES.inertia),
      );
      inertia += distances[label]!;
      const { sum } = sums[label]!;
      sums[label]!.rows++;
      for (const [i, value] of x[row]!.entries()) sum[i]! += value;
    }
    expect(largestOff([found.inertia], [inertia])).toBeLessThan(TOLERANCES.inertia);
    const means = sums.flatMap(({ rows, sum }) => sum.map((value) => value / rows));
    expect(largestOff(found.centers.flat(), means)).toBeLessThan(TOLERANCES.f32Rounding);
  });

  test("starts on different rows, the same for a seed, others for another", () => {
    const x = clusteredRows(9, 60, 3, 5);
    const startOf = (seed: number) =>
      cluster(x, 12, { start, seed, maxIterations: 1, stopAfter: 0 }).centers.map(String);
    const first = startOf(1);
    expect(new Set(first).size).toBe(12);
    for (const center of first) expect(x.map(String)).toContain(center);
    expect(startOf(1)).toEqual(first);
    expect(startOf(2)).not.toEqual(first);
  });
});

test("k-means++ finds clusters that are far apart, a random start seldom does", () => {
  const random = new TestRandom(4);
  const x = Array.from({ length: 240 }, (_, row) =>
    [(row % 12) * 100, 0].map((v) => v + random.next()),
  );
  const inertiaOf = (start: number) =>
    Array.from({ length: 20 }, (_, seed) => cluster(x, 12, { start, seed }).inertia);
  const best = 240 * (1 / 3 + 1 / 3);
  expect(Math.max(...inertiaOf(KMEANS_PLUS_PLUS))).toBeLessThan(1.2 * best);
  expect(inertiaOf(RANDOM).filter((inertia) => inertia < 1.2 * best).length).toBeLessThan(10);
});

test("of equally near centres the first has the row", () => {
  const x = [[0], [1], [2], [3], [4]];
  const ties = cluster(x, 5, {
    init: [[3], [-1], [1], [3], [1]],
    tol: 0,
    maxIterations: 1,
    stopAfter: 1,
  });
  expect(ties.firstLabels).toEqual([1, 2, 0, 0, 0]);
});

test("more clusters than different rows: some stay empty, and where they were", () => {
  const x = [
    [1, 1],
    [1, 1],
    [2, 2],
    [2, 2],
    [2, 2],
  ];
  const found = cluster(x, 4, {
    init: [
      [0, 0],
      [9, 9],
      [1, 1],
      [2, 3],
    ],
    tol: 0,
  });
  expect(found.inertia).toBe(0);
  const all = cluster(x, 5, { start: KMEANS_PLUS_PLUS, seed: 1 });
  expect(all.inertia).toBe(0);
  for (const center of all.centers)
    expect([
      [1, 1],
      [2, 2],
    ]).toContainEqual(center);
});

describe("mini-batches", () => {
  const x = clusteredRows(21, 500, 3, 5);

  test("come near Lloyd's inertia, stop by themselves, and ask for each row once more at the end", () => {
    const whole = cluster(x, 5, { start: KMEANS_PLUS_PLUS, seed: 1 });
    const found = cluster(x, 5, {
      start: KMEANS_PLUS_PLUS,
      seed: 1,
      batch: 64,
      maxIterations: 1000,
    });
    expect(found.inertia).toBeLessThan(1.1 * whole.inertia);
    expect(found.iterations).toBeGreaterThan(10);
    expect(found.iterations).toBeLessThan(1000);
    // A batch for k-means++, one an iteration, then all rows.
    expect(found.asked.length).toBe(1 + found.iterations + Math.ceil(500 / 64));
    expect(found.asked.slice(1 + found.iterations).flat()).toEqual(x.map((_, row) => row));
    expect(found.labels.length).toBe(500);
  });

  test("a centre that no row is near to is put on a row", () => {
    const init = [...x.slice(0, 4), [1000, 1000, 1000]];
    const found = cluster(x, 5, { init, batch: 32, maxIterations: 100, seed: 2 });
    expect(new Set(found.labels).size).toBe(5);
    expect(Math.max(...found.centers.flat())).toBeLessThan(20);
  });

  test("memory is that of the batch, however many rows there are", () => {
    const bytes = (rows: number) =>
      cluster(x.slice(0, 64), 5, { batch: 64, rows, stopAfter: 0 }).arenaBytes;
    expect(bytes(10_000_000)).toBe(bytes(100));
  });
});

describe("the same bits", () => {
  const x = clusteredRows(31, 61, 7, 4);
  const runs = [
    { name: "k-means++", options: { start: KMEANS_PLUS_PLUS, seed: 5 }, clusters: 9 },
    { name: "random", options: { start: RANDOM, seed: 5 }, clusters: 5 },
    { name: "mini-batches", options: { start: KMEANS_PLUS_PLUS, seed: 5, batch: 17 }, clusters: 5 },
  ];
  describe.each(runs)("$name", ({ options, clusters }) => {
    const whole = cluster(x, clusters, options);

    test("scalar as simd", () => {
      const { inertias, labels, centers } = cluster(x, clusters, { ...options, flavour: "scalar" });
      expect({ inertias, labels, centers }).toEqual({
        inertias: whole.inertias,
        labels: whole.labels,
        centers: whole.centers,
      });
    });

    test.each([1, 100, 3000])("a budget of %i", (budget) => {
      const { pauses, inertia, labels, centers } = cluster(x, clusters, { ...options, budget });
      expect(pauses).toBeGreaterThan(0);
      expect({ inertia, labels, centers }).toEqual({
        inertia: whole.inertia,
        labels: whole.labels,
        centers: whole.centers,
      });
    });
  });
});

describe("refusals", () => {
  const x = clusteredRows(41, 20, 3, 2);
  const bad = x.map((row, i) => (i === 13 ? [0, Number.NaN, 0] : row));

  test("a row that is not finite is named", () => {
    const refusal = { status: NON_FINITE, index: 13 };
    expect(() => cluster(bad, 3, {})).toThrow(expect.objectContaining(refusal));
    const batches = { batch: 8, maxIterations: 50 };
    expect(() => cluster(bad, 3, batches)).toThrow(expect.objectContaining(refusal));
    const infinite = x.map((row, i) => (i === 19 ? [0, 0, Infinity] : row));
    expect(() => cluster(infinite, 3, {})).toThrow(expect.objectContaining({ index: 19 }));
  });

  const forged = [
    { field: abi.SOLVER_ROWS, problem: { rows: 0 } },
    { field: abi.SOLVER_ROWS, problem: { rows: 0xffffffff } },
    { field: abi.SOLVER_COLUMNS, problem: { columns: 0 } },
    { field: abi.SOLVER_OUTPUTS, problem: { outputs: 0 } },
    { field: abi.SOLVER_OUTPUTS, problem: { outputs: 21 } },
    { field: abi.SOLVER_MAX_ITERATIONS, problem: { maxIterations: 0 } },
    { field: abi.SOLVER_INIT, problem: { init: 3 } },
    { field: abi.SOLVER_BATCH, problem: { batch: 2 } },
    { field: abi.SOLVER_BATCH, problem: { batch: 21 } },
    { field: abi.SOLVER_TOL, problem: { tol: -1 } },
    { field: abi.SOLVER_TOL, problem: { tol: Number.NaN } },
    { field: abi.SOLVER_TOL, problem: { tol: 0.1, batch: 8 } },
  ];
  test.each(forged)("$problem", ({ field, problem }) => {
    const refusal = { status: abi.BAD_OPTION, index: field };
    expect(() => cluster(x, 3, { problem })).toThrow(expect.objectContaining(refusal));
  });
});

test("the arena is what docs/k-means.md says, to the byte", () => {
  const fours = (n: number) => 4 * Math.ceil(n / 4);
  const sixteens = (bytes: number) => 16 * Math.ceil(bytes / 16);
  for (const batch of [0, 8, 33]) {
    for (const { columns, clusters } of shapes.filter((shape) => shape.clusters < 8)) {
      const x = clusteredRows(1, 41, columns, 2);
      const held = batch || x.length;
      const arrays = [
        ...[4 * fours(held) * columns, 4 * held, 4 * held],
        ...[4 * clusters * columns, 4 * Math.max(fours(clusters), 8) * columns],
        ...[8 * clusters * columns, 4 * clusters],
        ...(batch ? [4 * batch, 8 * clusters] : []),
      ];
      const expected = arrays.reduce((sum, bytes) => sum + sixteens(bytes), 0);
      const { arenaBytes } = cluster(x, clusters, { batch, stopAfter: 0 });
      expect(arenaBytes).toBe(abi.SOLVER_RECORD_BYTES + expected);
    }
  }
});
