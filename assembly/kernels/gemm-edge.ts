import { Ptr } from "../base/ptr";
import {
  f32GemmBlock1x1,
  f32GemmBlock1x4,
  f32GemmBlock1x8,
  f32GemmBlock4x2,
  f32GemmBlock4x4,
  K_BLOCK,
} from "./gemm-tiles";

/**
 * A product of which c has fewer rows or columns than the widest tile; in the scalar flavour, any.
 * Strides as in gemm-tiles.ts. The last tile overlaps the one before where the size is no multiple
 * of the tile's.
 */
export function f32GemmEdge(
  m: u32,
  n: u32,
  k: u32,
  a: Ptr,
  aRow: u32,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  bColumn: u32,
  bias: Ptr,
  c: Ptr,
  cRow: u32,
): void {
  if (m == 0 || n == 0) return;
  const columns = tileColumns(m, n, bColumn);
  const rows: u32 = m >= 4 && (columns == 2 || columns == 4) ? 4 : 1;
  for (let j: u32 = 0; j < n; j += columns) {
    j = min<u32>(j, n - columns);
    for (let i: u32 = 0; i < m; i += rows) {
      i = min<u32>(i, m - rows);
      const ci = c + i * cRow + (j << 2);
      let ap = a + i * aRow,
        bp = b + j * bColumn,
        p: u32 = 0;
      do {
        const depth = min<u32>(k - p, K_BLOCK);
        const last: Ptr = bias && p + depth == k ? bias + (j << 2) : 0;
        const more = p > 0;
        if (rows == 4) {
          if (columns == 2) {
            f32GemmBlock4x2(depth, ap, aRow, aStep, bp, bStep, bColumn, more, last, ci, cRow);
          } else if (ASC_FEATURE_SIMD) {
            f32GemmBlock4x4(depth, ap, aRow, aStep, bp, bStep, more, last, ci, cRow);
          }
        } else if (columns == 4) {
          f32GemmBlock1x4(depth, ap, aStep, bp, bStep, bColumn, more, last, ci);
        } else if (columns == 1) {
          f32GemmBlock1x1(depth, ap, aStep, bp, bStep, more, last, ci);
        } else if (ASC_FEATURE_SIMD) {
          f32GemmBlock1x8(depth, ap, aStep, bp, bStep, more, last, ci);
        }
        ap += depth * aStep;
        bp += depth * bStep;
        p += depth;
      } while (p < k);
    }
  }
}

/** Vectors where b is contiguous along the columns and c has enough of them. */
function tileColumns(m: u32, n: u32, bColumn: u32): u32 {
  if (ASC_FEATURE_SIMD) {
    if (bColumn == 4) {
      if (m >= 4 && n >= 4) return 4;
      if (m < 4 && n >= 8) return 8;
    }
  }
  if (m >= 4) return n >= 2 ? 2 : 1;
  return n >= 4 ? 4 : 1;
}
