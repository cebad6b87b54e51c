import * as lanes from "../base/lanes";
import { Ptr } from "../base/ptr";

/** What maps of images know of them but for their number: the attribute words of SEPARABLE, in their order. */
@unmanaged
export class MapShape {
  inHeight: u32;
  inWidth: u32;
  outHeight: u32;
  outWidth: u32;
  inner: u32;
}

/** Whether the starts of a table of so many words ascend within it, and all its indices lie below inSize. */
export function tableFits(words: u32, outSize: u32, inSize: u32, table: Ptr): bool {
  const entries = words - outSize - 1;
  let before: u32 = 0;
  for (let i: u32 = 0; i <= outSize; ++i) {
    const start = load<u32>(table + (i << 2));
    if (start < before || start > entries) return false;
    before = start;
  }
  for (let k = outSize + 1; k < words; ++k) {
    if (load<u32>(table + (k << 2)) >= inSize) return false;
  }
  return true;
}

/**
 * Along the height and the width of images, each output is a weighted sum of the inputs that a table lists.
 *
 *   y[o,i,j,c] = Σ_a Σ_b weightsH[a]·weightsW[b]·x[o,indexH[a],indexW[b],c]
 *
 * over the entries a of i and b of j. x [rows,inHeight,inWidth,inner], y [rows,outHeight,outWidth,inner]; a table
 * has outSize + 1 starts, then an index for each entry. One entry of weight 1 moves any number as it is.
 */
export function f32Separable(
  rows: u32,
  shape: MapShape,
  x: Ptr,
  tableH: Ptr,
  tableW: Ptr,
  weightsH: Ptr,
  weightsW: Ptr,
  y: Ptr,
): void {
  const outHeight = shape.outHeight;
  const outWidth = shape.outWidth;
  const pixelBytes: u32 = shape.inner << 2;
  const rowBytes = shape.inWidth * pixelBytes;
  const imageBytes = shape.inHeight * rowBytes;
  const indexH = tableH + ((outHeight + 1) << 2);
  const indexW = tableW + ((outWidth + 1) << 2);
  // From an index to its weight.
  const toH = weightsH - indexH;
  const toW = weightsW - indexW;
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
            v128.store(y, chain<v128>(x + c, rowBytes, pixelBytes, h, endH, w, endW, toH, toW));
          }
        }
        for (; c < pixelBytes; c += 4, y += 4) {
          store<f32>(y, chain<f32>(x + c, rowBytes, pixelBytes, h, endH, w, endW, toH, toW));
        }
      }
    }
  }
}

/** The sum of one output, or of four neighbours. It begins with −0, which alone leaves a lone −0 its sign. */
function chain<T>(
  x: Ptr,
  rowBytes: u32,
  pixelBytes: u32,
  h: Ptr,
  endH: Ptr,
  w: Ptr,
  endW: Ptr,
  toH: usize,
  toW: usize,
): T {
  let sum = lanes.splat<T>(h < endH && w < endW ? -0.0 : 0);
  for (let a = h; a < endH; a += 4) {
    const row = x + load<u32>(a) * rowBytes;
    const weight = load<f32>(a + toH);
    for (let b = w; b < endW; b += 4) {
      const pixel = load<T>(row + load<u32>(b) * pixelBytes);
      sum = lanes.add<T>(sum, lanes.scaled<T>(weight * load<f32>(b + toW), pixel));
    }
  }
  return sum;
}
