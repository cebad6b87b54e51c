import { Ptr } from "../base/ptr";
import { moment1, moment4 } from "./moment";

// Kingma & Ba 2015, arXiv:1412.6980, Alg. 1, and what differs from it by little: AMSGrad (Reddi et al. 2018,
// arXiv:1904.09237), AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), NAdam (Dozat 2016). `corrections` is
// 24 bytes: c₁ and c₂, which m and v are divided by, and c₃, the share of the gradient itself in the step;
// as f64, all 0 before the first step.

/** The attributes of ADAM and AMSGRAD in their order, so that the record may lie in the program itself. */
@unmanaged
export class AdamOptions {
  beta1: f32;
  rest1: f32;
  beta2: f32;
  rest2: f32;
  eps: f32;
  weightDecay: f32;
  epsInside: u32;
  decoupled: u32;
}

/** Advances t once per step, before the first tensor: c ← (1 − β) + β·c for both, without a pow. */
export function adamBegin(beta1: f64, beta2: f64, corrections: Ptr): void {
  store<f64>(corrections, 1 - beta1 + beta1 * load<f64>(corrections));
  advanceSecond(beta2, corrections);
}

function advanceSecond(beta2: f64, corrections: Ptr): void {
  store<f64>(corrections, 1 - beta2 + beta2 * load<f64>(corrections, 8), 8);
}

/**
 * The same for NAdam, whose β₁ grows: μₜ = β₁·(1 − ½·baseᵗ), base = 0.96^momentumDecay.
 *
 *   c₁ = (1 − Π·μₜ₊₁) / μₜ₊₁        c₃ = (1 − μₜ) / (1 − Π)        Π = μ₁·…·μₜ
 *
 * products: 1 − baseᵗ and 1 − Π as f64, both 0 before the first step.
 */
export function nadamBegin(
  beta1: f64,
  beta2: f64,
  base: f64,
  products: Ptr,
  corrections: Ptr,
): void {
  const power = base * (1 - load<f64>(products));
  const mu = beta1 * (1 - 0.5 * power);
  const next = beta1 * (1 - 0.5 * base * power);
  const rest = 1 - mu + mu * load<f64>(products, 8);
  store<f64>(products, 1 - power);
  store<f64>(products, rest, 8);
  store<f64>(corrections, (1 - next + next * rest) / next);
  advanceSecond(beta2, corrections);
  store<f64>(corrections, (1 - mu) / rest, 16);
}

/**
 * Adam, with the weight decay of PyTorch's Adam (added to the gradient) or, decoupled, of its AdamW.
 *
 *   d = g + weightDecay·w        m ← β₁·m + (1 − β₁)·d        v ← β₂·v + (1 − β₂)·d²
 *   w ← w − (lr/c₁·m + lr·c₃·d) / (√v·(1/√c₂) + eps)
 *   w ← w − (lr/c₁·m + lr·c₃·d) / √(v·(1/c₂) + eps)        with epsInside
 *
 * w, g, m, v, vMax: [n]. vMax ← max(vMax, v) takes v's place under the root; a vMax of 0 is none. Factors of
 * lr and c are rounded to f32 once a call. m and v below 1e-30 are stored, and used, as 0.
 */
export function adamUpdate(
  n: u32,
  o: AdamOptions,
  lr: f32,
  corrections: Ptr,
  g: Ptr,
  w: Ptr,
  m: Ptr,
  v: Ptr,
  vMax: Ptr,
): void {
  const c2 = load<f64>(corrections, 8);
  const epsInside = o.epsInside != 0;
  const mStep = f32(f64(lr) / load<f64>(corrections));
  const gStep = f32(f64(lr) * load<f64>(corrections, 16));
  const vScale = f32(1 / (epsInside ? c2 : sqrt<f64>(c2)));
  const decay: f32 = o.decoupled ? f32(0) : o.weightDecay;
  const shrink: f32 = o.decoupled ? lr * o.weightDecay : f32(0);
  if (ASC_FEATURE_SIMD) {
    const beta1s = f32x4.splat(o.beta1),
      rest1s = f32x4.splat(o.rest1);
    const beta2s = f32x4.splat(o.beta2),
      rest2s = f32x4.splat(o.rest2);
    const decays = f32x4.splat(decay),
      shrinks = f32x4.splat(shrink);
    const mSteps = f32x4.splat(mStep),
      gSteps = f32x4.splat(gStep);
    const scales = f32x4.splat(vScale),
      epses = f32x4.splat(o.eps);
    for (let i: u32 = 0; i < n; i += 4, g += 16, w += 16, m += 16, v += 16) {
      const wi = v128.load(w);
      const d = f32x4.add(v128.load(g), f32x4.mul(decays, wi));
      const mi = moment4(f32x4.add(f32x4.mul(beta1s, v128.load(m)), f32x4.mul(rest1s, d)));
      const squares = f32x4.mul(rest2s, f32x4.mul(d, d));
      let vi = moment4(f32x4.add(f32x4.mul(beta2s, v128.load(v)), squares));
      v128.store(m, mi);
      v128.store(v, vi);
      if (vMax) {
        vi = f32x4.pmax(vi, v128.load(vMax));
        v128.store(vMax, vi);
        vMax += 16;
      }
      const root = epsInside
        ? f32x4.sqrt(f32x4.add(f32x4.mul(vi, scales), epses))
        : f32x4.add(f32x4.mul(f32x4.sqrt(vi), scales), epses);
      const step = f32x4.add(f32x4.mul(mSteps, mi), f32x4.mul(gSteps, d));
      const lost = f32x4.mul(shrinks, wi);
      v128.store(w, f32x4.sub(wi, f32x4.add(lost, f32x4.div(step, root))));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, g += 4, w += 4, m += 4, v += 4) {
      const wi = load<f32>(w);
      const d = load<f32>(g) + decay * wi;
      const mi = moment1(o.beta1 * load<f32>(m) + o.rest1 * d);
      let vi = moment1(o.beta2 * load<f32>(v) + o.rest2 * (d * d));
      store<f32>(m, mi);
      store<f32>(v, vi);
      if (vMax) {
        const before = load<f32>(vMax);
        vi = vi < before ? before : vi;
        store<f32>(vMax, vi);
        vMax += 4;
      }
      const root = epsInside ? sqrt<f32>(vi * vScale + o.eps) : sqrt<f32>(vi) * vScale + o.eps;
      store<f32>(w, wi - (shrink * wi + (mStep * mi + gStep * d) / root));
    }
  }
}
