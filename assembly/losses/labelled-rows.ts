/**
 * What the labels of SOFTMAX_CROSS_ENTROPY and CORRECT_COUNT mean: their attribute words in their order, so that
 * the record may lie in the program itself. CORRECT_COUNT has no smoothing.
 */
@unmanaged
export class LabelledRows {
  classes: u32;
  /** Whether there is a label whose rows do not count. */
  hasIgnored: u32;
  ignored: u32;
  smoothing: f32;
}

export function isIgnored(rows: LabelledRows, label: u32): bool {
  return rows.hasIgnored != 0 && label == rows.ignored;
}
