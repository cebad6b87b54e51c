import { Ptr } from "../base/ptr";
import { joinLanes } from "../base/simd";

/** loss[0] = Σ (y − target)² / n over n elements, in four lanes; writes nothing if n = 0. */
export function mse(n: u32, y: Ptr, target: Ptr, loss: Ptr): void {
  if (n > 0) store<f32>(loss, squaredDistance(n, y, target) / f32(n));
}

function squaredDistance(n: u32, y: Ptr, target: Ptr): f32 {
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    let sums = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, y += 16, target += 16) {
      const d = f32x4.sub(v128.load(y), v128.load(target));
      sums = f32x4.add(sums, f32x4.mul(d, d));
    }
    if (i == n) return joinLanes(sums);
    s0 = f32x4.extract_lane(sums, 0);
    s1 = f32x4.extract_lane(sums, 1);
    s2 = f32x4.extract_lane(sums, 2);
    s3 = f32x4.extract_lane(sums, 3);
  } else {
    for (; i + 4 <= n; i += 4, y += 16, target += 16) {
      s0 += square(load<f32>(y) - load<f32>(target));
      s1 += square(load<f32>(y, 4) - load<f32>(target, 4));
      s2 += square(load<f32>(y, 8) - load<f32>(target, 8));
      s3 += square(load<f32>(y, 12) - load<f32>(target, 12));
    }
  }
  if (i < n) s0 += square(load<f32>(y) - load<f32>(target));
  if (i + 1 < n) s1 += square(load<f32>(y, 4) - load<f32>(target, 4));
  if (i + 2 < n) s2 += square(load<f32>(y, 8) - load<f32>(target, 8));
  return s0 + s1 + (s2 + s3);
}

function square(x: f32): f32 {
  return x * x;
}

/** dy[n] = 2·(y − target) / n. dy may lie exactly on y. */
export function mseBackward(n: u32, y: Ptr, target: Ptr, dy: Ptr): void {
  const count = f32(n);
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const counts = f32x4.splat(count),
      two = f32x4.splat(2);
    for (; i + 4 <= n; i += 4, y += 16, target += 16, dy += 16) {
      const d = f32x4.sub(v128.load(y), v128.load(target));
      v128.store(dy, f32x4.div(f32x4.mul(two, d), counts));
    }
  }
  for (; i < n; ++i, y += 4, target += 4, dy += 4) {
    store<f32>(dy, (2 * (load<f32>(y) - load<f32>(target))) / count);
  }
}
