import { Ptr } from "../base/ptr";
import { COLUMN_BLOCK } from "./reduce";

// The derivatives of batch-norm.ts, in its notation: x̂ = (x − mean)·invStd.

/** dgamma[channels] = Σ_rows dy·x̂, dbeta[channels] = Σ_rows dy. */
export function f32BatchNormBackwardParams(
  rows: u32,
  channels: u32,
  x: Ptr,
  mean: Ptr,
  invStd: Ptr,
  dy: Ptr,
  dgamma: Ptr,
  dbeta: Ptr,
): void {
  const stride: u32 = channels << 2;
  for (let c: u32 = 0; c < stride; c += 4) {
    store<f32>(dgamma + c, 0);
    store<f32>(dbeta + c, 0);
  }
  for (let row: u32 = 0; row < rows; row += COLUMN_BLOCK) {
    const bytes: u32 = min<u32>(rows - row, COLUMN_BLOCK) * stride;
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; c + 16 <= stride; c += 16) {
        const center = v128.load(mean + c),
          scale = v128.load(invStd + c);
        let sumGamma = f32x4.splat(0),
          sumBeta = f32x4.splat(0);
        for (let p = c; p < bytes; p += stride) {
          const hat = f32x4.mul(f32x4.sub(v128.load(x + p), center), scale);
          const d = v128.load(dy + p);
          sumGamma = f32x4.add(sumGamma, f32x4.mul(d, hat));
          sumBeta = f32x4.add(sumBeta, d);
        }
        v128.store(dgamma + c, f32x4.add(v128.load(dgamma + c), sumGamma));
        v128.store(dbeta + c, f32x4.add(v128.load(dbeta + c), sumBeta));
      }
    }
    for (; c < stride; c += 4) {
      const center = load<f32>(mean + c),
        scale = load<f32>(invStd + c);
      let sumGamma: f32 = 0,
        sumBeta: f32 = 0;
      for (let p = c; p < bytes; p += stride) {
        const d = load<f32>(dy + p);
        sumGamma += d * ((load<f32>(x + p) - center) * scale);
        sumBeta += d;
      }
      store<f32>(dgamma + c, load<f32>(dgamma + c) + sumGamma);
      store<f32>(dbeta + c, load<f32>(dbeta + c) + sumBeta);
    }
    x += bytes;
    dy += bytes;
  }
}

/**
 * dx[rows,channels] of batch statistics, which depend on x themselves.
 *
 *   dx = gamma·invStd·(dy − dbeta/rows − x̂·dgamma/rows)
 *
 * dx may lie exactly on x or on dy.
 */
export function f32BatchNormBackwardInput(
  rows: u32,
  channels: u32,
  x: Ptr,
  mean: Ptr,
  invStd: Ptr,
  gamma: Ptr,
  dgamma: Ptr,
  dbeta: Ptr,
  dy: Ptr,
  dx: Ptr,
): void {
  const stride: u32 = channels << 2;
  const count = f32(rows);
  for (let row: u32 = 0; row < rows; row += COLUMN_BLOCK) {
    const bytes: u32 = min<u32>(rows - row, COLUMN_BLOCK) * stride;
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      const counts = f32x4.splat(count);
      for (; c + 16 <= stride; c += 16) {
        const center = v128.load(mean + c),
          scale = v128.load(invStd + c);
        const slope = f32x4.mul(v128.load(gamma + c), scale);
        const meanDy = f32x4.div(v128.load(dbeta + c), counts);
        const meanDyHat = f32x4.div(v128.load(dgamma + c), counts);
        for (let p = c; p < bytes; p += stride) {
          const hat = f32x4.mul(f32x4.sub(v128.load(x + p), center), scale);
          const centered = f32x4.sub(v128.load(dy + p), meanDy);
          const rest = f32x4.sub(centered, f32x4.mul(hat, meanDyHat));
          v128.store(dx + p, f32x4.mul(slope, rest));
        }
      }
    }
    for (; c < stride; c += 4) {
      const center = load<f32>(mean + c),
        scale = load<f32>(invStd + c);
      const slope = load<f32>(gamma + c) * scale;
      const meanDy = load<f32>(dbeta + c) / count,
        meanDyHat = load<f32>(dgamma + c) / count;
      for (let p = c; p < bytes; p += stride) {
        const hat = (load<f32>(x + p) - center) * scale;
        store<f32>(dx + p, slope * (load<f32>(dy + p) - meanDy - hat * meanDyHat));
      }
    }
    x += bytes;
    dy += bytes;
    dx += bytes;
  }
}

/**
 * dx[rows,channels] = dy·(invStd·gamma), mean and variance being constants. dx may lie exactly on
 * dy.
 */
export function f32BatchNormFrozenBackwardInput(
  rows: u32,
  channels: u32,
  invStd: Ptr,
  gamma: Ptr,
  dy: Ptr,
  dx: Ptr,
): void {
  const stride: u32 = channels << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; c + 16 <= stride; c += 16) {
        const slope = f32x4.mul(v128.load(invStd + c), v128.load(gamma + c));
        v128.store(dx + c, f32x4.mul(v128.load(dy + c), slope));
      }
    }
    for (; c < stride; c += 4) {
      store<f32>(dx + c, load<f32>(dy + c) * (load<f32>(invStd + c) * load<f32>(gamma + c)));
    }
    dy += stride;
    dx += stride;
  }
}
