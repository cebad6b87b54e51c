/** As many points as a chart gets: more than it has pixels. */
export const POINTS_MAX = 2000;

/**
 * Indices of at most `max` values that draw like all of them: of each stretch of equal length the smallest
 * and the largest, the first and the last of all. What is not finite counts only where nothing else is.
 *
 * @param max at least 4
 */
export function downsample(values: ArrayLike<number>, max = POINTS_MAX): number[] {
  const { length } = values;
  if (length <= max) return Array.from({ length }, (_, i) => i);
  const buckets = Math.floor((max - 2) / 2);
  const kept = [0];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * (length - 2)) / buckets);
    const to = 1 + Math.floor(((bucket + 1) * (length - 2)) / buckets);
    kept.push(...extremes(values, from, to));
  }
  kept.push(length - 1);
  return kept;
}

/** Where the smallest and the largest value lie, in ascending order; one index if it is the same. */
function extremes(values: ArrayLike<number>, from: number, to: number): number[] {
  let [low, high] = [from, from];
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (!(values[low]! <= value)) low = i;
    if (!(values[high]! >= value && values[high]! < Number.POSITIVE_INFINITY)) high = i;
  }
  if (low === high) return [low];
  return low < high ? [low, high] : [high, low];
}

/**
 * The exponential moving average with its start corrected: sᵢ = (1 − α)·sᵢ₋₁ + α·xᵢ, divided by 1 − (1 − α)ⁱ;
 * α = 2 / (window + 1). What is not finite is passed over.
 */
export function smooth(values: ArrayLike<number>, window: number): number[] {
  const alpha = 2 / (window + 1);
  let [sum, weight] = [0, 0];
  return Array.from(values, (value) => {
    if (Number.isFinite(value)) {
      sum += alpha * (value - sum);
      weight += alpha * (1 - weight);
    }
    return weight > 0 ? sum / weight : Number.NaN;
  });
}

/** Numbers as JSON can hold them: what is not finite is null, a gap in the chart. */
export function gaps(values: readonly (number | undefined)[]): (number | null)[] {
  return values.map((value) => (Number.isFinite(value) ? compact(value!) : null));
}

/** Six digits are more than a screen shows. */
function compact(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}
