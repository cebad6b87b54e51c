import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

/** The attributes of LION in their order. */
@unmanaged
export class LionOptions {
  beta1: f32;
  rest1: f32;
  beta2: f32;
  rest2: f32;
  weightDecay: f32;
}

/**
 * Lion: Chen et al. 2023, arXiv:2302.06675, Alg. 2.
 *
 *   c = β₁·m + (1 − β₁)·g        m ← β₂·m + (1 − β₂)·g
 *   w ← w − lr·(sign c + weightDecay·w)
 *
 * w, g, m: [n]. sign 0 = 0; NaN stays. m below 1e-30 is stored, and used, as 0.
 */
export function lionUpdate(n: u32, o: LionOptions, lr: f32, g: Ptr, w: Ptr, m: Ptr): void {
  if (ASC_FEATURE_SIMD) {
    const beta1s = f32x4.splat(o.beta1),
      rest1s = f32x4.splat(o.rest1);
    const beta2s = f32x4.splat(o.beta2),
      rest2s = f32x4.splat(o.rest2);
    const decays = f32x4.splat(o.weightDecay),
      lrs = f32x4.splat(lr);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16, m += 16) {
      const wi = v128.load(w),
        gi = v128.load(g),
        mi = v128.load(m);
      const c = f32x4.add(f32x4.mul(beta1s, mi), f32x4.mul(rest1s, gi));
      const sign = v128.andnot(f32x4.div(c, f32x4.abs(c)), f32x4.eq(c, f32x4.splat(0)));
      v128.store(m, moment4(f32x4.add(f32x4.mul(beta2s, mi), f32x4.mul(rest2s, gi))));
      const step = f32x4.add(sign, f32x4.mul(decays, wi));
      v128.store(w, f32x4.sub(wi, f32x4.mul(lrs, step)));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4, m += 4) {
      const wi = load<f32>(w),
        gi = load<f32>(g),
        mi = load<f32>(m);
      const c = o.beta1 * mi + o.rest1 * gi;
      const sign: f32 = c == 0 ? 0 : c / abs<f32>(c);
      store<f32>(m, moment1(o.beta2 * mi + o.rest2 * gi));
      store<f32>(w, wi - lr * (sign + o.weightDecay * wi));
    }
  }
}
