import { beforeAll, describe, expect, test } from "vitest";
import { compileEntry } from "../helpers/compile-entry.js";
import { TestRandom } from "../helpers/random.js";

// The stated bounds of assembly/base/{exp64,log64}.ts against V8's Math, which is fdlibm too and below 1 ULP: two
// results within 1 ULP of the real value are within 2 of each other.

const SAMPLES = 100_000;
const PAGES = 64;
const ULPS = 2;
const FLAVOURS = ["scalar", "simd"] as const;

const machines = new Map<string, Record<string, CallableFunction>>();
beforeAll(async () => {
  for (const flavour of FLAVOURS)
    machines.set(flavour, await compileEntry("math64", flavour, PAGES));
}, 60_000);

function map(flavour: string, name: string, x: Float64Array): Float64Array {
  const core = machines.get(flavour)!;
  const { buffer } = core.memory as unknown as WebAssembly.Memory;
  const start = core.arenaStart!() as number;
  new Float64Array(buffer, start, x.length).set(x);
  core[name]!(x.length, start, start + 8 * x.length);
  return new Float64Array(buffer.slice(start + 8 * x.length, start + 16 * x.length));
}

/** Distance in units of f64's spacing at b. */
function ulps(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  return Math.abs(a - b) / 2 ** (Math.floor(Math.log2(Math.abs(b))) - 52);
}

const random = new TestRandom(5);
const exponents = Float64Array.from({ length: SAMPLES }, (_, i) =>
  i % 2 ? random.next() * 708 : random.next() * 4,
);
const positive = Float64Array.from({ length: SAMPLES }, (_, i) =>
  i % 2 ? 2 ** (random.next() * 1020) : 1 + random.next() * 0.9,
);

describe.each(FLAVOURS)("%s", (flavour) => {
  test.each([
    { name: "expMap", x: exponents, exact: Math.exp },
    { name: "logMap", x: positive, exact: Math.log },
  ])("$name", ({ name, x, exact }) => {
    const y = map(flavour, name, x);
    const worst = y.reduce((most, value, i) => Math.max(most, ulps(value, exact(x[i]!))), 0);
    expect(worst).toBeLessThanOrEqual(ULPS);
  });

  test.each([
    ["expMap", 0, 1],
    ["expMap", -0, 1],
    ["expMap", -709, 0],
    ["expMap", -Infinity, 0],
    ["expMap", 710, Infinity],
    ["expMap", Infinity, Infinity],
    ["expMap", NaN, NaN],
    ["logMap", 1, 0],
  ] as const)("%s(%f) = %f", (name, x, y) => {
    expect(map(flavour, name, Float64Array.of(x))[0]).toBe(y);
  });
});

test("scalar and simd: the same bits", () => {
  for (const [name, x] of [
    ["expMap", exponents],
    ["logMap", positive],
  ] as const) {
    const [a, b] = FLAVOURS.map((flavour) => new Uint32Array(map(flavour, name, x).buffer));
    expect(a).toEqual(b);
  }
});
