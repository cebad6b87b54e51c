import { describe, expect, test } from "vitest";
import { AUGMENT } from "../../assembly/abi/opcodes.js";
import { expectAsVm, SIZES } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { given, range, runInstruction } from "../helpers/run-instruction.js";
import { f32 } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

/** The least deviation that the core adds: that of four bytes. */
const BYTES_DEVIATION = Math.sqrt((4 * (256 ** 2 - 1)) / 12);

interface Given {
  readonly sizes: readonly [height: number, width: number, inner: number, outer: number];
  readonly shifts?: readonly [number, number];
  readonly flip?: boolean;
  readonly crop?: number;
  readonly noise?: number;
  readonly fill?: number;
  readonly seed?: number;
}

function attributesOf(one: Given): number[] {
  const { sizes, shifts = [0, 0], flip = false, crop = 1, noise = 0, fill = 0, seed = 5 } = one;
  const [height, width, inner, outer] = sizes;
  const n = height * width * inner * outer;
  const values = [crop, noise / BYTES_DEVIATION, fill].map(f32);
  return [height, width, inner, n, ...shifts, Number(flip), ...values, seed, 0, 7];
}

const random = new TestRandom(31);
const elementsOf = ({ sizes }: Given) => sizes.reduce((a, b) => a * b, 1);

/** So many rows, each that row of x changed. */
function augment(one: Given, x: ArrayLike<number>, flavour: "scalar" | "simd" = "simd") {
  const data = Float32Array.from(x);
  const y = runInstruction(flavour, AUGMENT, [given(data), { c0: data.length }], attributesOf(one));
  const n = elementsOf(one);
  return range(y.length / n).map((row) => y.slice(row * n, (row + 1) * n));
}

/** Copies of a row. */
const repeated = (row: readonly number[], rows: number) => range(rows).flatMap(() => row);

const cases: readonly (Given & { name: string })[] = [
  { name: "nothing", sizes: [5, 4, 3, 1] },
  { name: "shift, channels last", sizes: [6, 5, 3, 1], shifts: [2, 3], fill: -0.5 },
  { name: "shift, channels first", sizes: [6, 5, 1, 3], shifts: [5, 4] },
  { name: "flip", sizes: [3, 7, 2, 1], flip: true },
  { name: "crop", sizes: [9, 8, 3, 1], crop: 0.3 },
  { name: "noise", sizes: [4, 4, 1, 1], noise: 0.2 },
  { name: "a series", sizes: [49, 1, 10, 1], shifts: [5, 0], noise: 0.1 },
  { name: "one pixel", sizes: [1, 1, 1, 1], crop: 0.1, flip: true },
  {
    name: "all",
    sizes: [7, 6, 2, 2],
    ...{ shifts: [2, 1] as const, flip: true, crop: 0.5, noise: 0.3, fill: 0.25 },
  },
];

describe.each(cases)("$name", (one) => {
  // A place in the image is rounded to f32, and the neighbours there are at most 2 apart.
  const tolerance = 20 * TOLERANCES.f32Reduction;

  test("the core as the reference VM, in both flavours alike, for any number of rows", () => {
    const n = elementsOf(one);
    for (const batch of SIZES.slice(0, 8)) {
      const operands = [{ c1: n, data: random.array(batch * n) }, { c1: n }];
      const attributes = attributesOf(one);
      expectAsVm({ opcode: AUGMENT, operands, attributes, batch, tolerance });
    }
  });
});

test.each(SIZES)("a line of %i: the core as the reference VM", (width) => {
  const one: Given = { sizes: [2, width, 1, 1], shifts: [1, 1], flip: true, noise: 1, crop: 0.7 };
  const operands = [{ c1: 2 * width, data: random.array(6 * width) }, { c1: 2 * width }];
  const tolerance = 20 * TOLERANCES.f32Reduction;
  expectAsVm({ opcode: AUGMENT, operands, attributes: attributesOf(one), batch: 3, tolerance });
});

test("nothing asked for, nothing changed", () => {
  const x = random.array(60);
  expect(augment({ sizes: [5, 4, 3, 1] }, x).flat()).toEqual([...x]);
});

test("each shift of the range comes as often as the others, and brings in the fill", () => {
  const [height, width, rows] = [5, 6, 4000];
  const image = range(height * width).map((i) => i + 1);
  const one: Given = { sizes: [height, width, 1, 1], shifts: [1, 2], fill: -1 };
  const counts = new Map<string, number>();
  for (const y of augment(one, repeated(image, rows))) {
    // The pixel in the middle tells where all of them have come from.
    const from = y[2 * width + 2]! - 1;
    const [s, t] = [Math.floor(from / width) - 2, (from % width) - 2];
    const expected = image.map((_, k) => {
      const [u, v] = [Math.floor(k / width) + s, (k % width) + t];
      return u >= 0 && u < height && v >= 0 && v < width ? image[u * width + v] : -1;
    });
    expect(y).toEqual(expected);
    counts.set(`${s} ${t}`, (counts.get(`${s} ${t}`) ?? 0) + 1);
  }
  expect(counts.size).toBe(15);
  const share = rows / 15;
  for (const count of counts.values()) {
    expect(Math.abs(count - share)).toBeLessThan(4 * Math.sqrt(share));
  }
});

test("every other row is mirrored, all channels of it", () => {
  const line = [1, 2, 3, 4, 5, 6];
  const mirrored = [5, 6, 3, 4, 1, 2];
  const rows = 2000;
  const found = augment({ sizes: [1, 3, 2, 1], flip: true }, repeated(line, rows));
  const flipped = found.filter((y) => y[0] === 5);
  expect(new Set(found.map((y) => y.join()))).toEqual(new Set([line.join(), mirrored.join()]));
  expect(Math.abs(flipped.length - rows / 2)).toBeLessThan(4 * Math.sqrt(rows / 4));
});

test("a part of a ramp is a ramp, as steep as its side is long; its share of the area is uniform", () => {
  const [size, rows, least] = [64, 2000, 0.25];
  const ramp = range(size * size).map((k) => k % size);
  const found = augment({ sizes: [size, size, 1, 1], crop: least }, repeated(ramp, rows));
  const areas = found.map((y) => {
    const side = (y[size - 2]! - y[1]!) / (size - 3);
    const start = y[1]! - 1.5 * side + 0.5;
    expect(start).toBeGreaterThan(-1e-3);
    expect(start + side * size).toBeLessThan(size + 1e-3);
    return side ** 2;
  });
  const mean = areas.reduce((a, b) => a + b, 0) / rows;
  expect(Math.min(...areas)).toBeGreaterThan(least - 1e-4);
  expect(Math.max(...areas)).toBeLessThan(1 + 1e-4);
  // The deviation of a uniform number is its range over √12.
  expect(Math.abs(mean - (1 + least) / 2)).toBeLessThan((4 * (1 - least)) / Math.sqrt(12 * rows));
});

test("noise: its mean, its deviation, how often it is large; each element's is its own", () => {
  const count = 40_000;
  const one: Given = { sizes: [10, 10, 1, 1], noise: 0.5 };
  const noise = augment(one, new Float32Array(count)).flat();
  const mean = noise.reduce((a, b) => a + b, 0) / count;
  const variance = noise.reduce((sum, value) => sum + value ** 2, 0) / count;
  expect(Math.abs(mean)).toBeLessThan((4 * 0.5) / Math.sqrt(count));
  expect(Math.abs(Math.sqrt(variance) / 0.5 - 1)).toBeLessThan(0.02);
  // A Gaussian has 4.55 % beyond two deviations; the sum of four uniform numbers 4.3 %.
  const large = noise.filter((value) => Math.abs(value) > 1).length / count;
  expect(large).toBeGreaterThan(0.035);
  expect(large).toBeLessThan(0.05);
  const [a, b] = [noise.slice(0, -1), noise.slice(1)];
  const product = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
  expect(Math.abs(product / variance)).toBeLessThan(4 / Math.sqrt(count));
});

test("the seed and the row decide", () => {
  const one: Given = { sizes: [8, 8, 1, 1], shifts: [3, 3], noise: 1 };
  const x = repeated(range(64), 2);
  const [first, second] = augment(one, x);
  expect(first).not.toEqual(second);
  expect(augment(one, x, "scalar")).toEqual([first, second]);
  expect(augment({ ...one, seed: 6 }, x)[0]).not.toEqual(first);
});
