import { f32ColumnSum, f32Mean, f32Sum } from "../../assembly/kernels/reduce";
import { clipSquareSum } from "../../assembly/optim/clip";

const X = memory.data(4 * 1024, 16);
const Y = memory.data(64, 16);

/** Numbers whose sum depends on its order. */
function fill(n: u32): void {
  for (let i: u32 = 0; i < n; ++i) store<f32>(X + (i << 2), f32((i * 7919) % 1009) * 0.001 - 0.3);
}

function at(i: u32): f32 {
  return load<f32>(X + (i << 2));
}

/** Σ x[i] over i ≡ lane (mod 4), ascending. */
function laneSum(n: u32, lane: u32): f32 {
  let sum: f32 = 0;
  for (let i = lane; i < n; i += 4) sum += at(i);
  return sum;
}

describe("four-lane order", () => {
  test("f32Sum, n = 0 … 33: (s0 + s1) + (s2 + s3)", () => {
    fill(33);
    for (let n: u32 = 0; n <= 33; ++n) {
      const expected = laneSum(n, 0) + laneSum(n, 1) + (laneSum(n, 2) + laneSum(n, 3));
      expect<f32>(f32Sum(n, X)).toBe(expected);
    }
  });

  test("f32Mean of none writes nothing", () => {
    store<f32>(Y, 7);
    f32Mean(0, X, Y);
    expect<f32>(load<f32>(Y)).toBe(7);
  });

  test("clipSquareSum adds to what is there", () => {
    store<f32>(X, 3);
    store<f32>(X, 4, 4);
    store<f32>(Y, 1);
    clipSquareSum(2, X, Y);
    expect<f32>(load<f32>(Y)).toBe(26);
  });
});

describe("column order", () => {
  test("600 rows of one column: a chain in blocks of 256", () => {
    fill(600);
    f32ColumnSum(600, 1, X, Y);
    let expected: f32 = 0;
    for (let block: u32 = 0; block < 600; block += 256) {
      let sum: f32 = 0;
      for (let i = block; i < min<u32>(600, block + 256); ++i) sum += at(i);
      expected += sum;
    }
    expect<f32>(load<f32>(Y)).toBe(expected);
  });

  test("no rows, zeros", () => {
    store<f32>(Y, 7);
    f32ColumnSum(0, 1, X, Y);
    expect<f32>(load<f32>(Y)).toBe(0);
  });
});
