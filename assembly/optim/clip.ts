import { Ptr } from "../base/ptr";
import { f32Scale } from "../kernels/elementwise";
import { f32CenteredDot } from "../kernels/reduce";

/** sum[0] += Σ x[n]², in four lanes. */
export function clipSquareSum(n: u32, x: Ptr, sum: Ptr): void {
  store<f32>(sum, load<f32>(sum) + f32CenteredDot(n, x, x, 0));
}

/**
 * norm[0] = √sum; factor[0] = min(1, maxNorm / (norm + 1e-6)), as PyTorch's clip_grad_norm_. NaN
 * stays.
 */
export function clipNormFactor(maxNorm: f32, sum: Ptr, norm: Ptr, factor: Ptr): void {
  const root = sqrt<f32>(load<f32>(sum));
  const ratio: f32 = maxNorm / (root + 1e-6);
  store<f32>(norm, root);
  store<f32>(factor, 1 < ratio ? 1 : ratio);
}

/** g[n] *= factor[0] */
export function clipScaleBy(n: u32, factor: Ptr, g: Ptr): void {
  f32Scale(n, load<f32>(factor), g, g);
}

/** g[n] = min(max(g, −limit), limit); NaN stays. */
export function clipValue(n: u32, limit: f32, g: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const low = f32x4.splat(-limit),
      high = f32x4.splat(limit);
    for (; i + 4 <= n; i += 4, g += 16) {
      v128.store(g, f32x4.pmin(f32x4.pmax(v128.load(g), low), high));
    }
  }
  for (; i < n; ++i, g += 4) {
    let gi = load<f32>(g);
    gi = gi < -limit ? -limit : gi;
    store<f32>(g, limit < gi ? limit : gi);
  }
}
