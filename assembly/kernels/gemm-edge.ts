import { Ptr } from "../base/ptr";
import {
  f32GemmBlock1x1,
  f32GemmBlock1x8,
  f32GemmBlock4x2,
  f32GemmBlock4x4,
  K_BLOCK,
} from "./gemm-tiles";

/**
 * A product of which c has fewer rows or columns than the widest tile; in the scalar flavour, any. One
 * function for NN, NT and TN: strides in bytes as in gemm-tiles.ts. The last tile overlaps its
 * neighbour where the size is no multiple of the tile's.
 */
export function f32GemmEdge(
  m: u32,
  n: u32,
  k: u32,
  a: Ptr,
  aRow: Ptr,
  aStep: Ptr,
  b: Ptr,
  bStep: Ptr,
  bColumn: Ptr,
  bias: Ptr,
  c: Ptr,
  cRow: Ptr,
): void {
  if (m == 0 || n == 0) return;
  const rows: u32 = m < 4 ? 1 : 4;
  let columns: u32 = rows == 1 || n < 2 ? 1 : 2;
  if (ASC_FEATURE_SIMD) {
    if (bColumn == 4) {
      if (rows == 4 && n >= 4) columns = 4;
      if (rows == 1 && n >= 8) columns = 8;
    }
  }
  const tileRows: u32 = columns == 1 ? 1 : rows;
  for (let j: u32 = 0; j < n; j += columns) {
    j = min<u32>(j, n - columns);
    for (let i: u32 = 0; i < m; i += tileRows) {
      i = min<u32>(i, m - tileRows);
      const ci = c + i * cRow + (j << 2);
      let ap = a + i * aRow, bp = b + j * bColumn;
      let rest = k;
      let more = false;
      do {
        const depth = min<u32>(rest, K_BLOCK);
        rest -= depth;
        const last: Ptr = bias && rest == 0 ? bias + (j << 2) : 0;
        if (columns == 1) {
          f32GemmBlock1x1(depth, ap, aStep, bp, bStep, more, last, ci);
        } else if (columns == 2) {
          f32GemmBlock4x2(depth, ap, aRow, aStep, bp, bStep, bColumn, more, last, ci, cRow);
        } else if (ASC_FEATURE_SIMD) {
          if (columns == 4) {
            f32GemmBlock4x4(depth, ap, aRow, aStep, bp, bStep, more, last, ci, cRow);
          } else {
            f32GemmBlock1x8(depth, ap, aStep, bp, bStep, more, last, ci);
          }
        }
        ap += depth * aStep;
        bp += depth * bStep;
        more = true;
      } while (rest > 0);
    }
  }
}
