import { Ptr } from "../base/ptr";

/**
 * y[r,c] = c = labels[r] ? 1 : 0, for y[rows,classes].
 *
 * Returns 0, or 1 + the first row whose label is not below classes.
 */
export function oneHot(rows: u32, classes: u32, labels: Ptr, y: Ptr): u32 {
  for (let r: u32 = 0; r < rows; ++r) {
    const label = load<u32>(labels + (r << 2));
    if (label >= classes) return 1 + r;
    for (let c: u32 = 0; c < classes; ++c, y += 4) store<f32>(y, c == label ? 1 : 0);
  }
  return 0;
}
