import * as lanes from "../base/lanes";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { MapShape } from "./separable";

/**
 * Each output is the largest input of its window, whose rows and columns a table lists.
 *
 *   y[o,i,j,c] = max_a max_b x[o,indexH[a],indexW[b],c]
 *
 * over the entries a of i and b of j. x [rows,inHeight,inWidth,inner], y [rows,outHeight,outWidth,inner]; tables as
 * SEPARABLE's. NaN if one is, −∞ of nothing, 0 above −0.
 */
export function f32MaxPool(
  rows: u32,
  shape: MapShape,
  x: Ptr,
  tableH: Ptr,
  tableW: Ptr,
  y: Ptr,
): void {
  eachWindow(rows, shape, x, tableH, tableW, y, 0);
}

/**
 * dx[o,h,w,c] = Σ dy[o,i,j,c] over the windows, in ascending order of (i,j), whose largest element (h,w) is. Of equals
 * it is the first, and of a window with a NaN the first of all, which differs from PyTorch: there it is the last NaN.
 */
export function f32MaxPoolBackward(
  rows: u32,
  shape: MapShape,
  x: Ptr,
  tableH: Ptr,
  tableW: Ptr,
  dy: Ptr,
  dx: Ptr,
): void {
  memoryZero(dx, (rows * shape.inHeight * shape.inWidth * shape.inner) << 2);
  eachWindow(rows, shape, x, tableH, tableW, dy, dx);
}

/** Writes y; if there is a dx, y is dy and is given back. */
function eachWindow(
  rows: u32,
  shape: MapShape,
  x: Ptr,
  tableH: Ptr,
  tableW: Ptr,
  y: Ptr,
  dx: Ptr,
): void {
  const outHeight = shape.outHeight;
  const outWidth = shape.outWidth;
  const pixelBytes: u32 = shape.inner << 2;
  const rowBytes = shape.inWidth * pixelBytes;
  const imageBytes = shape.inHeight * rowBytes;
  const indexH = tableH + ((outHeight + 1) << 2);
  const indexW = tableW + ((outWidth + 1) << 2);
  // From an element of x to that of dx, or to nothing.
  const toGradient: usize = dx == 0 ? 0 : dx - x;
  for (; rows != 0; --rows, x += imageBytes) {
    for (let i: u32 = 0; i < outHeight; ++i) {
      const h = indexH + (load<u32>(tableH + (i << 2)) << 2);
      const endH = indexH + (load<u32>(tableH + (i << 2), 4) << 2);
      for (let j: u32 = 0; j < outWidth; ++j) {
        const w = indexW + (load<u32>(tableW + (j << 2)) << 2);
        const endW = indexW + (load<u32>(tableW + (j << 2), 4) << 2);
        let c: u32 = 0;
        if (ASC_FEATURE_SIMD) {
          for (; c + 16 <= pixelBytes; c += 16, y += 16) {
            window<v128, v128>(x + c, rowBytes, pixelBytes, h, endH, w, endW, y, toGradient);
          }
          // One number in four lanes: V8's f32.max guesses which is larger, f32x4.max does not.
          for (; c < pixelBytes; c += 4, y += 4) {
            window<f32, v128>(x + c, rowBytes, pixelBytes, h, endH, w, endW, y, toGradient);
          }
        } else {
          for (; c < pixelBytes; c += 4, y += 4) {
            window<f32, f32>(x + c, rowBytes, pixelBytes, h, endH, w, endW, y, toGradient);
          }
        }
      }
    }
  }
}

/** One output, or four neighbours: y or, if gradients lie somewhere, these. T lies in memory, L is computed with. */
function window<T, L>(
  x: Ptr,
  rowBytes: u32,
  pixelBytes: u32,
  h: Ptr,
  endH: Ptr,
  w: Ptr,
  endW: Ptr,
  y: Ptr,
  toGradient: usize,
): void {
  let largest = lanes.splat<L>(-Infinity);
  for (let a = h; a < endH; a += 4) {
    const row = x + load<u32>(a) * rowBytes;
    for (let b = w; b < endW; b += 4) {
      const pixel = row + load<u32>(b) * pixelBytes;
      if (isVector<L>() && !isVector<T>()) {
        largest = lanes.most<L>(largest, v128.load32_zero(pixel));
      } else {
        largest = lanes.most<L>(largest, load<L>(pixel));
      }
    }
  }
  if (isVector<T>()) {
    if (toGradient == 0) store<T>(y, largest);
    else giveBack4(x, rowBytes, pixelBytes, h, endH, w, endW, y, toGradient, largest);
  } else {
    const top: f32 = isVector<L>() ? f32x4.extract_lane(largest, 0) : largest;
    if (toGradient == 0) store<f32>(y, top);
    else giveBack1(x, rowBytes, pixelBytes, h, endH, w, endW, y, toGradient, top);
  }
}

/** dx += dy at the first element that is not below the largest. */
function giveBack1(
  x: Ptr,
  rowBytes: u32,
  pixelBytes: u32,
  h: Ptr,
  endH: Ptr,
  w: Ptr,
  endW: Ptr,
  dy: Ptr,
  toGradient: usize,
  largest: f32,
): void {
  for (let a = h; a < endH; a += 4) {
    const row = x + load<u32>(a) * rowBytes;
    for (let b = w; b < endW; b += 4) {
      const pixel = row + load<u32>(b) * pixelBytes;
      if (load<f32>(pixel) < largest) continue;
      const gradient = pixel + toGradient;
      store<f32>(gradient, load<f32>(gradient) + load<f32>(dy));
      return;
    }
  }
}

/** The same for four neighbours, each of which has its own: what a lane does not give is 0. */
function giveBack4(
  x: Ptr,
  rowBytes: u32,
  pixelBytes: u32,
  h: Ptr,
  endH: Ptr,
  w: Ptr,
  endW: Ptr,
  dy: Ptr,
  toGradient: usize,
  largest: v128,
): void {
  // What none has got so far: dy until the largest has been met, then nothing.
  let rest = v128.load(dy);
  for (let a = h; a < endH; a += 4) {
    const row = x + load<u32>(a) * rowBytes;
    for (let b = w; b < endW; b += 4) {
      const pixel = row + load<u32>(b) * pixelBytes;
      const gradient = pixel + toGradient;
      const below = f32x4.lt(v128.load(pixel), largest);
      v128.store(gradient, f32x4.add(v128.load(gradient), v128.andnot(rest, below)));
      rest = v128.and(rest, below);
    }
  }
}
