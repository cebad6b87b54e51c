import { Ptr } from "../base/ptr";
import { joinLanes } from "../base/simd";

// The order of a sum is part of the format. Down a column: an ascending chain in blocks of
// COLUMN_BLOCK rows, each from zero, the blocks added in order. Along contiguous elements: four
// lane sums, element i in lane i mod 4, joined as (s0 + s1) + (s2 + s3).

/** Rows that a chain down a column adds up before it starts anew. */
export const COLUMN_BLOCK: u32 = 256;

/** y[n] = Σ_rows x[rows,n], a chain down each column; 0 for no rows. */
export function f32ColumnSum(rows: u32, n: u32, x: Ptr, y: Ptr): void {
  const stride: u32 = n << 2;
  for (let j: u32 = 0; j < n; ++j) store<f32>(y + (j << 2), 0);
  for (let row: u32 = 0; row < rows; row += COLUMN_BLOCK) {
    const end = x + min<u32>(rows - row, COLUMN_BLOCK) * stride;
    let j: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; j + 8 <= n; j += 8) {
        let sum0 = f32x4.splat(0),
          sum1 = f32x4.splat(0);
        for (let p = x; p < end; p += stride) {
          sum0 = f32x4.add(sum0, v128.load(p + (j << 2)));
          sum1 = f32x4.add(sum1, v128.load(p + (j << 2), 16));
        }
        const yj = y + (j << 2);
        v128.store(yj, f32x4.add(v128.load(yj), sum0));
        v128.store(yj, f32x4.add(v128.load(yj, 16), sum1), 16);
      }
    }
    for (; j < n; ++j) {
      let sum: f32 = 0;
      for (let p = x; p < end; p += stride) sum += load<f32>(p + (j << 2));
      store<f32>(y + (j << 2), load<f32>(y + (j << 2)) + sum);
    }
    x = end;
  }
}

/** The largest of x[n]; −∞ for none. NaN is passed over; of 0 and −0 either may be the answer. */
export function f32Max(n: u32, x: Ptr): f32 {
  let largest: f32 = -Infinity;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    let lanes = f32x4.splat(-Infinity);
    for (; i + 4 <= n; i += 4, x += 16) lanes = f32x4.pmax(lanes, v128.load(x));
    const pair = f32x4.pmax(lanes, v128.shuffle<u32>(lanes, lanes, 2, 3, 0, 1));
    largest = f32x4.extract_lane(f32x4.pmax(pair, v128.shuffle<u32>(pair, pair, 1, 0, 3, 2)), 0);
  }
  for (; i < n; ++i, x += 4) {
    const xi = load<f32>(x);
    largest = largest < xi ? xi : largest;
  }
  return largest;
}

/** Σ x[n] in four lanes. */
export function f32Sum(n: u32, x: Ptr): f32 {
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    let sums = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, x += 16) sums = f32x4.add(sums, v128.load(x));
    if (i == n) return joinLanes(sums);
    s0 = f32x4.extract_lane(sums, 0);
    s1 = f32x4.extract_lane(sums, 1);
    s2 = f32x4.extract_lane(sums, 2);
    s3 = f32x4.extract_lane(sums, 3);
  } else {
    for (; i + 4 <= n; i += 4, x += 16) {
      s0 += load<f32>(x);
      s1 += load<f32>(x, 4);
      s2 += load<f32>(x, 8);
      s3 += load<f32>(x, 12);
    }
  }
  if (i < n) s0 += load<f32>(x);
  if (i + 1 < n) s1 += load<f32>(x, 4);
  if (i + 2 < n) s2 += load<f32>(x, 8);
  return s0 + s1 + (s2 + s3);
}

/** Σ a[n]·(b[n] − center) in four lanes. */
export function f32CenteredDot(n: u32, a: Ptr, b: Ptr, center: f32): f32 {
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const centers = f32x4.splat(center);
    let sums = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, a += 16, b += 16) {
      const term = f32x4.mul(v128.load(a), f32x4.sub(v128.load(b), centers));
      sums = f32x4.add(sums, term);
    }
    if (i == n) return joinLanes(sums);
    s0 = f32x4.extract_lane(sums, 0);
    s1 = f32x4.extract_lane(sums, 1);
    s2 = f32x4.extract_lane(sums, 2);
    s3 = f32x4.extract_lane(sums, 3);
  } else {
    for (; i + 4 <= n; i += 4, a += 16, b += 16) {
      s0 += load<f32>(a) * (load<f32>(b) - center);
      s1 += load<f32>(a, 4) * (load<f32>(b, 4) - center);
      s2 += load<f32>(a, 8) * (load<f32>(b, 8) - center);
      s3 += load<f32>(a, 12) * (load<f32>(b, 12) - center);
    }
  }
  if (i < n) s0 += load<f32>(a) * (load<f32>(b) - center);
  if (i + 1 < n) s1 += load<f32>(a, 4) * (load<f32>(b, 4) - center);
  if (i + 2 < n) s2 += load<f32>(a, 8) * (load<f32>(b, 8) - center);
  return s0 + s1 + (s2 + s3);
}

/** y[0] = Σ x[n] / n in four lanes; writes nothing if n = 0. */
export function f32Mean(n: u32, x: Ptr, y: Ptr): void {
  if (n > 0) store<f32>(y, f32Sum(n, x) / f32(n));
}

/** weight[0] = Σ w[n]; mean[0] = Σ x[n] / Σ w, or 0 if Σ w is; each sum in four lanes. */
export function f32WeightedMean(n: u32, x: Ptr, w: Ptr, weight: Ptr, mean: Ptr): void {
  const sum = f32Sum(n, w);
  store<f32>(weight, sum);
  store<f32>(mean, sum == 0 ? 0 : f32Sum(n, x) / sum);
}
