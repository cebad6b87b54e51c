import type { Rows } from "./solutions.js";

// The objectives as docs/solvers.md writes them down, in f64, one obvious loop each. X is what the solvers see:
// rounded to float32.

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((value, i) => value * b[i]!));

/** Σ_j w_j·x_ij + b of each row. */
export function outputsOf(x: Rows, w: readonly number[], b: number): number[] {
  return x.map((row) => dot(row.map(Math.fround), w) + b);
}

export function elasticNetObjective(
  x: Rows,
  y: readonly number[],
  w: readonly number[],
  b: number,
  { alpha, l1Ratio }: { alpha: number; l1Ratio: number },
): number {
  const loss = sum(outputsOf(x, w, b).map((z, i) => (y[i]! - z) ** 2)) / (2 * x.length);
  return loss + penalty(w, alpha, l1Ratio);
}

export function ridgeObjective(
  x: Rows,
  y: readonly number[],
  w: readonly number[],
  b: number,
  alpha: number,
): number {
  return sum(outputsOf(x, w, b).map((z, i) => (y[i]! - z) ** 2)) + alpha * dot(w, w);
}

/** w and b of each class; of two classes those of class 1, class 0 having zeros. */
export function logisticObjective(
  x: Rows,
  labels: readonly number[],
  w: Rows,
  b: readonly number[],
  { alpha, l1Ratio }: { alpha: number; l1Ratio: number },
): number {
  const scores = w.map((row, k) => outputsOf(x, row, b[k]!));
  const all = w.length === 1 ? [x.map(() => 0), ...scores] : scores;
  const losses = labels.map((label, i) => {
    const row = all.map((score) => score[i]!);
    const largest = Math.max(...row);
    return largest + Math.log(sum(row.map((z) => Math.exp(z - largest)))) - row[label]!;
  });
  return sum(losses) / x.length + penalty(w.flat(), alpha, l1Ratio);
}

function penalty(w: readonly number[], alpha: number, l1Ratio: number): number {
  const absolute = sum(w.map(Math.abs));
  return alpha * (l1Ratio * absolute + ((1 - l1Ratio) / 2) * dot(w, w));
}
