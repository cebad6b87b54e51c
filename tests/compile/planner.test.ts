import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block } from "../../src/compile/lifetimes.js";
import { lowerBoundOf, placeBlocks } from "../../src/compile/planner.js";
import type { Graph } from "../../src/graph/graph.js";
import { convNet, denseNet, GraphSketch } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

const schedule = fc.array(
  fc.record({
    start: fc.nat(40),
    length: fc.nat(25),
    units: fc.integer({ min: 1, max: 64 }),
  }),
  { maxLength: 60 },
);

function blocksFrom(records: { start: number; length: number; units: number }[]): Block[] {
  return records.map(({ start, length, units }) => {
    return { parts: [], bytes: units * 16, start, end: start + length };
  });
}

describe("placeBlocks on random schedules", () => {
  test("never overlaps two blocks that are live together, and is never below the bound", () => {
    fc.assert(
      fc.property(schedule, (records) => {
        const blocks = blocksFrom(records);
        const { offsets, bytes } = placeBlocks(blocks);
        expect(bytes).toBeGreaterThanOrEqual(lowerBoundOf(blocks).bytes);
        blocks.forEach((a, i) => {
          const at = offsets.get(a)!;
          expect(at % 16).toBe(0);
          expect(at + a.bytes).toBeLessThanOrEqual(bytes);
          for (const b of blocks.slice(i + 1)) {
            if (a.end < b.start || b.end < a.start) continue;
            const other = offsets.get(b)!;
            expect(at + a.bytes <= other || other + b.bytes <= at).toBe(true);
          }
        });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("places the same blocks alike every time", () => {
    fc.assert(
      fc.property(schedule, (records) => {
        const [a, b] = [blocksFrom(records), blocksFrom(records)];
        const [first, second] = [placeBlocks(a), placeBlocks(b)];
        expect(a.map((block) => first.offsets.get(block))).toEqual(
          b.map((block) => second.offsets.get(block)),
        );
      }),
      { seed: 2, numRuns: 50 },
    );
  });
});

/** Eight dense layers of random widths with one residual Add. */
function randomNet(seed: number): Graph {
  const g = new GraphSketch(["N", 40], seed);
  let [x, width] = ["x", 40];
  for (let layer = 0; layer < 8; layer++) {
    const next = 8 + Math.floor((g.random.next() + 1) * 60);
    x = g.unary(layer % 2 ? "Tanh" : "Relu", g.gemm(x, `fc${layer}`, width, next));
    width = next;
    if (layer === 3) x = g.add(x, g.unary("Sigmoid", g.gemm(x, "side", width, width)));
  }
  return g.end(g.gemm(x, "head", width, 5));
}

test("random nets, clipped by norm and not, are within 3 % of the bound", () => {
  for (let seed = 0; seed < 12; seed++) {
    for (const options of [{}, { clipNorm: 1 }]) {
      const { plan } = compileForTest(randomNet(seed), { ...options, batch: 64, rows: 64 });
      expect(plan.arenaBytes).toBeLessThanOrEqual(plan.lowerBoundBytes * 1.03);
    }
  }
});

const nets = [
  ["dense", denseNet(), {}],
  ["dense, large batch", denseNet(64, 48, 10), { batch: 128, rows: 128 }],
  ["dense, clipped by norm", denseNet(64, 48, 10), { clipNorm: 1, batch: 16, rows: 16 }],
  ["conv", convNet(), {}],
  ["conv, adam", convNet(), { optimizer: { name: "adam" }, batch: 32, rows: 32 }],
  [
    "conv, head alone",
    convNet(),
    { trainable: (n: string) => n.startsWith("fc"), batch: 32, rows: 32 },
  ],
] as const;

describe.each(nets)("the plan of %s", (_, graph, options) => {
  const { plan, liveRanges } = compileForTest(graph, options);

  test("is within 3 % of the largest live set", () => {
    expect(plan.arenaBytes).toBeLessThanOrEqual(plan.lowerBoundBytes * 1.03);
  });

  test("adds up to the byte", () => {
    const sum = Object.values(plan.bytes).reduce((a, b) => a + b, 0);
    expect(sum + plan.unusedBytes).toBe(plan.arenaBytes);
    expect(plan.unusedBytes).toBeGreaterThanOrEqual(0);
  });

  test("lets live tensors share bytes only in place", () => {
    for (const a of liveRanges) {
      for (const b of liveRanges) {
        if (a === b || a.procedure !== b.procedure || a.start > b.start) continue;
        const apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
        const inPlace = a.offset === b.offset && a.bytes === b.bytes && a.end === b.start;
        expect(apart || inPlace || a.end < b.start).toBe(true);
      }
    }
  });
});
