import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { f32GemmBlock1x8, f32GemmStore8, K_BLOCK } from "./gemm-tiles";

// A 4×8 tile has eight accumulators, the most that V8 keeps in 16 registers; its loop over k stays
// rolled, because V8 hoists every load of the body. The function that holds the loop has no outer
// loop and is called from one place, or V8 spills the counter.

const TILE_BYTES: u32 = 32;

/**
 * Room for eight columns of b over one block of k, 8 KB that hold nothing between two calls. Rows
 * of b far apart miss the first cache and the TLB (512³: 31 → 40 GFLOP/s); rows of bᵀ must be
 * transposed.
 */
const PANEL: Ptr = ASC_FEATURE_SIMD ? memory.data(K_BLOCK * TILE_BYTES, 16) : 0;
/** Copying b into the panel pays from so many rows of c, */
const PANEL_ROWS_MIN: u32 = 16;
/** and only if two rows of b are at least so far apart. */
const PANEL_STEP_MIN: u32 = 512;

/**
 * A product whose c has at least 4 rows and 8 columns, with vectors. Strides as in gemm-tiles.ts; a
 * is contiguous along k (aStep 4) or along the rows of c (aRow 4), b along k (bStep 4) or along the
 * columns of c (bColumn 4). The last tile of columns overlaps the one before.
 */
export function f32GemmWide(
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
  const transposed = bColumn != 4;
  const packed = transposed || (m >= PANEL_ROWS_MIN && bStep >= PANEL_STEP_MIN);
  const step = packed ? TILE_BYTES : bStep;
  for (let j: u32 = 0; j < n; j += 8) {
    j = min<u32>(j, n - 8);
    let ap = a,
      bp = b + j * bColumn,
      p: u32 = 0;
    do {
      const depth = min<u32>(k - p, K_BLOCK);
      const biasj: Ptr = bias && p + depth == k ? bias + (j << 2) : 0;
      if (transposed) packTransposed(depth, bp, bColumn);
      else if (packed) packRows(depth, bp, bStep);
      const panel = packed ? PANEL : bp;
      let ai = ap,
        ci = c + (j << 2),
        i: u32 = 0;
      for (; i + 4 <= m; i += 4) {
        if (aStep == 4) blockN(ai, ai + (depth << 2), aRow, panel, step, p > 0, biasj, ci, cRow);
        else blockT(depth, ai, aStep, panel, step, p > 0, biasj, ci, cRow);
        ai += aRow << 2;
        ci += cRow << 2;
      }
      for (; i < m; ++i) {
        f32GemmBlock1x8(depth, ai, aStep, panel, step, p > 0, biasj, ci);
        ai += aRow;
        ci += cRow;
      }
      ap += depth * aStep;
      bp += depth * bStep;
      p += depth;
    } while (p < k);
  }
}

/** Copies eight columns of k rows of b into the panel. */
function packRows(k: u32, b: Ptr, bStep: u32): void {
  for (let p = PANEL; k > 0; --k, p += TILE_BYTES, b += bStep) {
    v128.store(p, v128.load(b));
    v128.store(p, v128.load(b, 16), 16);
  }
}

/** Copies eight rows of bᵀ, k long, into the panel as columns. */
function packTransposed(k: u32, b: Ptr, bRow: u32): void {
  packFour(k, b, bRow, PANEL);
  packFour(k, b + 4 * bRow, bRow, PANEL + 16);
}

function packFour(k: u32, b: Ptr, bRow: u32, target: Ptr): void {
  let p: u32 = 0;
  for (; p + 4 <= k; p += 4, b += 16, target += 4 * TILE_BYTES) {
    const r0 = v128.load(b),
      r1 = v128.load(b + bRow);
    const r2 = v128.load(b + 2 * bRow),
      r3 = v128.load(b + 3 * bRow);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3), TILE_BYTES);
    v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2), 2 * TILE_BYTES);
    v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3), 3 * TILE_BYTES);
  }
  for (; p < k; ++p, b += 4, target += TILE_BYTES) {
    store<f32>(target, load<f32>(b));
    store<f32>(target, load<f32>(b + bRow), 4);
    store<f32>(target, load<f32>(b + 2 * bRow), 8);
    store<f32>(target, load<f32>(b + 3 * bRow), 12);
  }
}

/** 4 rows, 8 columns of c; a is contiguous along k and goes up to aEnd. */
function blockN(
  a: Ptr,
  aEnd: Ptr,
  aRow: u32,
  b: Ptr,
  bStep: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
  cRow: u32,
): void {
  let c00 = f32x4.splat(0),
    c01 = f32x4.splat(0),
    c10 = f32x4.splat(0),
    c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0),
    c21 = f32x4.splat(0),
    c30 = f32x4.splat(0),
    c31 = f32x4.splat(0);
  let a1 = a + aRow,
    a2 = a1 + aRow,
    a3 = a2 + aRow;
  while (a < aEnd) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a),
      s1 = v128.load32_splat(a1);
    const s2 = v128.load32_splat(a2),
      s3 = v128.load32_splat(a3);
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
  inline.always(f32GemmStore8(more, bias, c, c00, c01));
  inline.always(f32GemmStore8(more, bias, c + cRow, c10, c11));
  inline.always(f32GemmStore8(more, bias, c + 2 * cRow, c20, c21));
  inline.always(f32GemmStore8(more, bias, c + 3 * cRow, c30, c31));
}

/** 4 rows, 8 columns of c; a is contiguous along the rows of c. */
function blockT(
  k: u32,
  a: Ptr,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
  cRow: u32,
): void {
  let c00 = f32x4.splat(0),
    c01 = f32x4.splat(0),
    c10 = f32x4.splat(0),
    c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0),
    c21 = f32x4.splat(0),
    c30 = f32x4.splat(0),
    c31 = f32x4.splat(0);
  for (; k > 0; --k) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a),
      s1 = v128.load32_splat(a, 4);
    const s2 = v128.load32_splat(a, 8),
      s3 = v128.load32_splat(a, 12);
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
  inline.always(f32GemmStore8(more, bias, c, c00, c01));
  inline.always(f32GemmStore8(more, bias, c + cRow, c10, c11));
  inline.always(f32GemmStore8(more, bias, c + 2 * cRow, c20, c21));
  inline.always(f32GemmStore8(more, bias, c + 3 * cRow, c30, c31));
}
