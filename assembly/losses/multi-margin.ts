import { Ptr } from "../base/ptr";

/**
 * The hinge loss of several classes (Crammer & Singer 2001, https://jmlr.org/papers/v2/crammer01a.html, summed over
 * the classes as PyTorch's MultiMarginLoss with p = 1 does).
 *
 *   rowLoss = Σ_{j ≠ y} max(0, margin − x_y + xⱼ) / classes, in four lanes
 *
 * x [rows,classes], labels [rows] of i32, rowLoss [rows]. A NaN goes through. Answers 0, or 1 + the first row
 * whose label is out of range; the rows from there on are not written.
 */
export function multiMargin(
  rows: u32,
  classes: u32,
  margin: f32,
  x: Ptr,
  labels: Ptr,
  rowLoss: Ptr,
): u32 {
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (label >= classes) return row + 1;
    store<f32>(rowLoss + (row << 2), marginSum(classes, margin, x, label) / f32(classes));
    x += classes << 2;
  }
  return 0;
}

/** The four lanes take turns. */
function marginSum(classes: u32, margin: f32, x: Ptr, label: u32): f32 {
  const own = load<f32>(x + (label << 2));
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  for (let j: u32 = 0; j < classes || (j & 3) != 0; ++j) {
    let term: f32 = 0;
    if (j < classes && j != label) {
      const h = margin - own + load<f32>(x + (j << 2));
      term = h < 0 ? 0 : h;
    }
    const sum = s0 + term;
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
  }
  return s0 + s1 + (s2 + s3);
}

/**
 * dxⱼ = [margin − x_y + xⱼ > 0] / (classes·rows) for j ≠ y, and dx_y the negative sum of the others. dx may lie
 * exactly on x.
 */
export function multiMarginBackward(
  rows: u32,
  classes: u32,
  margin: f32,
  x: Ptr,
  labels: Ptr,
  dx: Ptr,
): u32 {
  const share: f32 = 1 / (f32(classes) * f32(rows));
  for (let row: u32 = 0; row < rows; ++row) {
    const label = load<u32>(labels + (row << 2));
    if (label >= classes) return row + 1;
    const own = load<f32>(x + (label << 2));
    let inside: u32 = 0;
    for (let j: u32 = 0; j < classes; ++j) {
      const counts = j != label && margin - own + load<f32>(x + (j << 2)) > 0;
      inside += u32(counts);
      store<f32>(dx + (j << 2), counts ? share : 0);
    }
    store<f32>(dx + (label << 2), -f32(inside) * share);
    x += classes << 2;
    dx += classes << 2;
  }
  return 0;
}
