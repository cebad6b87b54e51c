import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

// Kingma & Ba 2015, arXiv:1412.6980, Alg. 1. `corrections` is 16 bytes: c₁ = 1 − β₁ᵗ and c₂ = 1 −
// β₂ᵗ as f64, both 0 before the first step.

/** Advances t once per step, before the first tensor: c ← (1 − β) + β·c for both, without a pow. */
export function adamBegin(beta1: f64, beta2: f64, corrections: Ptr): void {
  store<f64>(corrections, 1 - beta1 + beta1 * load<f64>(corrections));
  store<f64>(corrections, 1 - beta2 + beta2 * load<f64>(corrections, 8), 8);
}

/**
 * Adam, with the weight decay of PyTorch's Adam (added to the gradient).
 *
 *   d = g + weightDecay·w        m ← β₁·m + (1 − β₁)·d        v ← β₂·v + (1 − β₂)·d²
 *   w ← w − lr/c₁·m / (√v·(1/√c₂) + eps)
 *   w ← w − lr/c₁·m / √(v·(1/c₂) + eps)        with epsInside
 *
 * w, g, m, v: [n]. lr/c₁ and 1/√c₂ or 1/c₂ are rounded to f32 once a call. m and v below 1e-30 are
 * stored, and used, as 0.
 */
export function adamUpdate(
  n: u32,
  lr: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  eps: f32,
  weightDecay: f32,
  epsInside: bool,
  corrections: Ptr,
  g: Ptr,
  w: Ptr,
  m: Ptr,
  v: Ptr,
): void {
  const c2 = load<f64>(corrections, 8);
  const stepSize = f32(f64(lr) / load<f64>(corrections));
  const vScale = f32(1 / (epsInside ? c2 : sqrt<f64>(c2)));
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const beta1s = f32x4.splat(beta1),
      rest1 = f32x4.splat(oneMinusBeta1);
    const beta2s = f32x4.splat(beta2),
      rest2 = f32x4.splat(oneMinusBeta2);
    const decays = f32x4.splat(weightDecay),
      steps = f32x4.splat(stepSize);
    const vScales = f32x4.splat(vScale),
      epses = f32x4.splat(eps);
    for (; i + 4 <= n; i += 4, g += 16, w += 16, m += 16, v += 16) {
      const wi = v128.load(w);
      const d = f32x4.add(v128.load(g), f32x4.mul(decays, wi));
      const mi = moment4(f32x4.add(f32x4.mul(beta1s, v128.load(m)), f32x4.mul(rest1, d)));
      const squares = f32x4.mul(rest2, f32x4.mul(d, d));
      const vi = moment4(f32x4.add(f32x4.mul(beta2s, v128.load(v)), squares));
      v128.store(m, mi);
      v128.store(v, vi);
      const root = epsInside
        ? f32x4.sqrt(f32x4.add(f32x4.mul(vi, vScales), epses))
        : f32x4.add(f32x4.mul(f32x4.sqrt(vi), vScales), epses);
      v128.store(w, f32x4.sub(wi, f32x4.div(f32x4.mul(steps, mi), root)));
    }
  }
  for (; i < n; ++i, g += 4, w += 4, m += 4, v += 4) {
    const wi = load<f32>(w);
    const d = load<f32>(g) + weightDecay * wi;
    const mi = moment1(beta1 * load<f32>(m) + oneMinusBeta1 * d);
    const vi = moment1(beta2 * load<f32>(v) + oneMinusBeta2 * (d * d));
    store<f32>(m, mi);
    store<f32>(v, vi);
    const root = epsInside ? sqrt<f32>(vi * vScale + eps) : sqrt<f32>(vi) * vScale + eps;
    store<f32>(w, wi - (stepSize * mi) / root);
  }
}
