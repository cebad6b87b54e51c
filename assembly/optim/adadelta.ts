import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

/** The attributes of ADADELTA in their order. */
@unmanaged
export class AdadeltaOptions {
  rho: f32;
  rest: f32;
  eps: f32;
  weightDecay: f32;
}

/**
 * AdaDelta's direction, of which SGD then goes lr times: Zeiler 2012, arXiv:1212.5701, Alg. 1.
 *
 *   d = g + weightDecay·w        v ← rho·v + (1 − rho)·d²
 *   y = √(a + eps)/√(v + eps)·d        a ← rho·a + (1 − rho)·y²
 *
 * g, w, y, v, a: [n]. y may lie on g. v and a below 1e-30 are stored, and used, as 0.
 */
export function adadeltaDirection(
  n: u32,
  o: AdadeltaOptions,
  g: Ptr,
  w: Ptr,
  y: Ptr,
  v: Ptr,
  a: Ptr,
): void {
  if (ASC_FEATURE_SIMD) {
    const rhos = f32x4.splat(o.rho),
      rests = f32x4.splat(o.rest);
    const epses = f32x4.splat(o.eps),
      decays = f32x4.splat(o.weightDecay);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16, y += 16, v += 16, a += 16) {
      const d = f32x4.add(v128.load(g), f32x4.mul(decays, v128.load(w)));
      const squares = f32x4.mul(rests, f32x4.mul(d, d));
      const vi = moment4(f32x4.add(f32x4.mul(rhos, v128.load(v)), squares));
      const ai = v128.load(a);
      const ratio = f32x4.div(f32x4.sqrt(f32x4.add(ai, epses)), f32x4.sqrt(f32x4.add(vi, epses)));
      const yi = f32x4.mul(ratio, d);
      v128.store(v, vi);
      v128.store(y, yi);
      v128.store(a, moment4(f32x4.add(f32x4.mul(rhos, ai), f32x4.mul(rests, f32x4.mul(yi, yi)))));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4, y += 4, v += 4, a += 4) {
      const d = load<f32>(g) + o.weightDecay * load<f32>(w);
      const vi = moment1(o.rho * load<f32>(v) + o.rest * (d * d));
      const ai = load<f32>(a);
      const yi = (sqrt<f32>(ai + o.eps) / sqrt<f32>(vi + o.eps)) * d;
      store<f32>(v, vi);
      store<f32>(y, yi);
      store<f32>(a, moment1(o.rho * ai + o.rest * (yi * yi)));
    }
  }
}
