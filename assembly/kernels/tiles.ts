import { add, mul, splat } from "../base/lanes";
import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { ROW } from "./scratch";
import { Walk } from "./walk";

// T is v128 or f32; a tile is two T wide. The one of four rows has eight accumulators, with vectors
// the most that V8 keeps in 16 registers; its loop over a run stays rolled, because V8 hoists every
// load of the body. Rows that a tile has too many compute the first ones again and are not stored.

/** Sums up so many rows, but for a last one alone four at a time. */
export function walkRows(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const alone: u32 = rows % 4 == 1 ? 1 : 0;
  const most = rows - alone;
  if (ASC_FEATURE_SIMD) tile4<v128>(walk, most, x, y);
  else tile4<f32>(walk, most, x, y);
  if (alone) walkRow(walk, false, x + most * walk.rowX, y + most * walk.rowY);
}

/** Sums up one row; with `lanes` each column takes an element of x of its own, a neighbour. */
export function walkRow(walk: Walk, lanes: bool, x: Ptr, y: Ptr): void {
  if (ASC_FEATURE_SIMD) tile1<v128>(walk, lanes, x, y);
  else tile1<f32>(walk, lanes, x, y);
}

/** Four rows at a time, each an element of x a term. */
function tile4<T>(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const start = walk.start,
    stop = walk.stop,
    run = walk.run,
    termX = walk.termX,
    termB = walk.termB,
    columnB = walk.columnB;
  for (let row: u32 = 0; row < rows; row += 4) {
    const left = rows - row,
      rowX = walk.rowX;
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
      lineB = walk.b,
      linePlace = walk.place;
    for (let lines = walk.lines; lines > 0; --lines) {
      let tapX = lineX,
        tapB = lineB,
        place = linePlace;
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
      linePlace += walk.linePlaces;
    }
    inline.always(storeRows<T>(walk, left, y, c00, c01, c10, c11, c20, c21, c30, c31));
    x += rowX << 2;
    y += walk.rowY << 2;
  }
}

/** One row. */
function tile1<T>(walk: Walk, lanes: bool, x: Ptr, y: Ptr): void {
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
    linePlace = walk.place;
  for (let lines = walk.lines; lines > 0; --lines) {
    let tapX = lineX,
      tapB = lineB,
      place = linePlace;
    for (let taps = walk.taps; taps > 0; --taps) {
      const from = max<u32>(place, start),
        to = min<u32>(place + run, stop);
      if (from < to) {
        let a = tapX + (from - place) * termX,
          b = tapB + (from - place) * termB;
        const bEnd = b + (to - from) * termB;
        if (lanes) {
          for (; b < bEnd; a += termX, b += termB) {
            c0 = inline.always(fma<T>(load<T>(a), load<T>(b), c0));
            c1 = inline.always(fma<T>(load<T>(a, sizeof<T>()), load<T>(b, sizeof<T>()), c1));
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
    linePlace += walk.linePlaces;
  }
  inline.always(storeRows<T>(walk, 1, y, c0, c1, c0, c1, c0, c1, c0, c1));
}

/**
 * Sums up so many rows, where each column takes an element of x of its own, as depthwise convolutions
 * do. All terms must be in one block, and each a tap.
 */
export function walkLanes(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  if (ASC_FEATURE_SIMD) lanes4<v128>(walk, rows, x, y);
  else lanes4<f32>(walk, rows, x, y);
}

function lanes4<T>(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const tapX = walk.tapX,
    tapB = walk.tapB;
  for (let row: u32 = 0; row < rows; row += 4) {
    const left = rows - row,
      rowX = walk.rowX;
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
        const a1 = a + x1,
          a2 = a + x2,
          a3 = a + x3;
        c00 = inline.always(fma<T>(load<T>(a), b0, c00));
        c01 = inline.always(fma<T>(load<T>(a, sizeof<T>()), b1, c01));
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

/** Up to four rows of sums. */
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
  const rowY = walk.rowY;
  const y1 = y + rowY,
    y2 = y1 + rowY,
    y3 = y2 + rowY;
  if (isVector<T>()) {
    if (walk.columns == 8) {
      const more = walk.start > 0,
        bias = walk.bias;
      inline.always(storeWhole(more, bias, y, c00, c01));
      if (rows > 1) inline.always(storeWhole(more, bias, y1, c10, c11));
      if (rows > 2) inline.always(storeWhole(more, bias, y2, c20, c21));
      if (rows > 3) inline.always(storeWhole(more, bias, y3, c30, c31));
      return;
    }
  }
  storePart<T>(walk, y, c00, c01);
  if (rows > 1) storePart<T>(walk, y1, c10, c11);
  if (rows > 2) storePart<T>(walk, y2, c20, c21);
  if (rows > 3) storePart<T>(walk, y3, c30, c31);
}

/** Adds a block's sums to a row of y, the bias to the last block's. */
function storeWhole(more: bool, bias: Ptr, y: Ptr, s0: v128, s1: v128): void {
  if (more) {
    s0 = f32x4.add(v128.load(y), s0);
    s1 = f32x4.add(v128.load(y, 16), s1);
  }
  if (bias) {
    s0 = f32x4.add(s0, v128.load(bias));
    s1 = f32x4.add(s1, v128.load(bias, 16));
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
}

/** The same for the columns that there are. */
function storePart<T>(walk: Walk, y: Ptr, s0: T, s1: T): void {
  store<T>(ROW, s0);
  store<T>(ROW, s1, sizeof<T>());
  const bias = walk.bias;
  for (let at: u32 = 0; at < walk.columns << 2; at += 4) {
    let sum = load<f32>(ROW + at);
    if (walk.start > 0) sum = load<f32>(y + at) + sum;
    if (bias) sum += load<f32>(bias + at);
    store<f32>(y + at, sum);
  }
}

function second<T>(b: Ptr, columnB: u32): T {
  if (isVector<T>()) return load<T>(b, 16);
  else return load<T>(b + columnB);
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
