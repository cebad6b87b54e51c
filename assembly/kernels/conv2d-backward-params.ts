import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { Conv2dShape, countBelow, firstInside } from "./conv2d-shape";
import { f32GemmStore1, f32GemmStore8, K_BLOCK } from "./gemm-tiles";

/**
 * The derivative of f32Conv2d by w.
 *
 *   dw[kh,kw,c,o] = Σ_{b,oh,ow} x[b,ih,iw,c]·dy[b,oh,ow,o]
 *   ih = oh·strideH − padTop + kh·dilationH,  iw = ow·strideW − padLeft + kw·dilationW
 *
 * Shapes as there. Sums ascend over (b,oh,ow) in blocks of 256, a term outside the image counting
 * its place only. (The bias has the derivative Σ dy, a column sum.)
 */
export function f32Conv2dBackwardParams(
  rows: u32,
  shape: Conv2dShape,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const inGroup = shape.channels / shape.groups,
    outGroup = shape.outChannels / shape.groups;
  for (let kh: u32 = 0; kh < shape.kernelH; ++kh) {
    for (let kw: u32 = 0; kw < shape.kernelW; ++kw) {
      for (let group: u32 = 0; group < shape.groups; ++group) {
        const xAt = x + ((group * inGroup) << 2);
        const o = (group * outGroup) << 2;
        conv2dWeights(rows, shape, kh, kw, inGroup, outGroup, xAt, dy + o, dw + o);
      }
      dw += (inGroup * shape.outChannels) << 2;
    }
  }
}

/** One kernel element's weights of one group, [inGroup,outGroup] with rows outChannels apart. */
function conv2dWeights(
  rows: u32,
  shape: Conv2dShape,
  kh: u32,
  kw: u32,
  inGroup: u32,
  outGroup: u32,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const dwRow: u32 = shape.outChannels << 2;
  const end: u32 = outGroup << 2;
  let o: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    if (outGroup >= 8) {
      for (; o < end; o += 32) {
        o = min<u32>(o, end - 32);
        if (inGroup >= 4) {
          for (let c: u32 = 0; c < inGroup; c += 4) {
            c = min<u32>(c, inGroup - 4);
            conv2dWeights4x8(rows, shape, kh, kw, x + (c << 2), dy + o, dw + c * dwRow + o);
          }
        } else {
          for (let c: u32 = 0; c < inGroup; ++c) {
            conv2dWeights1x8(rows, shape, kh, kw, x + (c << 2), dy + o, dw + c * dwRow + o);
          }
        }
      }
    }
  }
  for (; o < end; o += 4) {
    for (let c: u32 = 0; c < inGroup; ++c) {
      conv2dWeights1x1(rows, shape, kh, kw, x + (c << 2), dy + o, dw + c * dwRow + o);
    }
  }
}

// A tile walks over the rows of dy's pixels, of each over those whose window meets the image at
// (kh,kw).

/** 4 channels, 8 output channels. */
function conv2dWeights4x8(
  rows: u32,
  shape: Conv2dShape,
  kh: u32,
  kw: u32,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const outHeight = shape.outHeight,
    outWidth = shape.outWidth;
  const dyStep: u32 = shape.outChannels << 2,
    xStep: u32 = (shape.strideW * shape.channels) << 2;
  const top = kh * shape.dilationH - shape.padTop,
    left = kw * shape.dilationW - shape.padLeft;
  const oh0 = firstInside(top, shape.strideH);
  const oh1 = countBelow(top, shape.strideH, shape.height, outHeight);
  const ow0 = firstInside(left, shape.strideW);
  const ow1 = countBelow(left, shape.strideW, shape.width, outWidth);
  const strideH = shape.strideH,
    firstX = left + ow0 * shape.strideW;
  let c00 = f32x4.splat(0),
    c01 = f32x4.splat(0),
    c10 = f32x4.splat(0),
    c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0),
    c21 = f32x4.splat(0),
    c30 = f32x4.splat(0),
    c31 = f32x4.splat(0);
  let block: u32 = 0;
  for (let row: u32 = 0; row < rows; ++row) {
    for (let oh = oh0; oh < oh1; ++oh) {
      let a = x + inline.always(conv2dPixel(shape, row, top + oh * strideH, firstX));
      const line = (row * outHeight + oh) * outWidth;
      let place = line + ow0;
      const end = line + ow1;
      while (place < end) {
        if (place / K_BLOCK != block) {
          conv2dStore4x8(shape, block, dw, c00, c01, c10, c11, c20, c21, c30, c31);
          c00 = f32x4.splat(0);
          c01 = f32x4.splat(0);
          c10 = f32x4.splat(0);
          c11 = f32x4.splat(0);
          c20 = f32x4.splat(0);
          c21 = f32x4.splat(0);
          c30 = f32x4.splat(0);
          c31 = f32x4.splat(0);
          block = place / K_BLOCK;
        }
        let b = dy + place * dyStep;
        place = min<u32>(end, (block + 1) * K_BLOCK);
        const bEnd = dy + place * dyStep;
        while (b < bEnd) {
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
          a += xStep;
          b += dyStep;
        }
      }
    }
  }
  conv2dStore4x8(shape, block, dw, c00, c01, c10, c11, c20, c21, c30, c31);
}

function conv2dStore4x8(
  shape: Conv2dShape,
  block: u32,
  dw: Ptr,
  c00: v128,
  c01: v128,
  c10: v128,
  c11: v128,
  c20: v128,
  c21: v128,
  c30: v128,
  c31: v128,
): void {
  const more = block > 0;
  const dwRow: u32 = shape.outChannels << 2;
  inline.always(f32GemmStore8(more, 0, dw, c00, c01));
  inline.always(f32GemmStore8(more, 0, dw + dwRow, c10, c11));
  inline.always(f32GemmStore8(more, 0, dw + 2 * dwRow, c20, c21));
  inline.always(f32GemmStore8(more, 0, dw + 3 * dwRow, c30, c31));
}

/** 1 channel, 8 output channels. */
function conv2dWeights1x8(
  rows: u32,
  shape: Conv2dShape,
  kh: u32,
  kw: u32,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const outHeight = shape.outHeight,
    outWidth = shape.outWidth;
  const dyStep: u32 = shape.outChannels << 2,
    xStep: u32 = (shape.strideW * shape.channels) << 2;
  const top = kh * shape.dilationH - shape.padTop,
    left = kw * shape.dilationW - shape.padLeft;
  const oh0 = firstInside(top, shape.strideH);
  const oh1 = countBelow(top, shape.strideH, shape.height, outHeight);
  const ow0 = firstInside(left, shape.strideW);
  const ow1 = countBelow(left, shape.strideW, shape.width, outWidth);
  const strideH = shape.strideH,
    firstX = left + ow0 * shape.strideW;
  let c0 = f32x4.splat(0),
    c1 = f32x4.splat(0);
  let block: u32 = 0;
  for (let row: u32 = 0; row < rows; ++row) {
    for (let oh = oh0; oh < oh1; ++oh) {
      let a = x + inline.always(conv2dPixel(shape, row, top + oh * strideH, firstX));
      const line = (row * outHeight + oh) * outWidth;
      for (let place = line + ow0; place < line + ow1; ++place, a += xStep) {
        if (place / K_BLOCK != block) {
          inline.always(f32GemmStore8(block > 0, 0, dw, c0, c1));
          c0 = f32x4.splat(0);
          c1 = f32x4.splat(0);
          block = place / K_BLOCK;
        }
        const b = dy + place * dyStep;
        const ap = v128.load32_splat(a);
        c0 = fma4(ap, v128.load(b), c0);
        c1 = fma4(ap, v128.load(b, 16), c1);
      }
    }
  }
  inline.always(f32GemmStore8(block > 0, 0, dw, c0, c1));
}

/** 1 channel, 1 output channel. */
function conv2dWeights1x1(
  rows: u32,
  shape: Conv2dShape,
  kh: u32,
  kw: u32,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const outHeight = shape.outHeight,
    outWidth = shape.outWidth;
  const dyStep: u32 = shape.outChannels << 2,
    xStep: u32 = (shape.strideW * shape.channels) << 2;
  const top = kh * shape.dilationH - shape.padTop,
    left = kw * shape.dilationW - shape.padLeft;
  const oh0 = firstInside(top, shape.strideH);
  const oh1 = countBelow(top, shape.strideH, shape.height, outHeight);
  const ow0 = firstInside(left, shape.strideW);
  const ow1 = countBelow(left, shape.strideW, shape.width, outWidth);
  const strideH = shape.strideH,
    firstX = left + ow0 * shape.strideW;
  let sum: f32 = 0;
  let block: u32 = 0;
  for (let row: u32 = 0; row < rows; ++row) {
    for (let oh = oh0; oh < oh1; ++oh) {
      let a = x + inline.always(conv2dPixel(shape, row, top + oh * strideH, firstX));
      const line = (row * outHeight + oh) * outWidth;
      for (let place = line + ow0; place < line + ow1; ++place, a += xStep) {
        if (place / K_BLOCK != block) {
          inline.always(f32GemmStore1(block > 0, 0, dw, sum));
          sum = 0;
          block = place / K_BLOCK;
        }
        sum += load<f32>(a) * load<f32>(dy + place * dyStep);
      }
    }
  }
  inline.always(f32GemmStore1(block > 0, 0, dw, sum));
}

/** From the start of x to the pixel (ih, iw) of the row, in bytes. */
function conv2dPixel(shape: Conv2dShape, row: u32, ih: u32, iw: u32): u32 {
  return (((row * shape.height + ih) * shape.width + iw) * shape.channels) << 2;
}
