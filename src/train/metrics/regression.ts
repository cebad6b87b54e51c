/** A model's outputs and what they should have been, rows × outputs each. */
export interface Regressed {
  readonly outputs: Float32Array;
  readonly targets: ArrayLike<number>;
  /** Elements of one row. */
  readonly width: number;
}

/** Mean absolute error: Σ |y − t| / elements. */
export function meanAbsoluteError({ outputs, targets }: Regressed): number {
  let sum = 0;
  for (let i = 0; i < outputs.length; i++) sum += Math.abs(outputs[i]! - targets[i]!);
  return sum / outputs.length;
}

/** Root of the mean squared error: √(Σ (y − t)² / elements), in the targets' own unit. */
export function rootMeanSquaredError({ outputs, targets }: Regressed): number {
  let sum = 0;
  for (let i = 0; i < outputs.length; i++) sum += (outputs[i]! - targets[i]!) ** 2;
  return Math.sqrt(sum / outputs.length);
}

/**
 * The coefficient of determination, 1 − Σ (y − t)² / Σ (t − t̄)² for each output, and their mean: the share of the
 * targets' variance that the model explains. A constant target gives 1 if it is met exactly and else 0, as in
 * scikit-learn's r2_score.
 */
export function r2({ outputs, targets, width }: Regressed): number {
  let sum = 0;
  for (let column = 0; column < width; column++) sum += r2OfColumn(outputs, targets, column, width);
  return sum / width;
}

function r2OfColumn(
  outputs: Float32Array,
  targets: ArrayLike<number>,
  column: number,
  width: number,
): number {
  let [mean, isConstant] = [0, true];
  for (let i = column; i < outputs.length; i += width) {
    mean += targets[i]!;
    isConstant &&= targets[i] === targets[column];
  }
  mean /= outputs.length / width;
  let [residual, total] = [0, 0];
  for (let i = column; i < outputs.length; i += width) {
    residual += (targets[i]! - outputs[i]!) ** 2;
    total += (targets[i]! - mean) ** 2;
  }
  // A mean is rounded, so that the total of a constant need not be 0.
  return isConstant ? Number(residual === 0) : 1 - residual / total;
}
