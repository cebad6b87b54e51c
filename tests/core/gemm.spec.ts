import { f32GemmNN, f32GemmNT, f32GemmTN } from "../../assembly/kernels/gemm";

const MAX = 40 * 520;
const A = memory.data(4 * MAX, 16);
const B = memory.data(4 * MAX, 16);
const C = memory.data(4 * 40 * 40, 16);
const BIAS = memory.data(4 * 40, 16);
const SIZES: StaticArray<u32> = [1, 2, 3, 4, 5, 7, 8, 9, 10, 17, 33];
const DEPTHS: StaticArray<u32> = [0, 1, 3, 4, 9, 256, 257, 515];

function fill(start: usize, n: u32, seed: u32): void {
  for (let i: u32 = 0; i < n; ++i) {
    seed = seed * 1664525 + 1013904223;
    store<f32>(start + (i << 2), f32(i32(seed) >> 8) * 1e-6);
  }
}

function get(start: usize, i: u32): f32 {
  return load<f32>(start + (i << 2));
}

/** One element as the format says: products in blocks of 256, each from zero, added in order. */
function chain(k: u32, a: u32, aStep: u32, b: u32, bStep: u32): f32 {
  let total: f32 = 0;
  for (let block: u32 = 0; block < k; block += 256) {
    let sum: f32 = 0;
    for (let p = block; p < min<u32>(k, block + 256); ++p) {
      sum += get(A, a + p * aStep) * get(B, b + p * bStep);
    }
    total += sum;
  }
  return total;
}

/** How many elements of the three products differ from the plain chain. */
function wrong(m: u32, n: u32, k: u32): u32 {
  let count: u32 = 0;
  f32GemmNN(m, n, k, A, k, B, n, BIAS, C, n);
  for (let i: u32 = 0; i < m; ++i) {
    for (let j: u32 = 0; j < n; ++j) {
      if (get(C, i * n + j) != chain(k, i * k, 1, j, n) + get(BIAS, j)) ++count;
    }
  }
  f32GemmNT(m, n, k, A, k, B, k, BIAS, C, n);
  for (let i: u32 = 0; i < m; ++i) {
    for (let j: u32 = 0; j < n; ++j) {
      if (get(C, i * n + j) != chain(k, i * k, 1, j * k, 1) + get(BIAS, j)) ++count;
    }
  }
  f32GemmTN(m, n, k, A, m, B, n, C, n);
  for (let i: u32 = 0; i < m; ++i) {
    for (let j: u32 = 0; j < n; ++j) {
      if (get(C, i * n + j) != chain(k, i, m, j, n)) ++count;
    }
  }
  return count;
}

describe("gemm", () => {
  test("NN, NT, TN against a plain chain, m and n 1 … 33, k 0 … 515", () => {
    fill(A, MAX, 1);
    fill(B, MAX, 2);
    fill(BIAS, 40, 3);
    for (let s = 0; s < SIZES.length; ++s) {
      for (let t = 0; t < SIZES.length; ++t) {
        let count: u32 = 0;
        for (let d = 0; d < DEPTHS.length; ++d) count += wrong(SIZES[s], SIZES[t], DEPTHS[d]);
        expect<u32>(count).toBe(0);
      }
    }
  });

  test("m or n 0 writes nothing", () => {
    store<f32>(C, 7);
    f32GemmNN(0, 8, 3, A, 3, B, 8, 0, C, 8);
    f32GemmNN(8, 0, 3, A, 3, B, 0, 0, C, 0);
    f32GemmNT(0, 8, 3, A, 3, B, 3, 0, C, 8);
    f32GemmTN(8, 0, 3, A, 8, B, 0, C, 0);
    expect<f32>(load<f32>(C)).toBe(7);
  });
});
