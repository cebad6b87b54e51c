import { Ptr } from "../base/ptr";
import { f32GemmEdge } from "./gemm-edge";
import { f32GemmWide } from "./gemm-wide";

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

/** Chooses the tiles; strides in bytes as in gemm-tiles.ts. */
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
  if (ASC_FEATURE_SIMD) {
    if (m >= 4 && n >= 8) {
      f32GemmWide(m, n, k, a, aRow, aStep, b, bStep, bColumn, bias, c, cRow);
      return;
    }
  }
  f32GemmEdge(m, n, k, a, aRow, aStep, b, bStep, bColumn, bias, c, cRow);
}
