import { Ptr } from "../base/ptr";
import { columnCentered } from "./columns";
import { Linear, linearColumn, linearMean } from "./linear";
import { problemSpend } from "./problem";
import { padded } from "./vectors";

// The Gram matrix of the centred columns, G = Xcᵀ·Xc, in f64: p⁴ rows and columns, p⁴ = columns rounded up to
// fours, zero beyond p. Rows of X are taken in blocks, whose columns lie centred in f64 one behind the other, so
// that each element is converted once. A block's share of an element of G is a sum in two lanes, row i in lane
// i mod 2; blocks are added in order.

/** Rows of a block. */
const BLOCK: u32 = 64;
/** Columns of G that are computed together. */
const ACROSS: u32 = 4;

/** Rows of a block of n rows. */
export function gramBlockRows(n: u32): u32 {
  return min<u32>(n, BLOCK);
}

/**
 * Gets on with the lower triangle of G from where it stands (`at`, the block's first row; `inner`, its next four
 * columns) until it is whole: true. False when the budget is spent.
 *
 * block: f64[p⁴][gramBlockRows]; gram: f64[p⁴][p⁴]; both are zero before.
 */
export function gramRun(problem: Linear, block: Ptr, gram: Ptr): bool {
  const p = padded(problem.columns),
    n = padded(problem.rows);
  const column: u32 = gramBlockRows(n) << 3;
  while (problem.at < n) {
    const rows = min<u32>(n - problem.at, BLOCK);
    if (problem.inner == 0) gramBlock(problem, rows, block);
    while (problem.inner < p) {
      const first = problem.inner;
      const target = gram + first * ((p + 1) << 3);
      gramDots(p - first, rows, block + first * column, column, target, p << 3);
      problem.inner = first + ACROSS;
      if (!problemSpend(problem, ACROSS * (p - first) * rows)) return false;
    }
    problem.at += rows;
    problem.inner = 0;
  }
  return true;
}

/** Copies the lower triangle of G to the upper one, from row `at` on; false when the budget is spent. */
export function gramMirror(problem: Linear, gram: Ptr): bool {
  const stride: u32 = padded(problem.columns) << 3;
  while (problem.at < problem.columns) {
    const i = problem.at;
    const row = gram + i * stride;
    for (let j: u32 = 0; j < i; ++j) {
      store<f64>(gram + j * stride + (i << 3), load<f64>(row + (j << 3)));
    }
    problem.at = i + 1;
    if (!problemSpend(problem, i + 1)) return false;
  }
  return true;
}

/** Centres the columns of the block's rows. */
function gramBlock(problem: Linear, rows: u32, block: Ptr): void {
  const stride: u32 = gramBlockRows(padded(problem.rows)) << 3;
  const ones = problem.ones + (problem.at << 3);
  for (let j: u32 = 0; j < problem.columns; ++j, block += stride) {
    const x = linearColumn(problem, j) + (problem.at << 2);
    columnCentered(rows, x, linearMean(problem, j), ones, block);
  }
}

/**
 * y[i][k] += Σ v[i]·v[k] for i < count, in twos, and k < 4: columns of v are `column` bytes apart, rows of y
 * `stride` bytes.
 */
function gramDots(count: u32, rows: u32, v: Ptr, column: u32, y: Ptr, stride: u32): void {
  const v1 = v + column,
    v2 = v1 + column,
    v3 = v2 + column;
  const end: u32 = rows << 3;
  for (let x = v, last = v + count * column; x < last; x += 2 * column, y += 2 * stride) {
    const x1 = x + column;
    if (ASC_FEATURE_SIMD) {
      let a0 = f64x2.splat(0),
        a1 = a0,
        a2 = a0,
        a3 = a0,
        b0 = a0,
        b1 = a0,
        b2 = a0,
        b3 = a0;
      for (let i: u32 = 0; i < end; i += 16) {
        const s = v128.load(x + i),
          t = v128.load(x1 + i);
        const w0 = v128.load(v + i);
        a0 = f64x2.add(a0, f64x2.mul(s, w0));
        b0 = f64x2.add(b0, f64x2.mul(t, w0));
        const w1 = v128.load(v1 + i);
        a1 = f64x2.add(a1, f64x2.mul(s, w1));
        b1 = f64x2.add(b1, f64x2.mul(t, w1));
        const w2 = v128.load(v2 + i);
        a2 = f64x2.add(a2, f64x2.mul(s, w2));
        b2 = f64x2.add(b2, f64x2.mul(t, w2));
        const w3 = v128.load(v3 + i);
        a3 = f64x2.add(a3, f64x2.mul(s, w3));
        b3 = f64x2.add(b3, f64x2.mul(t, w3));
      }
      addSums(y, a0, a1, a2, a3);
      addSums(y + stride, b0, b1, b2, b3);
    } else {
      for (let k: u32 = 0; k < ACROSS; ++k) {
        const w = v + k * column;
        let a0: f64 = 0,
          a1: f64 = 0,
          b0: f64 = 0,
          b1: f64 = 0;
        for (let i: u32 = 0; i < end; i += 16) {
          a0 += load<f64>(x + i) * load<f64>(w + i);
          a1 += load<f64>(x + i, 8) * load<f64>(w + i, 8);
          b0 += load<f64>(x1 + i) * load<f64>(w + i);
          b1 += load<f64>(x1 + i, 8) * load<f64>(w + i, 8);
        }
        const at = y + (k << 3);
        store<f64>(at, load<f64>(at) + (a0 + a1));
        store<f64>(at + stride, load<f64>(at + stride) + (b0 + b1));
      }
    }
  }
}

/** y[k] += the two lanes of sum k, added. */
function addSums(y: Ptr, s0: v128, s1: v128, s2: v128, s3: v128): void {
  const low = f64x2.add(v128.shuffle<u64>(s0, s1, 0, 2), v128.shuffle<u64>(s0, s1, 1, 3));
  const high = f64x2.add(v128.shuffle<u64>(s2, s3, 0, 2), v128.shuffle<u64>(s2, s3, 1, 3));
  v128.store(y, f64x2.add(v128.load(y), low));
  v128.store(y, f64x2.add(v128.load(y, 16), high), 16);
}
