import { Ptr } from "../base/ptr";
import { f32Multiply, f32Shift } from "./elementwise";
import { COLUMN_BLOCK, f32CenteredDot, f32Sum } from "./reduce";

// Layer normalization along each row of x[rows,n]. Ba, Kiros, Hinton 2016, arXiv:1607.06450. gamma, beta
// and their gradients are [n], mean and invStd [rows]; x̂ = (x − mean)·invStd. Sums along a row keep four
// lanes, sums over the rows are ascending chains in blocks of 256 rows.

/**
 * y = x̂·gamma + beta, with what backward needs: mean and invStd = 1 / √(variance + eps) of each row.
 *
 *   variance = Σ (x − mean)² / n
 *
 * y holds x − mean first, and may lie exactly on x.
 */
export function f32LayerNorm(
  rows: u32,
  n: u32,
  eps: f32,
  x: Ptr,
  gamma: Ptr,
  beta: Ptr,
  y: Ptr,
  mean: Ptr,
  invStd: Ptr,
): void {
  const rowBytes: u32 = n << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    const center = f32Sum(n, x) / f32(n);
    f32Shift(n, x, center, 0, y);
    const scale: f32 = 1 / sqrt<f32>(f32CenteredDot(n, y, y, 0) / f32(n) + eps);
    let i: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      const scales = f32x4.splat(scale);
      for (; i + 16 <= rowBytes; i += 16) {
        const v = f32x4.mul(f32x4.mul(v128.load(y + i), scales), v128.load(gamma + i));
        v128.store(y + i, f32x4.add(v, v128.load(beta + i)));
      }
    }
    for (; i < rowBytes; i += 4) {
      store<f32>(y + i, load<f32>(y + i) * scale * load<f32>(gamma + i) + load<f32>(beta + i));
    }
    store<f32>(mean + (row << 2), center);
    store<f32>(invStd + (row << 2), scale);
    x += rowBytes;
    y += rowBytes;
  }
}

/**
 * dx[rows,n] = invStd·(g − Σ g / n − x̂·Σ g·x̂ / n), g = gamma·dy.
 *
 * dx holds g first, and may lie exactly on dy.
 */
export function f32LayerNormBackwardInput(
  rows: u32,
  n: u32,
  x: Ptr,
  mean: Ptr,
  invStd: Ptr,
  gamma: Ptr,
  dy: Ptr,
  dx: Ptr,
): void {
  const rowBytes: u32 = n << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    const center = load<f32>(mean + (row << 2)),
      scale = load<f32>(invStd + (row << 2));
    f32Multiply(n, gamma, dy, dx);
    const meanG = f32Sum(n, dx) / f32(n);
    const meanGHat = (f32CenteredDot(n, dx, x, center) * scale) / f32(n);
    let i: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      const centers = f32x4.splat(center),
        scales = f32x4.splat(scale);
      for (; i + 16 <= rowBytes; i += 16) {
        const hat = f32x4.mul(f32x4.sub(v128.load(x + i), centers), scales);
        const centered = f32x4.sub(v128.load(dx + i), f32x4.splat(meanG));
        const rest = f32x4.sub(centered, f32x4.mul(hat, f32x4.splat(meanGHat)));
        v128.store(dx + i, f32x4.mul(scales, rest));
      }
    }
    for (; i < rowBytes; i += 4) {
      const hat = (load<f32>(x + i) - center) * scale;
      store<f32>(dx + i, scale * (load<f32>(dx + i) - meanG - hat * meanGHat));
    }
    x += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
}

/** dgamma = Σ_rows dy·x̂, dbeta = Σ_rows dy. */
export function f32LayerNormBackwardParams(
  rows: u32,
  n: u32,
  x: Ptr,
  mean: Ptr,
  invStd: Ptr,
  dy: Ptr,
  dgamma: Ptr,
  dbeta: Ptr,
): void {
  const stride: u32 = n << 2;
  for (let c: u32 = 0; c < stride; c += 4) {
    store<f32>(dgamma + c, 0);
    store<f32>(dbeta + c, 0);
  }
  for (let row: u32 = 0; row < rows; row += COLUMN_BLOCK) {
    const bytes: u32 = min<u32>(rows - row, COLUMN_BLOCK) * stride;
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; c + 16 <= stride; c += 16) {
        let sumGamma = f32x4.splat(0),
          sumBeta = f32x4.splat(0);
        for (let p = c, r = row << 2; p < bytes; p += stride, r += 4) {
          const centered = f32x4.sub(v128.load(x + p), v128.load32_splat(mean + r));
          const hat = f32x4.mul(centered, v128.load32_splat(invStd + r));
          const d = v128.load(dy + p);
          sumGamma = f32x4.add(sumGamma, f32x4.mul(d, hat));
          sumBeta = f32x4.add(sumBeta, d);
        }
        v128.store(dgamma + c, f32x4.add(v128.load(dgamma + c), sumGamma));
        v128.store(dbeta + c, f32x4.add(v128.load(dbeta + c), sumBeta));
      }
    }
    for (; c < stride; c += 4) {
      let sumGamma: f32 = 0,
        sumBeta: f32 = 0;
      for (let p = c, r = row << 2; p < bytes; p += stride, r += 4) {
        const d = load<f32>(dy + p);
        sumGamma += d * ((load<f32>(x + p) - load<f32>(mean + r)) * load<f32>(invStd + r));
        sumBeta += d;
      }
      store<f32>(dgamma + c, load<f32>(dgamma + c) + sumGamma);
      store<f32>(dbeta + c, load<f32>(dbeta + c) + sumBeta);
    }
    x += bytes;
    dy += bytes;
  }
}
