import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { solve } from "../../src/solve/index.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";
import { largestOff } from "./clusters.js";

const fixture = new URL("../fixtures/kmeans.json", import.meta.url);
const { lloyd } = JSON.parse(readFileSync(fixture, "utf8")) as {
  lloyd: { name: string; x: number[][]; init: number[][]; labels: number[]; inertia: number }[];
};
const { x, init, labels, inertia } = lloyd[0]!;

/** Images of 2 × 3 around four others. */
const images = {
  shape: [100, 2, 3],
  data: new TestRandom(1).array(600).map((value, i) => value + 5 * (Math.floor(i / 6) % 4)),
};

test("scikit-learn's labels and inertia, an inertia an iteration, and what it used", async () => {
  const told: number[] = [];
  const found = await solve.kmeans(x, {
    clusters: 4,
    init,
    onIteration: ({ iteration, inertia }) => told.push(iteration, inertia),
  });
  expect([...found.labels]).toEqual(labels);
  expect(largestOff([found.inertia], [inertia])).toBeLessThan(TOLERANCES.inertia);
  expect(found.centers.shape).toEqual([4, 2]);
  expect(found.converged).toBe(true);
  expect(found.inertias.length).toBe(found.iterations);
  expect(told).toEqual(found.inertias.flatMap((value, i) => [i + 1, value]));
  expect(found.options).toEqual({
    clusters: 4,
    maxIterations: 300,
    tol: 1e-4,
    init: "given",
    seed: 0,
  });
  expect(found.plannedBytes).toBeLessThan(found.pageBytes);
});

test("centres have the rows' shape, and a run goes on from them at once", async () => {
  const first = await solve.kmeans(images, { clusters: 4, seed: 1 });
  expect(first.centers.shape).toEqual([4, 2, 3]);
  const again = await solve.kmeans(images, { clusters: 4, init: first.centers });
  expect(again.iterations).toBe(1);
  expect(again.centers).toEqual(first.centers);
  expect(again.labels).toEqual(first.labels);
});

test("mini-batches: a label for each row, in a memory of one batch", async () => {
  const whole = await solve.kmeans(images, { clusters: 4, seed: 1 });
  const found = await solve.kmeans(images, { clusters: 4, seed: 1, batch: 16 });
  expect(found.labels.length).toBe(100);
  // The same clusters under other numbers.
  const pairs = new Set([...whole.labels].map((label, row) => `${label} ${found.labels[row]}`));
  expect(pairs.size).toBe(4);
  expect(found.plannedBytes).toBeLessThan(whole.plannedBytes / 2);
  expect(found.inertias.length).toBe(found.iterations + 1);
  expect(found.options).toEqual({
    clusters: 4,
    batch: 16,
    maxIterations: 625,
    init: "k-means++",
    seed: 1,
  });
  // More than there are is all of them.
  const large = await solve.kmeans(images, { clusters: 4, batch: 1000 });
  expect(large.options.batch).toBe(100);
});

test("not converged where the iterations end before", async () => {
  const found = await solve.kmeans(lloyd[3]!.x, { clusters: 5, maxIterations: 2, tol: 0 });
  expect(found).toMatchObject({ iterations: 2, converged: false });
  expect(found.inertias.length).toBe(3);
});

test("a signal ends it", async () => {
  const controller = new AbortController();
  const run = solve.kmeans(images, {
    clusters: 4,
    signal: controller.signal,
    onIteration: () => controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: "interrupted" });
});

describe("refusals", () => {
  const usage = { code: "bad-option", exitCode: 2 };
  test.each([
    [undefined, { ...usage, where: "clusters" }],
    [{}, { ...usage, where: "clusters" }],
    [
      { clusters: 3, onIteration: "log" },
      { ...usage, where: "onIteration" },
    ],
    [{ clusters: 0 }, { ...usage, where: "clusters" }],
    [{ clusters: 1.5 }, { ...usage, where: "clusters" }],
    [{ clusters: 61 }, { code: "row-count", where: "x" }],
    [
      { clusters: 3, batch: 2 },
      { ...usage, where: "batch" },
    ],
    [
      { clusters: 3, batch: 8, tol: 1e-4 },
      { ...usage, where: "tol" },
    ],
    [
      { clusters: 3, tol: -1 },
      { ...usage, where: "tol" },
    ],
    [
      { clusters: 3, maxIterations: 0 },
      { ...usage, where: "maxIterations" },
    ],
    [
      { clusters: 3, seed: -1 },
      { ...usage, where: "seed" },
    ],
    [
      { clusters: 3, init: "kmeans" },
      { ...usage, where: "init" },
    ],
    [{ clusters: 3, clusers: 3 }, usage],
    [
      { clusters: 3, init: x.slice(0, 2) },
      { code: "row-shape", where: "init" },
    ],
    [
      { clusters: 2, init: [0, 1, 2] },
      { code: "row-shape", where: "init" },
    ],
    [
      { clusters: 2, init: [[0], [1]] },
      { code: "row-shape", where: "init" },
    ],
  ])("%j", async (options, error) => {
    await expect(solve.kmeans(x, options as never)).rejects.toMatchObject(error);
  });

  test("distances beyond float32", async () => {
    const far = x.map((row, i) => (i === 5 ? [3e19, 1] : row));
    const error = { code: "value-not-finite", where: "x" };
    for (const batch of [{}, { batch: 8 }]) {
      await expect(solve.kmeans(far, { clusters: 1, ...batch })).rejects.toMatchObject(error);
    }
  });

  test("a row that is not finite", async () => {
    const bad = x.map((row, i) => (i === 17 ? [Number.NaN, 1] : row));
    const error = { code: "value-not-finite", where: "x row 17" };
    await expect(solve.kmeans(bad, { clusters: 3 })).rejects.toMatchObject(error);
  });
});
