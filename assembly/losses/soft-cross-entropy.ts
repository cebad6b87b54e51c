import { log1 } from "../base/log";
import { Ptr } from "../base/ptr";
import { f32Max } from "../kernels/reduce";
import { f32SoftmaxRow } from "../kernels/softmax";
import { expSum, targetBackward, targetSum } from "./log-probability";

/**
 * Softmax cross-entropy on soft labels: a probability for each class.
 *
 *   rowLoss = Σⱼ wⱼ·((1 − ε)·targetⱼ + ε/classes)·(−log pⱼ)
 *
 * logits and target [rows,classes], classWeights [classes], rowLoss [rows]. As PyTorch's cross_entropy, whose
 * mean over these rows divides by their number, whatever the class weights.
 */
export function softCrossEntropy(
  rows: u32,
  classes: u32,
  smoothing: f32,
  logits: Ptr,
  target: Ptr,
  classWeights: Ptr,
  rowLoss: Ptr,
): void {
  const each = smoothing / f32(classes);
  const keep: f32 = 1 - smoothing;
  for (let row: u32 = 0; row < rows; ++row) {
    const largest = f32Max(classes, logits);
    const log = log1(expSum(classes, largest, logits));
    const loss = targetSum(classes, logits, classWeights, target, keep, each, log, largest);
    store<f32>(rowLoss + (row << 2), loss);
    logits += classes << 2;
    target += classes << 2;
  }
}

/** dlogitsⱼ = (pⱼ·Σᵢ uᵢ − uⱼ) / rows, uⱼ = wⱼ·((1 − ε)·targetⱼ + ε/classes). dlogits may lie exactly on logits. */
export function softCrossEntropyBackward(
  rows: u32,
  classes: u32,
  smoothing: f32,
  logits: Ptr,
  target: Ptr,
  classWeights: Ptr,
  dlogits: Ptr,
): void {
  const each = smoothing / f32(classes);
  const keep: f32 = 1 - smoothing;
  for (let row: u32 = 0; row < rows; ++row) {
    const total = targetSum(classes, 0, classWeights, target, keep, each, 0, 0);
    f32SoftmaxRow(classes, logits, dlogits);
    targetBackward(classes, classWeights, target, keep, each, total, f32(rows), dlogits);
    logits += classes << 2;
    target += classes << 2;
    dlogits += classes << 2;
  }
}
