import { add, mul, splat } from "../base/lanes";
import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { Walk } from "./walk";

// T is v128 or f32; a tile is two T wide. The one of four rows has eight accumulators, with vectors
// the most that V8 keeps in 16 registers; its loop over a run stays rolled, because V8 hoists every
// load of the body.

/** Room for a row of a tile that is not written whole. */
const ROW: Ptr = memory.data(32, 16);

/** Sums up all rows, but for a last one alone four at a time. */
export function walkRows(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const alone: u32 = rows % 4 == 1 ? 1 : 0;
  const most = rows - alone;
  if (ASC_FEATURE_SIMD) tile4<v128>(walk, most, x, y);
  else tile4<f32>(walk, most, x, y);
  if (alone) walkRow(walk, false, x + most * walk.rowX, y + most * walk.rowY);
}

/** Sums up one row; with `lanes` it takes of x as many neighbours as there are columns. */
export function walkRow(walk: Walk, lanes: bool, x: Ptr, y: Ptr): void {
  if (ASC_FEATURE_SIMD) tile1<v128>(walk, lanes, x, y);
  else tile1<f32>(walk, lanes, x, y);
}

/** Four rows at a time, of which each takes one element of x a term. */
function tile4<T>(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
  const start = walk.start,
    stop = walk.stop,
    run = walk.run,
    termX = walk.termX,
    termB = walk.termB,
    columnB = walk.columnB;
  for (let row: u32 = 0; row < rows; row += 4) {
    const rowX = walk.rowX,
      left = rows - row;
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
    inline.always(storeRows<T>(walk, left, y, c00, c01, c10, c11, c20, c21, c30, c31));
    x += rowX << 2;
    y += walk.rowY << 2;
  }
}

/** Rows of which each takes as many neighbours in x as there are columns; a run is one term, and there is one block. */
export function tileLanes<T>(walk: Walk, rows: u32, x: Ptr, y: Ptr): void {
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
  inline.always(storeRow<T>(walk, y, c0, c1));
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

function storeRow<T>(walk: Walk, y: Ptr, s0: T, s1: T): void {
  if (isVector<T>()) {
    if (walk.columns == 8) {
      const more = walk.start > 0,
        bias = walk.bias;
      inline.always(storeWhole(more, bias, y, s0, s1));
      return;
    }
  }
  storePart<T>(walk, y, s0, s1);
}

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

function storePart<T>(walk: Walk, y: Ptr, s0: T, s1: T): void {
  store<T>(ROW, s0);
  store<T>(ROW, s1, sizeof<T>());
  const bias = walk.bias;
  for (let i: u32 = 0; i < walk.columns << 2; i += 4) {
    let sum = load<f32>(ROW + i);
    if (walk.start > 0) sum = load<f32>(y + i) + sum;
    if (bias) sum += load<f32>(bias + i);
    store<f32>(y + i, sum);
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
