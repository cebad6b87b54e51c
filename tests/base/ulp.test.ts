import { beforeAll, describe, expect, test } from "vitest";
import { erf } from "../../src/reference/functions.js";
import { compileEntry } from "../helpers/compile-entry.js";

// The stated bounds of assembly/base/{exp,log,tanh,sigmoid,erf}.ts, measured against Math in f64 (whose
// own error, below 1e-15, is nothing beside an f32 ULP) over every exponent, both signs.

const MANTISSAS = 2048;
const EXPONENTS = 255;
const SAMPLES = 2 * EXPONENTS * MANTISSAS;
const PAGES = 256;

const FUNCTIONS = {
  exp: { exact: Math.exp, bound: 1 },
  log: { exact: Math.log, bound: 1 },
  tanh: { exact: Math.tanh, bound: 1.5 },
  sigmoid: { exact: sigmoid, bound: 2.5 },
  erf: { exact: erf, bound: 1 },
};

function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

type Name = keyof typeof FUNCTIONS;
const NAMES = Object.keys(FUNCTIONS) as Name[];
const FLAVOURS = ["scalar", "simd"] as const;

const SPECIAL: [Name, number, number][] = [
  ["exp", 0, 1],
  ["exp", -0, 1],
  ["exp", Infinity, Infinity],
  ["exp", -Infinity, 0],
  ["exp", 88.8, Infinity],
  ["exp", -104, 0],
  ["exp", NaN, NaN],
  ["log", 1, 0],
  ["log", 0, -Infinity],
  ["log", -0, -Infinity],
  ["log", Infinity, Infinity],
  ["log", -Infinity, NaN],
  ["log", -1, NaN],
  ["log", -1e-45, NaN],
  ["log", NaN, NaN],
  ["tanh", 0, 0],
  ["tanh", -0, -0],
  ["tanh", 1e-45, Math.fround(1e-45)],
  ["tanh", Infinity, 1],
  ["tanh", -Infinity, -1],
  ["tanh", NaN, NaN],
  ["sigmoid", 0, 0.5],
  ["sigmoid", -0, 0.5],
  ["sigmoid", Infinity, 1],
  ["sigmoid", -Infinity, 0],
  ["sigmoid", NaN, NaN],
  ["erf", 0, 0],
  ["erf", -0, -0],
  ["erf", 1e-45, Math.fround(1e-45)],
  ["erf", Infinity, 1],
  ["erf", -Infinity, -1],
  ["erf", NaN, NaN],
];

function samples(): Float32Array {
  const bits = new Uint32Array(SAMPLES);
  let noise = 1;
  for (let i = 0; i < SAMPLES; ++i) {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const upper = Math.floor(i / MANTISSAS);
    const sign = upper < EXPONENTS ? 0 : 0x80000000;
    bits[i] = sign | (((upper % EXPONENTS) << 23) | (noise >>> 9));
  }
  return new Float32Array(bits.buffer);
}

/**
 * Distance of got from the real value in units of f32's spacing there; 0 where both overflow or
 * are NaN.
 */
function ulps(got: number, exact: number): number {
  if (Object.is(got, Math.fround(exact))) return 0;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

const x = samples();
const results = new Map<string, Uint32Array>();
const machines = new Map<string, Record<string, CallableFunction>>();

function map(flavour: string, name: string, input: Float32Array): Uint32Array {
  const core = machines.get(flavour)!;
  const { buffer } = core.memory as unknown as WebAssembly.Memory;
  const start = core.arenaStart!() as number;
  new Float32Array(buffer, start, input.length).set(input);
  const output = start + 4 * input.length;
  core[name]!(input.length, start, output);
  return new Uint32Array(buffer.slice(output, output + 4 * input.length));
}

/** NaN has many bit patterns and engines may choose, so that all count as one. */
function differing(a: Uint32Array, b: Uint32Array): number {
  const fa = new Float32Array(a.buffer);
  const fb = new Float32Array(b.buffer);
  let count = 0;
  for (let i = 0; i < a.length; ++i) {
    if (a[i] !== b[i] && !(Number.isNaN(fa[i]) && Number.isNaN(fb[i]))) ++count;
  }
  return count;
}

beforeAll(async () => {
  for (const flavour of FLAVOURS) {
    machines.set(flavour, await compileEntry("math", flavour, PAGES));
  }
  for (const name of NAMES) {
    results.set(`scalar ${name}1`, map("scalar", `${name}1Map`, x));
    results.set(`simd ${name}1`, map("simd", `${name}1Map`, x));
    results.set(`simd ${name}4`, map("simd", `${name}4Map`, x));
  }
}, 60_000);

describe.each(NAMES)("%s", (name) => {
  const { exact, bound } = FUNCTIONS[name];

  test(`every exponent and both signs, at most ${bound} ULP`, () => {
    const y = new Float32Array(results.get(`scalar ${name}1`)!.buffer);
    let worst = 0;
    let worstAt = 0;
    for (let i = 0; i < SAMPLES; ++i) {
      const error = ulps(y[i]!, exact(x[i]!));
      if (!(error <= worst)) {
        worst = error;
        worstAt = x[i]!;
      }
    }
    expect(worst, `at ${worstAt}`).toBeLessThanOrEqual(bound);
    if (process.env.ULP_REPORT) console.log(`${name}: ${worst.toFixed(3)} ULP at ${worstAt}`);
  });

  test("scalar and simd flavours and four lanes, same bits", () => {
    const scalar = results.get(`scalar ${name}1`)!;
    expect(differing(scalar, results.get(`simd ${name}1`)!)).toBe(0);
    expect(differing(scalar, results.get(`simd ${name}4`)!)).toBe(0);
  });

  test.each(SPECIAL.filter(([which]) => which === name))("%s(%f) = %f", (_, input, expected) => {
    const four = new Float32Array(4).fill(input);
    for (const [flavour, lanes] of [
      ["scalar", 1],
      ["simd", 1],
      ["simd", 4],
    ] as const) {
      const y = new Float32Array(map(flavour, `${name}${lanes}Map`, four).buffer);
      expect([...y]).toEqual([expected, expected, expected, expected]);
    }
  });
});
