import { Ptr } from "../base/ptr";
import { joinPairs } from "./vectors";

// A column of X: f32 in memory, less its mean in f64 arithmetic, so that X stays as it was given and nothing of it
// is rounded. Lengths count the padding to a multiple of 4; a vector beside a column is f64, its padding zero,
// which keeps the column's padding out of every sum. Sums are as in vectors.ts.

/** Elements 0 and 1, or 2 and 3, of the column's four at x, centred. */
function pair(x: v128, mean: v128): v128 {
  return f64x2.sub(f64x2.promote_low_f32x4(x), mean);
}

/** Elements 2 and 3 of four, as `pair` takes them. */
function high(x: v128): v128 {
  return v128.shuffle<u32>(x, x, 2, 3, 2, 3);
}

/** Σ (x[n] − mean)·r[n]. */
export function columnDot(n: u32, x: Ptr, mean: f64, r: Ptr): f64 {
  if (ASC_FEATURE_SIMD) {
    const means = f64x2.splat(mean);
    let s01 = f64x2.splat(0),
      s23 = f64x2.splat(0);
    for (const end = x + (n << 2); x < end; x += 16, r += 32) {
      const x4 = v128.load(x);
      s01 = f64x2.add(s01, f64x2.mul(pair(x4, means), v128.load(r)));
      s23 = f64x2.add(s23, f64x2.mul(pair(high(x4), means), v128.load(r, 16)));
    }
    return joinPairs(s01, s23);
  } else {
    let s0: f64 = 0,
      s1: f64 = 0,
      s2: f64 = 0,
      s3: f64 = 0;
    for (const end = x + (n << 2); x < end; x += 16, r += 32) {
      s0 += (f64(load<f32>(x)) - mean) * load<f64>(r);
      s1 += (f64(load<f32>(x, 4)) - mean) * load<f64>(r, 8);
      s2 += (f64(load<f32>(x, 8)) - mean) * load<f64>(r, 16);
      s3 += (f64(load<f32>(x, 12)) - mean) * load<f64>(r, 24);
    }
    return s0 + s1 + (s2 + s3);
  }
}

/** Σ v[n]·(x[n] − mean)². */
export function columnSquares(n: u32, x: Ptr, mean: f64, v: Ptr): f64 {
  if (ASC_FEATURE_SIMD) {
    const means = f64x2.splat(mean);
    let s01 = f64x2.splat(0),
      s23 = f64x2.splat(0);
    for (const end = x + (n << 2); x < end; x += 16, v += 32) {
      const x4 = v128.load(x);
      const low = pair(x4, means);
      const top = pair(high(x4), means);
      s01 = f64x2.add(s01, f64x2.mul(f64x2.mul(low, low), v128.load(v)));
      s23 = f64x2.add(s23, f64x2.mul(f64x2.mul(top, top), v128.load(v, 16)));
    }
    return joinPairs(s01, s23);
  } else {
    let s0: f64 = 0,
      s1: f64 = 0,
      s2: f64 = 0,
      s3: f64 = 0;
    for (const end = x + (n << 2); x < end; x += 16, v += 32) {
      const x0 = f64(load<f32>(x)) - mean,
        x1 = f64(load<f32>(x, 4)) - mean;
      const x2 = f64(load<f32>(x, 8)) - mean,
        x3 = f64(load<f32>(x, 12)) - mean;
      s0 = x0 * x0 * load<f64>(v) + s0;
      s1 = x1 * x1 * load<f64>(v, 8) + s1;
      s2 = x2 * x2 * load<f64>(v, 16) + s2;
      s3 = x3 * x3 * load<f64>(v, 24) + s3;
    }
    return s0 + s1 + (s2 + s3);
  }
}

/** r[n] += factor·v[n]·(x[n] − mean): the padding of v being zero, so stays that of r. */
export function columnAdd(n: u32, factor: f64, x: Ptr, mean: f64, v: Ptr, r: Ptr): void {
  if (ASC_FEATURE_SIMD) {
    const means = f64x2.splat(mean),
      factors = f64x2.splat(factor);
    for (const end = x + (n << 2); x < end; x += 16, r += 32, v += 32) {
      const x4 = v128.load(x);
      const low = f64x2.mul(f64x2.mul(factors, v128.load(v)), pair(x4, means));
      const top = f64x2.mul(f64x2.mul(factors, v128.load(v, 16)), pair(high(x4), means));
      v128.store(r, f64x2.add(v128.load(r), low));
      v128.store(r, f64x2.add(v128.load(r, 16), top), 16);
    }
  } else {
    for (const end = x + (n << 2); x < end; x += 4, r += 8, v += 8) {
      const term = factor * load<f64>(v) * (f64(load<f32>(x)) - mean);
      store<f64>(r, load<f64>(r) + term);
    }
  }
}

/** The column in f64, centred, its padding zero: v is one for each row, and zero in the padding. */
export function columnCentered(n: u32, x: Ptr, mean: f64, v: Ptr, y: Ptr): void {
  for (const end = x + (n << 2); x < end; x += 4, v += 8, y += 8) {
    store<f64>(y, load<f64>(v) * (f64(load<f32>(x)) - mean));
  }
}

/**
 * The mean of x[rows] (not the padding), as x[0] + Σ (x − x[0]) / rows: a constant column's is exact, so that
 * centred it is zero. Not finite if an element is not. v: one for each row, zero in the padding.
 */
export function columnMean(rows: u32, n: u32, x: Ptr, v: Ptr): f64 {
  const first = f64(load<f32>(x));
  return columnDot(n, x, first, v) / f64(rows) + first;
}
