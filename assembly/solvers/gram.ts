import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { columnCentered } from "./columns";
import { Linear, linearColumn, linearMean } from "./linear";
import { problemSpend } from "./problem";
import { padded } from "./vectors";

// The Gram matrix of the centred columns, G = Xcᵀ·Xc, in f64: p⁴ rows and columns, p⁴ = columns rounded up to
// fours, zero beyond p. Computed in tiles of four columns, which lie centred in a panel f64[4][rows], by two.

/** Columns of a panel. */
export const PANEL: u32 = 4;
/** Columns that meet the panel's at a time. */
const PAIR: u32 = 2;

/**
 * Gets on with G from where it stands (`at`, the panel's first column; `inner`, the next pair) until it is whole:
 * true. False when the budget is spent.
 */
export function gramRun(problem: Linear, panel: Ptr, gram: Ptr): bool {
  const p = problem.columns;
  const n = padded(problem.rows);
  while (problem.at < p) {
    const first = problem.at;
    if (problem.inner == first) gramPanel(problem, n, first, panel);
    while (problem.inner < p) {
      gramTile(problem, n, first, problem.inner, panel, gram);
      problem.inner += PAIR;
      if (!problemSpend(problem, PANEL * PAIR * n)) return false;
    }
    problem.at = first + PANEL;
    problem.inner = problem.at;
  }
  return true;
}

/** Centres the panel's columns; those beyond p are zero. */
function gramPanel(problem: Linear, n: u32, first: u32, panel: Ptr): void {
  const stride: u32 = n << 3;
  for (let j = first; j < first + PANEL; ++j, panel += stride) {
    if (j < problem.columns) {
      const x = linearColumn(problem, j);
      columnCentered(n, x, linearMean(problem, j), problem.ones, panel);
    } else memoryZero(panel, stride);
  }
}

/** G[i][first … first + 3] for two i, and the same the other way round. */
function gramTile(problem: Linear, n: u32, first: u32, i: u32, panel: Ptr, gram: Ptr): void {
  const next = min<u32>(i + 1, problem.columns - 1);
  const stride: u32 = padded(problem.columns) << 3;
  const row0 = gram + i * stride + (first << 3),
    row1 = gram + next * stride + (first << 3);
  gramDots(
    n,
    linearColumn(problem, i),
    linearColumn(problem, next),
    linearMean(problem, i),
    linearMean(problem, next),
    panel,
    row0,
    row1,
  );
  for (let k: u32 = 0; k < PANEL; ++k) {
    const across = gram + (first + k) * stride;
    store<f64>(across + (i << 3), load<f64>(row0 + (k << 3)));
    store<f64>(across + (next << 3), load<f64>(row1 + (k << 3)));
  }
}

/** y0[k] = Σ (x0 − mean0)·panel[k] and the same of x1, k < 4; each sum in two lanes, element i in lane i mod 2. */
function gramDots(
  n: u32,
  x0: Ptr,
  x1: Ptr,
  mean0: f64,
  mean1: f64,
  panel: Ptr,
  y0: Ptr,
  y1: Ptr,
): void {
  const stride: u32 = n << 3;
  const p0 = panel,
    p1 = panel + stride,
    p2 = p1 + stride,
    p3 = p2 + stride;
  if (ASC_FEATURE_SIMD) {
    const means0 = f64x2.splat(mean0),
      means1 = f64x2.splat(mean1);
    let a0 = f64x2.splat(0),
      a1 = a0,
      a2 = a0,
      a3 = a0,
      b0 = a0,
      b1 = a0,
      b2 = a0,
      b3 = a0;
    for (let i: u32 = 0; i < stride; i += 16) {
      const s = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x0 + (i >> 1))), means0);
      const t = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x1 + (i >> 1))), means1);
      const v0 = v128.load(p0 + i);
      a0 = f64x2.add(a0, f64x2.mul(s, v0));
      b0 = f64x2.add(b0, f64x2.mul(t, v0));
      const v1 = v128.load(p1 + i);
      a1 = f64x2.add(a1, f64x2.mul(s, v1));
      b1 = f64x2.add(b1, f64x2.mul(t, v1));
      const v2 = v128.load(p2 + i);
      a2 = f64x2.add(a2, f64x2.mul(s, v2));
      b2 = f64x2.add(b2, f64x2.mul(t, v2));
      const v3 = v128.load(p3 + i);
      a3 = f64x2.add(a3, f64x2.mul(s, v3));
      b3 = f64x2.add(b3, f64x2.mul(t, v3));
    }
    storeSums(y0, a0, a1, a2, a3);
    storeSums(y1, b0, b1, b2, b3);
  } else {
    for (let k: u32 = 0; k < PANEL; ++k, panel += stride, y0 += 8, y1 += 8) {
      let a0: f64 = 0,
        a1: f64 = 0,
        b0: f64 = 0,
        b1: f64 = 0;
      for (let i: u32 = 0; i < stride; i += 16) {
        const v0 = load<f64>(panel + i),
          v1 = load<f64>(panel + i, 8);
        a0 += (f64(load<f32>(x0 + (i >> 1))) - mean0) * v0;
        a1 += (f64(load<f32>(x0 + (i >> 1), 4)) - mean0) * v1;
        b0 += (f64(load<f32>(x1 + (i >> 1))) - mean1) * v0;
        b1 += (f64(load<f32>(x1 + (i >> 1), 4)) - mean1) * v1;
      }
      store<f64>(y0, a0 + a1);
      store<f64>(y1, b0 + b1);
    }
  }
}

/** y[k] = the two lanes of sum k, added. */
function storeSums(y: Ptr, s0: v128, s1: v128, s2: v128, s3: v128): void {
  const even = v128.shuffle<u64>(s0, s1, 0, 2),
    odd = v128.shuffle<u64>(s0, s1, 1, 3);
  v128.store(y, f64x2.add(even, odd));
  v128.store(y, f64x2.add(v128.shuffle<u64>(s2, s3, 0, 2), v128.shuffle<u64>(s2, s3, 1, 3)), 16);
}
