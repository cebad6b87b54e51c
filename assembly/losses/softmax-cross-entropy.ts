import { log1 } from "../base/log";
import { Ptr } from "../base/ptr";
import { f32Fill } from "../kernels/elementwise";
import { f32Max, f32Sum } from "../kernels/reduce";
import { f32SoftmaxRow } from "../kernels/softmax";
import { isIgnored, LabelledRows } from "./labelled-rows";
import { expSum, targetBackward, targetSum } from "./log-probability";

/**
 * Softmax cross-entropy on integer labels, with class weights w, label smoothing ε and an ignored label.
 *
 *   rowLoss = (1 − ε)·w_y·(−log p_y) + ε/classes·Σⱼ wⱼ·(−log pⱼ)        rowWeight = w_y
 *
 * and 0 for both on an ignored row; −log pⱼ is computed as log Σᵢ e^(logitsᵢ − max) − (logitsⱼ − max). Label
 * smoothing: Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7. As PyTorch's cross_entropy.
 *
 * logits [rows,classes], labels [rows] of i32, classWeights [classes], rowLoss and rowWeight [rows].
 * Answers 0, or 1 + the first row whose label is out of range; the rows from there on are not written.
 */
export function softmaxCrossEntropy(
  rows: u32,
  shape: LabelledRows,
  logits: Ptr,
  labels: Ptr,
  classWeights: Ptr,
  rowLoss: Ptr,
  rowWeight: Ptr,
): u32 {
  const classes = shape.classes;
  const smoothing = shape.smoothing;
  const keep: f32 = 1 - smoothing;
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    let loss: f32 = 0,
      weight: f32 = 0;
    if (!isIgnored(shape, label)) {
      if (label >= classes) return row + 1;
      const largest = f32Max(classes, logits);
      const log = log1(expSum(classes, largest, logits));
      weight = load<f32>(classWeights + (label << 2));
      const own = log - (load<f32>(logits + (label << 2)) - largest);
      loss = keep * weight * own;
      if (smoothing != 0) {
        const each = smoothing / f32(classes);
        loss += targetSum(classes, logits, classWeights, classWeights, 0, each, log, largest);
      }
    }
    store<f32>(rowLoss + (row << 2), loss);
    store<f32>(rowWeight + (row << 2), weight);
    logits += classes << 2;
  }
  return 0;
}

/**
 * The gradient of Σ rowLoss / weight[0], where weight[0] = Σ rowWeight; zeros if that is 0.
 *
 *   dlogitsⱼ = (((1 − ε)·w_y + ε/classes·Σᵢ wᵢ)·pⱼ − ε/classes·wⱼ − [j = y]·(1 − ε)·w_y) / weight[0]
 *
 * dlogits may lie exactly on logits. Answers as softmaxCrossEntropy does.
 */
export function softmaxCrossEntropyBackward(
  rows: u32,
  shape: LabelledRows,
  logits: Ptr,
  labels: Ptr,
  classWeights: Ptr,
  weight: Ptr,
  dlogits: Ptr,
): u32 {
  const classes = shape.classes;
  const smoothing = shape.smoothing;
  const keep: f32 = 1 - smoothing;
  const each = smoothing / f32(classes);
  const spread: f32 = smoothing == 0 ? 0 : each * f32Sum(classes, classWeights);
  const sum = load<f32>(weight);
  const divisor: f32 = sum == 0 ? Infinity : sum;
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (isIgnored(shape, label)) f32Fill(classes, 0, dlogits);
    else {
      if (label >= classes) return row + 1;
      const at: u32 = label << 2;
      const w = load<f32>(classWeights + at);
      const own = keep * w;
      const total = own + spread;
      f32SoftmaxRow(classes, logits, dlogits);
      const d = total * load<f32>(dlogits + at) - w * each - own;
      targetBackward(classes, classWeights, classWeights, 0, each, total, divisor, dlogits);
      store<f32>(dlogits + at, d / divisor);
    }
    logits += classes << 2;
    dlogits += classes << 2;
  }
  return 0;
}
