import { Ptr } from "../base/ptr";
import { COLUMN_BLOCK, f32ColumnSum } from "./reduce";

// Batch normalization over the rows of x[rows,channels]. Ioffe & Szegedy 2015, arXiv:1502.03167,
// Alg. 1. All per-channel tensors are [channels]; x̂ = (x − mean)·invStd. Sums over the rows are
// ascending chains in blocks of 256 rows. Nothing is written where rows would be divided by and is
// 0.

/**
 * mean = pilot + Σ_rows (x − pilot) / rows, pilot being the mean of the first block of rows; variance =
 * Σ_rows (x − mean)² / rows. A sum of x itself would round by the size of the mean, which may be many deviations, and
 * Σ_rows x̂ would be as far from 0. Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance", eq. 1.7.
 */
export function f32BatchNormStats(
  rows: u32,
  channels: u32,
  x: Ptr,
  mean: Ptr,
  variance: Ptr,
): void {
  if (rows == 0) return;
  const first = min<u32>(rows, COLUMN_BLOCK);
  f32ColumnSum(first, channels, x, mean);
  divideBy(channels, f32(first), mean);
  powerSum(false, rows, channels, x, mean, variance);
  divideBy(channels, f32(rows), variance);
  for (let c: u32 = 0; c < channels << 2; c += 4) {
    store<f32>(mean + c, load<f32>(mean + c) + load<f32>(variance + c));
  }
  powerSum(true, rows, channels, x, mean, variance);
  divideBy(channels, f32(rows), variance);
}

/** y[n] /= divisor */
function divideBy(n: u32, divisor: f32, y: Ptr): void {
  for (const end = y + (n << 2); y < end; y += 4) store<f32>(y, load<f32>(y) / divisor);
}

/** sum = Σ_rows (x − center), or of its squares */
function powerSum(squared: bool, rows: u32, channels: u32, x: Ptr, center: Ptr, sum: Ptr): void {
  const stride: u32 = channels << 2;
  for (let c: u32 = 0; c < stride; c += 4) store<f32>(sum + c, 0);
  for (let row: u32 = 0; row < rows; row += COLUMN_BLOCK) {
    const end = x + min<u32>(rows - row, COLUMN_BLOCK) * stride;
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; c + 32 <= stride; c += 32) {
        const center0 = v128.load(center + c),
          center1 = v128.load(center + c, 16);
        let sum0 = f32x4.splat(0),
          sum1 = f32x4.splat(0);
        for (let p = x + c; p < end; p += stride) {
          const d0 = f32x4.sub(v128.load(p), center0),
            d1 = f32x4.sub(v128.load(p, 16), center1);
          sum0 = f32x4.add(sum0, squared ? f32x4.mul(d0, d0) : d0);
          sum1 = f32x4.add(sum1, squared ? f32x4.mul(d1, d1) : d1);
        }
        v128.store(sum + c, f32x4.add(v128.load(sum + c), sum0));
        v128.store(sum + c, f32x4.add(v128.load(sum + c, 16), sum1), 16);
      }
    }
    for (; c < stride; c += 4) {
      const center0 = load<f32>(center + c);
      let sum0: f32 = 0;
      for (let p = x + c; p < end; p += stride) {
        const d = load<f32>(p) - center0;
        sum0 += squared ? d * d : d;
      }
      store<f32>(sum + c, load<f32>(sum + c) + sum0);
    }
    x = end;
  }
}

/** invStd[channels] = 1 / √(variance + eps) */
export function f32BatchNormInvStd(channels: u32, eps: f32, variance: Ptr, invStd: Ptr): void {
  for (let c: u32 = 0; c < channels << 2; c += 4) {
    store<f32>(invStd + c, 1 / sqrt<f32>(load<f32>(variance + c) + eps));
  }
}

/** y = x̂·gamma + beta. y may lie exactly on x. */
export function f32BatchNorm(
  rows: u32,
  channels: u32,
  x: Ptr,
  mean: Ptr,
  invStd: Ptr,
  gamma: Ptr,
  beta: Ptr,
  y: Ptr,
): void {
  const stride: u32 = channels << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; c + 16 <= stride; c += 16) {
        let v = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        v = f32x4.mul(f32x4.mul(v, v128.load(invStd + c)), v128.load(gamma + c));
        v128.store(y + c, f32x4.add(v, v128.load(beta + c)));
      }
    }
    for (; c < stride; c += 4) {
      const hat = (load<f32>(x + c) - load<f32>(mean + c)) * load<f32>(invStd + c);
      store<f32>(y + c, hat * load<f32>(gamma + c) + load<f32>(beta + c));
    }
    x += stride;
    y += stride;
  }
}

/**
 * running = keep·running + take·batch for mean and variance, the variance times n / (n − 1) if
 * unbiased (as PyTorch; n = 1 leaves it as it is).
 */
export function f32BatchNormRunning(
  channels: u32,
  n: u32,
  keep: f32,
  take: f32,
  unbiased: bool,
  mean: Ptr,
  variance: Ptr,
  runningMean: Ptr,
  runningVariance: Ptr,
): void {
  const factor: f32 = unbiased && n > 1 ? f32(f64(n) / f64(n - 1)) : 1;
  for (let c: u32 = 0; c < channels << 2; c += 4) {
    const m = load<f32>(mean + c),
      v = load<f32>(variance + c) * factor;
    store<f32>(runningMean + c, keep * load<f32>(runningMean + c) + take * m);
    store<f32>(runningVariance + c, keep * load<f32>(runningVariance + c) + take * v);
  }
}

/**
 * The running statistics of `n` values a channel become those of n + m, by m more of the given mean and
 * population variance; the running variance is unbiased, as PyTorch's. For n = 0 they start anew.
 *
 *   δ = mean − runningMean        runningMean += δ·m / (n + m)
 *   runningVariance = ((n − 1)·runningVariance + m·variance + δ²·n·m / (n + m)) / (n + m − 1)
 *
 * Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances",
 * in f64. Of a single value the variance is 0.
 */
export function f32BatchNormMerge(
  channels: u32,
  n: f64,
  m: f64,
  mean: Ptr,
  variance: Ptr,
  runningMean: Ptr,
  runningVariance: Ptr,
): void {
  const share = m / (n + m);
  const divisor = max<f64>(n + m - 1, 1);
  for (let c: u32 = 0; c < channels << 2; c += 4) {
    const batchMean = <f64>load<f32>(mean + c);
    let center = batchMean;
    let sum = m * <f64>load<f32>(variance + c);
    if (n > 0) {
      center = <f64>load<f32>(runningMean + c);
      const delta = batchMean - center;
      center += delta * share;
      sum += (n - 1) * <f64>load<f32>(runningVariance + c) + delta * delta * n * share;
    }
    store<f32>(runningMean + c, <f32>center);
    store<f32>(runningVariance + c, <f32>(sum / divisor));
  }
}
