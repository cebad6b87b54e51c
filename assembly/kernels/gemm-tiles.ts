import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";

// One block of a tile: some rows and columns of c from at most K_BLOCK products each. An element of
// c is the same ascending chain in every tile: blocks summed from zero, added in order, the bias
// last. So tiles of any shape, overlapping ones too, write the same bits, and c needs no zeroing.
//
// Strides are in bytes: element (i, p) of a lies at a + i·aRow + p·aStep, element (p, j) of b at b
// + p·bStep + 4·j, in the scalar tiles at b + p·bStep + j·bColumn. `more`: c holds the blocks
// before. `bias` is that of the first column, or 0 in all blocks but the last and where there is
// none.

/** Products that a chain adds up before it starts anew. */
export const K_BLOCK: u32 = 256;

/** 4 rows, 4 columns. */
export function f32GemmBlock4x4(
  k: u32,
  a: Ptr,
  aRow: u32,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
  cRow: u32,
): void {
  let c0 = f32x4.splat(0),
    c1 = f32x4.splat(0),
    c2 = f32x4.splat(0),
    c3 = f32x4.splat(0);
  for (; k > 0; --k) {
    const bp = v128.load(b);
    c0 = fma4(v128.load32_splat(a), bp, c0);
    c1 = fma4(v128.load32_splat(a + aRow), bp, c1);
    c2 = fma4(v128.load32_splat(a + 2 * aRow), bp, c2);
    c3 = fma4(v128.load32_splat(a + 3 * aRow), bp, c3);
    a += aStep;
    b += bStep;
  }
  inline.always(f32GemmStore4(more, bias, c, c0));
  inline.always(f32GemmStore4(more, bias, c + cRow, c1));
  inline.always(f32GemmStore4(more, bias, c + 2 * cRow, c2));
  inline.always(f32GemmStore4(more, bias, c + 3 * cRow, c3));
}

/** 1 row, 8 columns. */
export function f32GemmBlock1x8(
  k: u32,
  a: Ptr,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
): void {
  let c0 = f32x4.splat(0),
    c1 = f32x4.splat(0);
  for (; k > 0; --k) {
    const ap = v128.load32_splat(a);
    c0 = fma4(ap, v128.load(b), c0);
    c1 = fma4(ap, v128.load(b, 16), c1);
    a += aStep;
    b += bStep;
  }
  inline.always(f32GemmStore8(more, bias, c, c0, c1));
}

/** 4 rows, 2 columns, without vectors: eight accumulators that share six loads. */
export function f32GemmBlock4x2(
  k: u32,
  a: Ptr,
  aRow: u32,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  bColumn: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
  cRow: u32,
): void {
  let c00: f32 = 0,
    c01: f32 = 0,
    c10: f32 = 0,
    c11: f32 = 0;
  let c20: f32 = 0,
    c21: f32 = 0,
    c30: f32 = 0,
    c31: f32 = 0;
  for (; k > 0; --k) {
    const b0 = load<f32>(b),
      b1 = load<f32>(b + bColumn);
    const a0 = load<f32>(a),
      a1 = load<f32>(a + aRow);
    const a2 = load<f32>(a + 2 * aRow),
      a3 = load<f32>(a + 3 * aRow);
    c00 += a0 * b0;
    c01 += a0 * b1;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c30 += a3 * b0;
    c31 += a3 * b1;
    a += aStep;
    b += bStep;
  }
  inline.always(f32GemmStore2(more, bias, c, c00, c01));
  inline.always(f32GemmStore2(more, bias, c + cRow, c10, c11));
  inline.always(f32GemmStore2(more, bias, c + 2 * cRow, c20, c21));
  inline.always(f32GemmStore2(more, bias, c + 3 * cRow, c30, c31));
}

/** 1 row, 4 columns, without vectors: four chains at a time. */
export function f32GemmBlock1x4(
  k: u32,
  a: Ptr,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  bColumn: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
): void {
  let c0: f32 = 0,
    c1: f32 = 0,
    c2: f32 = 0,
    c3: f32 = 0;
  for (; k > 0; --k) {
    const ap = load<f32>(a);
    c0 += ap * load<f32>(b);
    c1 += ap * load<f32>(b + bColumn);
    c2 += ap * load<f32>(b + 2 * bColumn);
    c3 += ap * load<f32>(b + 3 * bColumn);
    a += aStep;
    b += bStep;
  }
  inline.always(f32GemmStore2(more, bias, c, c0, c1));
  inline.always(f32GemmStore2(more, bias ? bias + 8 : 0, c + 8, c2, c3));
}

/** 1 row, 1 column. */
export function f32GemmBlock1x1(
  k: u32,
  a: Ptr,
  aStep: u32,
  b: Ptr,
  bStep: u32,
  more: bool,
  bias: Ptr,
  c: Ptr,
): void {
  let sum: f32 = 0;
  for (; k > 0; --k) {
    sum += load<f32>(a) * load<f32>(b);
    a += aStep;
    b += bStep;
  }
  inline.always(f32GemmStore1(more, bias, c, sum));
}

/** Adds one block's sums of eight columns to a row of c, the bias to the last block's. */
export function f32GemmStore8(more: bool, bias: Ptr, c: Ptr, s0: v128, s1: v128): void {
  if (more) {
    s0 = f32x4.add(v128.load(c), s0);
    s1 = f32x4.add(v128.load(c, 16), s1);
  }
  if (bias) {
    s0 = f32x4.add(s0, v128.load(bias));
    s1 = f32x4.add(s1, v128.load(bias, 16));
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

/** The same for four columns. */
export function f32GemmStore4(more: bool, bias: Ptr, c: Ptr, s: v128): void {
  if (more) s = f32x4.add(v128.load(c), s);
  if (bias) s = f32x4.add(s, v128.load(bias));
  v128.store(c, s);
}

/** The same for two. */
function f32GemmStore2(more: bool, bias: Ptr, c: Ptr, s0: f32, s1: f32): void {
  inline.always(f32GemmStore1(more, bias, c, s0));
  inline.always(f32GemmStore1(more, bias ? bias + 4 : 0, c + 4, s1));
}

/** The same for one. */
export function f32GemmStore1(more: bool, bias: Ptr, c: Ptr, s: f32): void {
  if (more) s = load<f32>(c) + s;
  if (bias) s += load<f32>(bias);
  store<f32>(c, s);
}
