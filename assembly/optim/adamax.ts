import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

/** The attributes of ADAMAX in their order. */
@unmanaged
export class AdamaxOptions {
  beta1: f32;
  rest1: f32;
  beta2: f32;
  eps: f32;
  weightDecay: f32;
}

/**
 * Adamax, Adam by the largest gradient seen: Kingma & Ba 2015, arXiv:1412.6980, Alg. 2, with PyTorch's eps.
 *
 *   d = g + weightDecay·w        m ← β₁·m + (1 − β₁)·d        u ← max(β₂·u, |d| + eps)
 *   w ← w − lr/c₁·m / u
 *
 * w, g, m, u: [n]; c₁ is adamBegin's. m and u below 1e-30 are stored, and used, as 0.
 */
export function adamaxUpdate(
  n: u32,
  o: AdamaxOptions,
  lr: f32,
  corrections: Ptr,
  g: Ptr,
  w: Ptr,
  m: Ptr,
  u: Ptr,
): void {
  const stepSize = f32(f64(lr) / load<f64>(corrections));
  if (ASC_FEATURE_SIMD) {
    const beta1s = f32x4.splat(o.beta1),
      rest1s = f32x4.splat(o.rest1);
    const beta2s = f32x4.splat(o.beta2),
      epses = f32x4.splat(o.eps);
    const decays = f32x4.splat(o.weightDecay),
      steps = f32x4.splat(stepSize);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16, m += 16, u += 16) {
      const wi = v128.load(w);
      const d = f32x4.add(v128.load(g), f32x4.mul(decays, wi));
      const mi = moment4(f32x4.add(f32x4.mul(beta1s, v128.load(m)), f32x4.mul(rest1s, d)));
      const size = f32x4.add(f32x4.abs(d), epses);
      const ui = moment4(f32x4.pmax(f32x4.mul(beta2s, v128.load(u)), size));
      v128.store(m, mi);
      v128.store(u, ui);
      v128.store(w, f32x4.sub(wi, f32x4.div(f32x4.mul(steps, mi), ui)));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4, m += 4, u += 4) {
      const wi = load<f32>(w);
      const d = load<f32>(g) + o.weightDecay * wi;
      const mi = moment1(o.beta1 * load<f32>(m) + o.rest1 * d);
      const decayed = o.beta2 * load<f32>(u);
      const size = abs<f32>(d) + o.eps;
      const ui = moment1(decayed < size ? size : decayed);
      store<f32>(m, mi);
      store<f32>(u, ui);
      store<f32>(w, wi - (stepSize * mi) / ui);
    }
  }
}
