import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

/** Stochastic gradient descent: w[n] −= lr·(g + weightDecay·w). */
export function sgdUpdate(n: u32, lr: f32, weightDecay: f32, g: Ptr, w: Ptr): void {
  if (ASC_FEATURE_SIMD) {
    const lrs = f32x4.splat(lr),
      decays = f32x4.splat(weightDecay);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16) {
      const wi = v128.load(w);
      const d = f32x4.add(v128.load(g), f32x4.mul(decays, wi));
      v128.store(w, f32x4.sub(wi, f32x4.mul(lrs, d)));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4) {
      const wi = load<f32>(w);
      store<f32>(w, wi - lr * (load<f32>(g) + weightDecay * wi));
    }
  }
}

/** The attributes of SGD_MOMENTUM in their order. */
@unmanaged
export class MomentumOptions {
  momentum: f32;
  weightDecay: f32;
  nesterov: u32;
}

/**
 * SGD with momentum, in PyTorch's form: take is 1, and 1 − dampening after the first step.
 *
 *   d = take·(g + weightDecay·w)        m ← momentum·m + d
 *   w ← w − lr·(nesterov ? d + momentum·m : m)
 *
 * w, g, m: [n]. Polyak 1964; Sutskever et al. 2013. m below 1e-30 is stored, and used, as 0.
 */
export function sgdMomentumUpdate(
  n: u32,
  o: MomentumOptions,
  lr: f32,
  take: f32,
  g: Ptr,
  w: Ptr,
  m: Ptr,
): void {
  const nesterov = o.nesterov != 0;
  if (ASC_FEATURE_SIMD) {
    const momenta = f32x4.splat(o.momentum),
      takes = f32x4.splat(take);
    const decays = f32x4.splat(o.weightDecay),
      lrs = f32x4.splat(lr);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16, m += 16) {
      const wi = v128.load(w);
      const d = f32x4.mul(takes, f32x4.add(v128.load(g), f32x4.mul(decays, wi)));
      const mi = moment4(f32x4.add(f32x4.mul(momenta, v128.load(m)), d));
      v128.store(m, mi);
      const step = nesterov ? f32x4.add(d, f32x4.mul(momenta, mi)) : mi;
      v128.store(w, f32x4.sub(wi, f32x4.mul(lrs, step)));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4, m += 4) {
      const wi = load<f32>(w);
      const d = take * (load<f32>(g) + o.weightDecay * wi);
      const mi = moment1(o.momentum * load<f32>(m) + d);
      store<f32>(m, mi);
      store<f32>(w, wi - lr * (nesterov ? d + o.momentum * mi : mi));
    }
  }
}
