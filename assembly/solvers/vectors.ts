import { Ptr } from "../base/ptr";

// f64 vectors whose length is padded to a multiple of 4, the padding zero. A sum keeps four lanes, element i in
// lane i mod 4, joined as (s0 + s1) + (s2 + s3).

/** n rounded up to whole fours. */
export function padded(n: u32): u32 {
  return (n + 3) & ~3;
}

/** Σ a[n]·b[n]; n counts the padding. */
export function vectorDot(n: u32, a: Ptr, b: Ptr): f64 {
  if (ASC_FEATURE_SIMD) {
    let s01 = f64x2.splat(0),
      s23 = f64x2.splat(0);
    for (const end = a + (n << 3); a < end; a += 32, b += 32) {
      s01 = f64x2.add(s01, f64x2.mul(v128.load(a), v128.load(b)));
      s23 = f64x2.add(s23, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    }
    return joinPairs(s01, s23);
  } else {
    let s0: f64 = 0,
      s1: f64 = 0,
      s2: f64 = 0,
      s3: f64 = 0;
    for (const end = a + (n << 3); a < end; a += 32, b += 32) {
      s0 += load<f64>(a) * load<f64>(b);
      s1 += load<f64>(a, 8) * load<f64>(b, 8);
      s2 += load<f64>(a, 16) * load<f64>(b, 16);
      s3 += load<f64>(a, 24) * load<f64>(b, 24);
    }
    return s0 + s1 + (s2 + s3);
  }
}

/** y[n] += factor·x[n]; n counts the padding. */
export function vectorAdd(n: u32, factor: f64, x: Ptr, y: Ptr): void {
  if (ASC_FEATURE_SIMD) {
    const factors = f64x2.splat(factor);
    for (const end = x + (n << 3); x < end; x += 32, y += 32) {
      v128.store(y, f64x2.add(v128.load(y), f64x2.mul(factors, v128.load(x))));
      v128.store(y, f64x2.add(v128.load(y, 16), f64x2.mul(factors, v128.load(x, 16))), 16);
    }
  } else {
    for (const end = x + (n << 3); x < end; x += 8, y += 8) {
      store<f64>(y, load<f64>(y) + factor * load<f64>(x));
    }
  }
}

/** (s0 + s1) + (s2 + s3): how four lane sums are joined everywhere. */
export function joinPairs(s01: v128, s23: v128): f64 {
  return (
    f64x2.extract_lane(s01, 0) +
    f64x2.extract_lane(s01, 1) +
    (f64x2.extract_lane(s23, 0) + f64x2.extract_lane(s23, 1))
  );
}
