import { Ptr } from "../base/ptr";
import { PANEL_ROW, packPanel } from "./panel";
import { PANEL, WALK } from "./scratch";
import { walkRows } from "./tiles";
import { K_BLOCK, TILE_COLUMNS, Walk } from "./walk";

// The three products of a dense layer, row-major. m: rows of c, n: columns of c, k: the axis summed
// over. A leading dimension is the distance of two rows in elements. All overwrite c, which lies on
// none of the others; k = 0 gives the bias, or 0. bias[n] is 0 for none.

/** c[m,n] = a[m,k]·b[k,n] (+ bias[n]) */
export function f32GemmNN(
  m: u32,
  n: u32,
  k: u32,
  a: Ptr,
  lda: u32,
  b: Ptr,
  ldb: u32,
  bias: Ptr,
  c: Ptr,
  ldc: u32,
): void {
  gemm(m, n, k, a, lda << 2, 4, b, ldb << 2, 4, bias, c, ldc << 2);
}

/** c[m,n] = a[m,k]·b[n,k]ᵀ (+ bias[n]) */
export function f32GemmNT(
  m: u32,
  n: u32,
  k: u32,
  a: Ptr,
  lda: u32,
  b: Ptr,
  ldb: u32,
  bias: Ptr,
  c: Ptr,
  ldc: u32,
): void {
  gemm(m, n, k, a, lda << 2, 4, b, 4, ldb << 2, bias, c, ldc << 2);
}

/** c[m,n] = a[k,m]ᵀ·b[k,n] */
export function f32GemmTN(
  m: u32,
  n: u32,
  k: u32,
  a: Ptr,
  lda: u32,
  b: Ptr,
  ldb: u32,
  c: Ptr,
  ldc: u32,
): void {
  gemm(m, n, k, a, 4, lda << 2, b, ldb << 2, 4, 0, c, ldc << 2);
}

/** Copying b into the panel pays from so many rows of c, */
const PANEL_ROWS_MIN: u32 = 16;
/** and only if two rows of b are at least so far apart. */
const PANEL_STEP_MIN: u32 = 512;

/**
 * Element (i, p) of a lies at a + i·aRow + p·aStep, element (p, j) of b at b + p·bStep + j·bColumn;
 * bStep or bColumn is 4.
 */
function gemm(
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
  const walk = changetype<Walk>(WALK);
  const far = bColumn != 4 || (m >= PANEL_ROWS_MIN && bStep >= PANEL_STEP_MIN);
  walk.lines = 1;
  walk.taps = 1;
  walk.run = k;
  walk.termX = aStep;
  walk.place = 0;
  walk.rowX = aRow;
  walk.rowY = cRow;
  for (let j: u32 = 0; j < n; j += TILE_COLUMNS) {
    if (n > TILE_COLUMNS) j = min<u32>(j, n - TILE_COLUMNS);
    const columns = min<u32>(n, TILE_COLUMNS);
    const packed = ASC_FEATURE_SIMD ? far || columns < TILE_COLUMNS : false;
    walk.columns = columns;
    walk.columnB = columns > 1 ? bColumn : 0;
    walk.termB = packed ? PANEL_ROW : bStep;
    const bj = b + j * bColumn;
    const last: Ptr = bias ? bias + (j << 2) : 0;
    let start: u32 = 0;
    do {
      const stop = min<u32>(k, start + K_BLOCK);
      walk.start = start;
      walk.stop = stop;
      walk.bias = stop == k ? last : 0;
      walk.b = bj;
      if (ASC_FEATURE_SIMD) {
        if (packed) {
          packPanel(stop - start, bj + start * bStep, bStep, bColumn, columns, PANEL);
          walk.b = PANEL - start * PANEL_ROW;
        }
      }
      walkRows(walk, m, a, c + (j << 2));
      start = stop;
    } while (start < k);
  }
}
