import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

/** The attributes of RMS_NORMALIZE in their order. */
@unmanaged
export class RmsOptions {
  alpha: f32;
  rest: f32;
  eps: f32;
  epsInside: f32;
  weightDecay: f32;
}

/**
 * The gradient by the root of its mean square: what RMSProp (Tieleman & Hinton 2012, lecture 6.5) and, with
 * alpha = rest = 1, AdaGrad (Duchi et al. 2011) take for a gradient; SGD, with or without momentum, does the rest.
 *
 *   d = g + weightDecay·w        v ← alpha·v + rest·d²        mean ← alpha·mean + rest·d
 *   y = d / (√(v − mean² + epsInside) + eps)
 *
 * g, w, y, v, mean: [n]; a mean of 0 is none. y may lie on g. v and mean below 1e-30 are stored, and used, as 0.
 * Differs from PyTorch: v − mean² that rounding made negative is 0.
 */
export function rmsNormalize(
  n: u32,
  o: RmsOptions,
  g: Ptr,
  w: Ptr,
  y: Ptr,
  v: Ptr,
  mean: Ptr,
): void {
  if (ASC_FEATURE_SIMD) {
    const alphas = f32x4.splat(o.alpha),
      rests = f32x4.splat(o.rest);
    const decays = f32x4.splat(o.weightDecay);
    const insides = f32x4.splat(o.epsInside),
      epses = f32x4.splat(o.eps);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16, y += 16, v += 16) {
      const d = f32x4.add(v128.load(g), f32x4.mul(decays, v128.load(w)));
      const squares = f32x4.mul(rests, f32x4.mul(d, d));
      let vi = moment4(f32x4.add(f32x4.mul(alphas, v128.load(v)), squares));
      v128.store(v, vi);
      if (mean) {
        const means = f32x4.mul(alphas, v128.load(mean));
        const mi = moment4(f32x4.add(means, f32x4.mul(rests, d)));
        v128.store(mean, mi);
        mean += 16;
        vi = f32x4.pmax(f32x4.sub(vi, f32x4.mul(mi, mi)), f32x4.splat(0));
      }
      const root = f32x4.sqrt(f32x4.add(vi, insides));
      v128.store(y, f32x4.div(d, f32x4.add(root, epses)));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4, y += 4, v += 4) {
      const d = load<f32>(g) + o.weightDecay * load<f32>(w);
      let vi = moment1(o.alpha * load<f32>(v) + o.rest * (d * d));
      store<f32>(v, vi);
      if (mean) {
        const mi = moment1(o.alpha * load<f32>(mean) + o.rest * d);
        store<f32>(mean, mi);
        mean += 4;
        vi -= mi * mi;
        vi = vi < 0 ? 0 : vi;
      }
      store<f32>(y, d / (sqrt<f32>(vi + o.epsInside) + o.eps));
    }
  }
}
