import { Ptr } from "../base/ptr";
import { isIgnored, LabelledRows } from "./labelled-rows";

// count[2]: how many answers are right, and how many there are.

/**
 * Rows that have their largest logit, the first if several, at the label. Ignored rows are none. Answers 0, or 1 +
 * the first row whose label is out of range.
 */
export function correctCount(
  rows: u32,
  shape: LabelledRows,
  logits: Ptr,
  labels: Ptr,
  count: Ptr,
): u32 {
  const classes = shape.classes;
  let right: u32 = 0,
    counted: u32 = 0;
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (!isIgnored(shape, label)) {
      if (label >= classes) return row + 1;
      ++counted;
      if (firstLargest(classes, logits) == label) ++right;
    }
    logits += classes << 2;
  }
  storeCount(count, right, counted);
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

/** Elements where y > 0 as target > threshold. */
export function binaryCorrectCount(n: u32, threshold: f32, y: Ptr, target: Ptr, count: Ptr): void {
  let right: u32 = 0;
  for (let i: u32 = 0; i < n; ++i, y += 4, target += 4) {
    if (load<f32>(y) > 0 == load<f32>(target) > threshold) ++right;
  }
  storeCount(count, right, n);
}

function storeCount(count: Ptr, right: u32, counted: u32): void {
  store<f32>(count, f32(right));
  store<f32>(count, f32(counted), 4);
}
