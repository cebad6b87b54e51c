/** Mean and standard deviation of each channel, as float32. */
export interface Statistics {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

/** The smallest float32 that is not denormal: less is no scale to divide by. */
const STD_MIN = 2 ** -126;

/**
 * What standardisation x' = (x − mean) / std needs: mean = Σ x / n and std = √(Σ (x − mean)² / n), the
 * population's, in two passes and in f64. A channel that does not vary gets std 1.
 *
 * Source: as scikit-learn's StandardScaler. What does not vary is told by the bound of its rounding error,
 * var ≤ n·ε·var + (n·ε·mean)²: T. Chan, G. Golub, R. LeVeque, Algorithms for computing the sample variance,
 * 1983.
 *
 * # Shapes
 * x [outer, channels, inner], row-major; mean and std [channels]
 */
export function channelStatistics(x: Float32Array, channels: number, inner: number): Statistics {
  const count = x.length / channels;
  const mean = new Float64Array(channels);
  const square = new Float64Array(channels);
  eachRun(x, channels, inner, (channel, value) => {
    mean[channel]! += value;
  });
  for (let c = 0; c < channels; c++) mean[c]! /= count;
  eachRun(x, channels, inner, (channel, value) => {
    square[channel]! += (value - mean[channel]!) ** 2;
  });
  const std = square.map((sum, c) => deviation(sum / count, mean[c]!, count));
  return { mean: Float32Array.from(mean), std: Float32Array.from(std) };
}

function deviation(variance: number, mean: number, count: number): number {
  const eps = Number.EPSILON;
  const constant = variance <= count * eps * variance + (count * mean * eps) ** 2;
  const std = Math.sqrt(variance);
  return constant || std < STD_MIN ? 1 : std;
}

function eachRun(
  x: Float32Array,
  channels: number,
  inner: number,
  visit: (channel: number, value: number) => void,
): void {
  for (let start = 0, channel = 0; start < x.length; start += inner) {
    for (let i = start; i < start + inner; i++) visit(channel, x[i]!);
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
}
