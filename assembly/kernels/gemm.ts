import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { f32GemmEdge } from "./gemm-edge";
import { f32GemmStore4, f32GemmStore8, K_BLOCK } from "./gemm-tiles";

// The three products of a dense layer, row-major. m: rows of c, n: columns of c, k: the axis summed
// over. A leading dimension is the distance of two rows in elements. All overwrite c, which lies on
// none of the others; k = 0 gives the bias, or 0. bias[n] is 0 for none.
//
// A 4×8 tile has eight accumulators, the most that V8 keeps in 16 registers; its loop over k stays
// rolled, because V8 hoists every load of the body. The function that holds the loop has no outer loop
// and is called from one place, or V8 spills the counter.

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
  const aRow: Ptr = lda << 2, bStep: Ptr = ldb << 2, cRow: Ptr = ldc << 2;
  if (ASC_FEATURE_SIMD) {
    if (m >= 4 && n >= 8) {
      for (let j: u32 = 0; j < n; j += 8) {
        j = min<u32>(j, n - 8);
        const bj = b + (j << 2), biasj: Ptr = bias ? bias + (j << 2) : 0;
        for (let i: u32 = 0; i < m; i += 4) {
          i = min<u32>(i, m - 4);
          const ai = a + i * aRow, cij = c + i * cRow + (j << 2);
          let p: u32 = 0;
          do {
            const end = min<u32>(k, p + K_BLOCK);
            const ap = ai + (p << 2), last: Ptr = end == k ? biasj : 0;
            blockNN(ap, ai + (end << 2), aRow, bj + p * bStep, bStep, p > 0, last, cij, cRow);
            p = end;
          } while (p < k);
        }
      }
      return;
    }
  }
  f32GemmEdge(m, n, k, a, aRow, 4, b, bStep, 4, bias, c, cRow);
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
  const aStep: Ptr = lda << 2, bStep: Ptr = ldb << 2, cRow: Ptr = ldc << 2;
  if (ASC_FEATURE_SIMD) {
    if (m >= 4 && n >= 8) {
      for (let j: u32 = 0; j < n; j += 8) {
        j = min<u32>(j, n - 8);
        for (let i: u32 = 0; i < m; i += 4) {
          i = min<u32>(i, m - 4);
          const cij = c + i * cRow + (j << 2);
          let ap = a + (i << 2), bp = b + (j << 2), p: u32 = 0;
          do {
            const depth = min<u32>(k - p, K_BLOCK);
            blockTN(depth, ap, aStep, bp, bStep, p > 0, cij, cRow);
            ap += depth * aStep;
            bp += depth * bStep;
            p += depth;
          } while (p < k);
        }
      }
      return;
    }
  }
  f32GemmEdge(m, n, k, a, 4, aStep, b, bStep, 4, 0, c, cRow);
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
  const aRow: Ptr = lda << 2, bRow: Ptr = ldb << 2, cRow: Ptr = ldc << 2;
  if (ASC_FEATURE_SIMD) {
    if (m >= 4 && n >= 4) {
      for (let j: u32 = 0; j < n; j += 4) {
        j = min<u32>(j, n - 4);
        const bj = b + j * bRow, biasj: Ptr = bias ? bias + (j << 2) : 0;
        for (let i: u32 = 0; i < m; i += 4) {
          i = min<u32>(i, m - 4);
          const ai = a + i * aRow, cij = c + i * cRow + (j << 2);
          let p: u32 = 0;
          do {
            const depth = min<u32>(k - p, K_BLOCK);
            const last: Ptr = p + depth == k ? biasj : 0;
            blockNT(depth, ai + (p << 2), aRow, bj + (p << 2), bRow, p > 0, last, cij, cRow);
            p += depth;
          } while (p < k);
        }
      }
      return;
    }
  }
  f32GemmEdge(m, n, k, a, aRow, 4, b, 4, bRow, bias, c, cRow);
}

/** 4 rows, 8 columns of c from a[4,k]·b[k,8], a up to aEnd. */
function blockNN(
  a: Ptr,
  aEnd: Ptr,
  aRow: Ptr,
  b: Ptr,
  bStep: Ptr,
  more: bool,
  bias: Ptr,
  c: Ptr,
  cRow: Ptr,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  while (a < aEnd) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a), s1 = v128.load32_splat(a1);
    const s2 = v128.load32_splat(a2), s3 = v128.load32_splat(a3);
    c00 = fma4(s0, b0, c00);
    c01 = fma4(s0, b1, c01);
    c10 = fma4(s1, b0, c10);
    c11 = fma4(s1, b1, c11);
    c20 = fma4(s2, b0, c20);
    c21 = fma4(s2, b1, c21);
    c30 = fma4(s3, b0, c30);
    c31 = fma4(s3, b1, c31);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += bStep;
  }
  f32GemmStore8(more, bias, c, c00, c01);
  f32GemmStore8(more, bias, c + cRow, c10, c11);
  f32GemmStore8(more, bias, c + 2 * cRow, c20, c21);
  f32GemmStore8(more, bias, c + 3 * cRow, c30, c31);
}

/** 4 rows, 8 columns of c from a[k,4]ᵀ·b[k,8]. */
function blockTN(
  k: u32,
  a: Ptr,
  aStep: Ptr,
  b: Ptr,
  bStep: Ptr,
  more: bool,
  c: Ptr,
  cRow: Ptr,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  for (; k > 0; --k) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a), s1 = v128.load32_splat(a, 4);
    const s2 = v128.load32_splat(a, 8), s3 = v128.load32_splat(a, 12);
    c00 = fma4(s0, b0, c00);
    c01 = fma4(s0, b1, c01);
    c10 = fma4(s1, b0, c10);
    c11 = fma4(s1, b1, c11);
    c20 = fma4(s2, b0, c20);
    c21 = fma4(s2, b1, c21);
    c30 = fma4(s3, b0, c30);
    c31 = fma4(s3, b1, c31);
    a += aStep;
    b += bStep;
  }
  f32GemmStore8(more, 0, c, c00, c01);
  f32GemmStore8(more, 0, c + cRow, c10, c11);
  f32GemmStore8(more, 0, c + 2 * cRow, c20, c21);
  f32GemmStore8(more, 0, c + 3 * cRow, c30, c31);
}

/** 4 rows, 4 columns of c from a[4,k]·b[4,k]ᵀ: b is transposed in registers, four columns of it at a time. */
function blockNT(
  k: u32,
  a: Ptr,
  aRow: Ptr,
  b: Ptr,
  bRow: Ptr,
  more: bool,
  bias: Ptr,
  c: Ptr,
  cRow: Ptr,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let p: u32 = 0;
  for (; p + 4 <= k; p += 4) {
    const r0 = v128.load(b), r1 = v128.load(b + bRow);
    const r2 = v128.load(b + 2 * bRow), r3 = v128.load(b + 3 * bRow);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    const b0 = v128.shuffle<i64>(low01, low23, 0, 2), b1 = v128.shuffle<i64>(low01, low23, 1, 3);
    const b2 = v128.shuffle<i64>(high01, high23, 0, 2), b3 = v128.shuffle<i64>(high01, high23, 1, 3);
    const a1 = a + aRow, a2 = a + 2 * aRow, a3 = a + 3 * aRow;
    c0 = chain4(a, b0, b1, b2, b3, c0);
    c1 = chain4(a1, b0, b1, b2, b3, c1);
    c2 = chain4(a2, b0, b1, b2, b3, c2);
    c3 = chain4(a3, b0, b1, b2, b3, c3);
    a += 16;
    b += 16;
  }
  for (; p < k; ++p) {
    let bp = v128.load32_splat(b);
    bp = v128.load_lane<f32>(b + bRow, bp, 1);
    bp = v128.load_lane<f32>(b + 2 * bRow, bp, 2);
    bp = v128.load_lane<f32>(b + 3 * bRow, bp, 3);
    c0 = fma4(v128.load32_splat(a), bp, c0);
    c1 = fma4(v128.load32_splat(a + aRow), bp, c1);
    c2 = fma4(v128.load32_splat(a + 2 * aRow), bp, c2);
    c3 = fma4(v128.load32_splat(a + 3 * aRow), bp, c3);
    a += 4;
    b += 4;
  }
  f32GemmStore4(more, bias, c, c0);
  f32GemmStore4(more, bias, c + cRow, c1);
  f32GemmStore4(more, bias, c + 2 * cRow, c2);
  f32GemmStore4(more, bias, c + 3 * cRow, c3);
}

/** Four links of a row's chain: the row's elements at a, times four rows of bᵀ. */
function chain4(a: Ptr, b0: v128, b1: v128, b2: v128, b3: v128, sums: v128): v128 {
  const row = v128.load(a);
  sums = fma4(v128.shuffle<f32>(row, row, 0, 0, 0, 0), b0, sums);
  sums = fma4(v128.shuffle<f32>(row, row, 1, 1, 1, 1), b1, sums);
  sums = fma4(v128.shuffle<f32>(row, row, 2, 2, 2, 2), b2, sums);
  return fma4(v128.shuffle<f32>(row, row, 3, 3, 3, 3), b3, sums);
}
