import { add, mul, splat } from "../base/lanes";
import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { Walk } from "./conv2d-walk";
import { f32GemmStore1, f32GemmStore8 } from "./gemm-tiles";

// T is v128 or f32; a tile is two T wide. Its sums are those of gemm-tiles.ts, so that tiles of any
// shape write the same bits.

/** Room for a row of a tile that is narrower than its vectors. */
const ROW: Ptr = ASC_FEATURE_SIMD ? memory.data(32, 16) : 0;

/** Up to 4 rows, of which each takes one element of x a term. */
export function conv2dTile<T>(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const rowX = walk.rowX;
  const x1: u32 = rows > 1 ? rowX : 0,
    x2: u32 = rows > 2 ? x1 + rowX : x1,
    x3: u32 = rows > 3 ? x2 + rowX : x2;
  const start = walk.start,
    stop = walk.stop,
    run = walk.run,
    termX = walk.termX,
    termB = walk.termB,
    columnB = walk.columnB;
  let c00 = splat<T>(0),
    c01 = splat<T>(0),
    c10 = splat<T>(0),
    c11 = splat<T>(0);
  let c20 = splat<T>(0),
    c21 = splat<T>(0),
    c30 = splat<T>(0),
    c31 = splat<T>(0);
  let lineX = x,
    lineB = walk.b,
    line = walk.place;
  for (let lines = walk.lines; lines > 0; --lines) {
    let tapX = lineX,
      tapB = lineB,
      place = line;
    for (let taps = walk.taps; taps > 0; --taps) {
      const from = max<u32>(place, start),
        to = min<u32>(place + run, stop);
      if (from < to) {
        let a = tapX + (from - place) * termX,
          b = tapB + (from - place) * termB;
        let a1 = a + x1,
          a2 = a + x2,
          a3 = a + x3;
        const bEnd = b + (to - from) * termB;
        while (b < bEnd) {
          const b0 = load<T>(b),
            b1 = inline.always(second<T>(b, columnB));
          const s0 = inline.always(loadSplat<T>(a)),
            s1 = inline.always(loadSplat<T>(a1));
          const s2 = inline.always(loadSplat<T>(a2)),
            s3 = inline.always(loadSplat<T>(a3));
          c00 = inline.always(fma<T>(s0, b0, c00));
          c01 = inline.always(fma<T>(s0, b1, c01));
          c10 = inline.always(fma<T>(s1, b0, c10));
          c11 = inline.always(fma<T>(s1, b1, c11));
          c20 = inline.always(fma<T>(s2, b0, c20));
          c21 = inline.always(fma<T>(s2, b1, c21));
          c30 = inline.always(fma<T>(s3, b0, c30));
          c31 = inline.always(fma<T>(s3, b1, c31));
          a += termX;
          a1 += termX;
          a2 += termX;
          a3 += termX;
          b += termB;
        }
      }
      tapX += walk.tapX;
      tapB += walk.tapB;
      place += walk.tapPlaces;
    }
    lineX += walk.lineX;
    lineB += walk.lineB;
    line += walk.linePlaces;
  }
  inline.always(storeRows<T>(walk, rows, y, c00, c01, c10, c11, c20, c21, c30, c31));
}

/** Rows of which each takes as many neighbours in x as there are columns; a run is one term, and there is one block. */
export function conv2dLanes<T>(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const rowX = walk.rowX,
    tapX = walk.tapX,
    tapB = walk.tapB;
  for (let row: u32 = 0; row < rows; row += 4) {
    const left = rows - row;
    const x1: u32 = left > 1 ? rowX : 0,
      x2: u32 = left > 2 ? x1 + rowX : x1,
      x3: u32 = left > 3 ? x2 + rowX : x2;
    let c00 = splat<T>(0),
      c01 = splat<T>(0),
      c10 = splat<T>(0),
      c11 = splat<T>(0);
    let c20 = splat<T>(0),
      c21 = splat<T>(0),
      c30 = splat<T>(0),
      c31 = splat<T>(0);
    let lineX = x,
      lineB = walk.b;
    for (let lines = walk.lines; lines > 0; --lines) {
      let a = lineX,
        b = lineB;
      for (let taps = walk.taps; taps > 0; --taps) {
        const b0 = load<T>(b),
          b1 = load<T>(b, sizeof<T>());
        c00 = inline.always(fma<T>(load<T>(a), b0, c00));
        c01 = inline.always(fma<T>(load<T>(a, sizeof<T>()), b1, c01));
        const a1 = a + x1,
          a2 = a + x2,
          a3 = a + x3;
        c10 = inline.always(fma<T>(load<T>(a1), b0, c10));
        c11 = inline.always(fma<T>(load<T>(a1, sizeof<T>()), b1, c11));
        c20 = inline.always(fma<T>(load<T>(a2), b0, c20));
        c21 = inline.always(fma<T>(load<T>(a2, sizeof<T>()), b1, c21));
        c30 = inline.always(fma<T>(load<T>(a3), b0, c30));
        c31 = inline.always(fma<T>(load<T>(a3, sizeof<T>()), b1, c31));
        a += tapX;
        b += tapB;
      }
      lineX += walk.lineX;
      lineB += walk.lineB;
    }
    inline.always(storeRows<T>(walk, left, y, c00, c01, c10, c11, c20, c21, c30, c31));
    x += rowX << 2;
    y += walk.rowY << 2;
  }
}

/** One row: it takes as many neighbours in x as there are columns (`lanes`), or one element for all. */
export function conv2dTileRow<T>(walk: Walk, lanes: bool, x: Ptr, y: Ptr): void {
  const start = walk.start,
    stop = walk.stop,
    run = walk.run,
    termX = walk.termX,
    termB = walk.termB,
    columnB = walk.columnB;
  let c0 = splat<T>(0),
    c1 = splat<T>(0);
  let lineX = x,
    lineB = walk.b,
    line = walk.place;
  for (let lines = walk.lines; lines > 0; --lines) {
    let tapX = lineX,
      tapB = lineB,
      place = line;
    for (let taps = walk.taps; taps > 0; --taps) {
      const from = max<u32>(place, start),
        to = min<u32>(place + run, stop);
      if (from < to) {
        let a = tapX + (from - place) * termX,
          b = tapB + (from - place) * termB;
        const bEnd = b + (to - from) * termB;
        if (lanes) {
          for (; b < bEnd; a += termX, b += termB) {
            const b1 = inline.always(second<T>(b, columnB));
            c0 = inline.always(fma<T>(load<T>(a), load<T>(b), c0));
            c1 = inline.always(fma<T>(load<T>(a, sizeof<T>()), b1, c1));
          }
        } else {
          for (; b < bEnd; a += termX, b += termB) {
            const s = inline.always(loadSplat<T>(a)),
              b1 = inline.always(second<T>(b, columnB));
            c0 = inline.always(fma<T>(s, load<T>(b), c0));
            c1 = inline.always(fma<T>(s, b1, c1));
          }
        }
      }
      tapX += walk.tapX;
      tapB += walk.tapB;
      place += walk.tapPlaces;
    }
    lineX += walk.lineX;
    lineB += walk.lineB;
    line += walk.linePlaces;
  }
  const more = start > 0,
    bias = walk.bias,
    columns = walk.columns;
  inline.always(storeRow<T>(columns, more, bias, y, c0, c1));
}

function storeRows<T>(
  walk: Walk,
  rows: u32,
  y: Ptr,
  c00: T,
  c01: T,
  c10: T,
  c11: T,
  c20: T,
  c21: T,
  c30: T,
  c31: T,
): void {
  const rowY = walk.rowY,
    more = walk.start > 0,
    bias = walk.bias,
    columns = walk.columns;
  const y1 = y + rowY,
    y2 = y1 + rowY,
    y3 = y2 + rowY;
  inline.always(storeRow<T>(columns, more, bias, y, c00, c01));
  if (rows > 1) inline.always(storeRow<T>(columns, more, bias, y1, c10, c11));
  if (rows > 2) inline.always(storeRow<T>(columns, more, bias, y2, c20, c21));
  if (rows > 3) inline.always(storeRow<T>(columns, more, bias, y3, c30, c31));
}

function storeRow<T>(columns: u32, more: bool, bias: Ptr, y: Ptr, s0: T, s1: T): void {
  if (isVector<T>()) {
    if (columns == 8) inline.always(f32GemmStore8(more, bias, y, s0, s1));
    else storePart(columns, more, bias, y, s0, s1);
  } else {
    inline.always(f32GemmStore1(more, bias, y, s0));
    if (columns > 1) {
      const biasAt: Ptr = bias ? bias + 4 : 0;
      inline.always(f32GemmStore1(more, biasAt, y + 4, s1));
    }
  }
}

function storePart(columns: u32, more: bool, bias: Ptr, y: Ptr, s0: v128, s1: v128): void {
  v128.store(ROW, s0);
  v128.store(ROW, s1, 16);
  for (let i: u32 = 0; i < columns << 2; i += 4) {
    const sum = load<f32>(ROW + i),
      biasAt: Ptr = bias ? bias + i : 0;
    inline.always(f32GemmStore1(more, biasAt, y + i, sum));
  }
}

function second<T>(b: Ptr, column: u32): T {
  if (isVector<T>()) return load<T>(b, 16);
  else return load<T>(b + column);
}

function loadSplat<T>(a: Ptr): T {
  if (isVector<T>()) return v128.load32_splat(a);
  else return load<f32>(a);
}

/** a·b + c. */
function fma<T>(a: T, b: T, c: T): T {
  if (isVector<T>()) return fma4(a, b, c);
  else return add<T>(mul<T>(a, b), c);
}
