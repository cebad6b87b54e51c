import { exp1, exp4 } from "../base/exp";
import { log1 } from "../base/log";
import { Ptr } from "../base/ptr";
import { joinLanes } from "../base/simd";
import { f32Max } from "../kernels/reduce";
import { f32SoftmaxRow } from "../kernels/softmax";

// Softmax cross-entropy on integer labels. logits, dlogits: [rows,classes]; labels: [rows], i32.
// Each function checks a label before using it and answers 0, or 1 + the first row whose label lies
// outside 0 … classes − 1; the rows from there on are then not written.

/**
 * rowLoss[rows] = log Σⱼ e^logitsⱼ − logits[label]
 *
 * computed as log Σⱼ e^(logitsⱼ − max) − (logits[label] − max), the sum in four lanes.
 */
export function softmaxCrossEntropy(
  rows: u32,
  classes: u32,
  logits: Ptr,
  labels: Ptr,
  rowLoss: Ptr,
): u32 {
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (label >= classes) return row + 1;
    const largest = f32Max(classes, logits);
    const chosen = load<f32>(logits + (label << 2)) - largest;
    store<f32>(rowLoss + (row << 2), log1(expSum(classes, largest, logits)) - chosen);
    logits += classes << 2;
  }
  return 0;
}

/** Σ e^(x − shift) over x[n], in four lanes. */
function expSum(n: u32, shift: f32, x: Ptr): f32 {
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const shifts = f32x4.splat(shift);
    let sums = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, x += 16) {
      sums = f32x4.add(sums, exp4(f32x4.sub(v128.load(x), shifts)));
    }
    if (i == n) return joinLanes(sums);
    s0 = f32x4.extract_lane(sums, 0);
    s1 = f32x4.extract_lane(sums, 1);
    s2 = f32x4.extract_lane(sums, 2);
    s3 = f32x4.extract_lane(sums, 3);
  } else {
    for (; i + 4 <= n; i += 4, x += 16) {
      s0 += exp1(load<f32>(x) - shift);
      s1 += exp1(load<f32>(x, 4) - shift);
      s2 += exp1(load<f32>(x, 8) - shift);
      s3 += exp1(load<f32>(x, 12) - shift);
    }
  }
  if (i < n) s0 += exp1(load<f32>(x) - shift);
  if (i + 1 < n) s1 += exp1(load<f32>(x, 4) - shift);
  if (i + 2 < n) s2 += exp1(load<f32>(x, 8) - shift);
  return s0 + s1 + (s2 + s3);
}

/** dlogits = (softmax(logits) − onehot(labels)) / rows. dlogits may lie exactly on logits. */
export function softmaxCrossEntropyBackward(
  rows: u32,
  classes: u32,
  logits: Ptr,
  labels: Ptr,
  dlogits: Ptr,
): u32 {
  const rowBytes: u32 = classes << 2;
  const count = f32(rows);
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (label >= classes) return row + 1;
    f32SoftmaxRow(classes, logits, dlogits);
    const chosen = dlogits + (label << 2);
    store<f32>(chosen, load<f32>(chosen) - 1);
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      const counts = f32x4.splat(count);
      for (; c + 16 <= rowBytes; c += 16) {
        v128.store(dlogits + c, f32x4.div(v128.load(dlogits + c), counts));
      }
    }
    for (; c < rowBytes; c += 4) store<f32>(dlogits + c, load<f32>(dlogits + c) / count);
    logits += rowBytes;
    dlogits += rowBytes;
  }
  return 0;
}

/** count[0] = how many rows have their largest logit, the first if several, at the label. */
export function correctCount(rows: u32, classes: u32, logits: Ptr, labels: Ptr, count: Ptr): u32 {
  let right: u32 = 0;
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (label >= classes) return row + 1;
    if (firstLargest(classes, logits) == label) ++right;
    logits += classes << 2;
  }
  store<f32>(count, f32(right));
  return 0;
}

/**
 * Index of the largest of x[n], the first if several; a NaN is never larger and nothing beats a
 * leading one.
 */
function firstLargest(n: u32, x: Ptr): u32 {
  let best: u32 = 0;
  let largest = load<f32>(x);
  for (let i: u32 = 1; i < n; ++i) {
    const xi = load<f32>(x + (i << 2));
    if (xi > largest) {
      largest = xi;
      best = i;
    }
  }
  return best;
}
