import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { Conv2dShape, countBelow, firstInside } from "./conv2d-shape";
import { f32GemmStore1, f32GemmStore8, K_BLOCK } from "./gemm-tiles";

/**
 * 2-D cross-correlation, as ONNX Conv.
 *
 *   y[b,oh,ow,o] = Σ_{kh,kw,c} x[b,ih,iw,c]·w[kh,kw,c,o] (+ bias[o])
 *   ih = oh·strideH − padTop + kh·dilationH,  iw = ow·strideW − padLeft + kw·dilationW
 *
 * x: [rows,height,width,channels]; w: [kernelH,kernelW,channels/groups,outChannels]; bias:
 * [outChannels], 0 for none; y: [rows,outHeight,outWidth,outChannels]. Output channel o takes the
 * channels of its group. Sums ascend over (kh,kw,c) in blocks of 256, a term outside the image
 * counting its place only.
 */
export function f32Conv2d(rows: u32, shape: Conv2dShape, x: Ptr, w: Ptr, bias: Ptr, y: Ptr): void {
  const strideW = shape.strideW,
    kernelW = shape.kernelW,
    dilationW = shape.dilationW,
    outWidth = shape.outWidth,
    width = shape.width;
  const pixelBytes: u32 = shape.channels << 2,
    outBytes: u32 = shape.outChannels << 2;
  const lineBytes = width * pixelBytes;
  for (let row: u32 = 0; row < rows; ++row) {
    for (let oh: u32 = 0; oh < shape.outHeight; ++oh) {
      const top = oh * shape.strideH - shape.padTop;
      const kh0 = firstInside(top, shape.dilationH);
      const kh1 = countBelow(top, shape.dilationH, shape.height, shape.kernelH);
      let pixels: u32 = 1;
      for (let ow: u32 = 0; ow < outWidth; ow += pixels) {
        const left = ow * strideW - shape.padLeft;
        const kw0 = inline.always(firstInside(left, dilationW));
        const kw1 = inline.always(countBelow(left, dilationW, width, kernelW));
        pixels = 1;
        if (ASC_FEATURE_SIMD) {
          const right = left + 3 * strideW;
          const inside = inline.always(countBelow(right, dilationW, width, kernelW)) == kernelW;
          if (kw0 == 0 && inside && ow + 4 <= outWidth) pixels = 4;
        }
        const corner = x + top * lineBytes + left * pixelBytes; // may lie before x
        inline.always(conv2dPixels(shape, pixels, kh0, kh1, kw0, kw1, corner, w, bias, y));
        y += pixels * outBytes;
      }
    }
    x += shape.height * lineBytes;
  }
}

/**
 * All output channels of one pixel, or of four side by side whose windows lie inside the image's
 * width.
 */
function conv2dPixels(
  shape: Conv2dShape,
  pixels: u32,
  kh0: u32,
  kh1: u32,
  kw0: u32,
  kw1: u32,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  const outGroup = shape.outChannels / shape.groups;
  const inBytes: u32 = (shape.channels / shape.groups) << 2;
  const outBytes: u32 = shape.outChannels << 2;
  let o: u32 = 0;
  for (let group: u32 = 0; group < shape.groups; ++group) {
    const end = o + (outGroup << 2);
    if (ASC_FEATURE_SIMD) {
      if (outGroup >= 8) {
        for (; o < end; o += 32) {
          o = min<u32>(o, end - 32);
          const biasAt: Ptr = bias ? bias + o : 0;
          if (pixels == 4) {
            conv2dTile4x8(shape, kh0, kh1, kw0, kw1, x, w + o, biasAt, y + o);
          } else {
            conv2dTile1x8(shape, kh0, kh1, kw0, kw1, x, w + o, biasAt, y + o);
          }
        }
      }
    }
    for (; o < end; o += 4) {
      const biasAt: Ptr = bias ? bias + o : 0;
      for (let pixel: u32 = 0; pixel < pixels; ++pixel) {
        const xAt = x + pixel * shape.strideW * (shape.channels << 2);
        conv2dTile1x1(shape, kh0, kh1, kw0, kw1, xAt, w + o, biasAt, y + pixel * outBytes + o);
      }
    }
    x += inBytes;
  }
}

// A tile walks over (kh,kw) in runs of neighbouring terms: the channels of one kernel column, or,
// where they lie side by side, of all of them. `place` is a term's number in the sum.

/** 4 pixels, 8 output channels. */
function conv2dTile4x8(
  shape: Conv2dShape,
  kh0: u32,
  kh1: u32,
  kw0: u32,
  kw1: u32,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  const depth = shape.channels / shape.groups;
  const wStep: u32 = shape.outChannels << 2,
    xRow: u32 = (shape.strideW * shape.channels) << 2;
  const joined = shape.dilationW == 1 && shape.groups == 1;
  const run = joined ? (kw1 - kw0) * depth : depth;
  const step = joined ? kw1 - kw0 : 1;
  let c00 = f32x4.splat(0),
    c01 = f32x4.splat(0),
    c10 = f32x4.splat(0),
    c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0),
    c21 = f32x4.splat(0),
    c30 = f32x4.splat(0),
    c31 = f32x4.splat(0);
  let block: u32 = 0;
  for (let kh = kh0; kh < kh1; ++kh) {
    for (let kw = kw0; kw < kw1; kw += step) {
      let a = x + inline.always(conv2dOffset(shape, kh, kw));
      let place = (kh * shape.kernelW + kw) * depth;
      const end = place + run;
      while (place < end) {
        if (place / K_BLOCK != block) {
          conv2dStore4x8(shape, block, 0, y, c00, c01, c10, c11, c20, c21, c30, c31);
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
        let b = w + place * wStep;
        place = min<u32>(end, (block + 1) * K_BLOCK);
        const bEnd = w + place * wStep;
        let a1 = a + xRow,
          a2 = a1 + xRow,
          a3 = a2 + xRow;
        while (b < bEnd) {
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
          b += wStep;
        }
      }
    }
  }
  conv2dStore4x8(shape, block, bias, y, c00, c01, c10, c11, c20, c21, c30, c31);
}

function conv2dStore4x8(
  shape: Conv2dShape,
  block: u32,
  bias: Ptr,
  y: Ptr,
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
  const yRow: u32 = shape.outChannels << 2;
  inline.always(f32GemmStore8(more, bias, y, c00, c01));
  inline.always(f32GemmStore8(more, bias, y + yRow, c10, c11));
  inline.always(f32GemmStore8(more, bias, y + 2 * yRow, c20, c21));
  inline.always(f32GemmStore8(more, bias, y + 3 * yRow, c30, c31));
}

/** 1 pixel, 8 output channels. */
function conv2dTile1x8(
  shape: Conv2dShape,
  kh0: u32,
  kh1: u32,
  kw0: u32,
  kw1: u32,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  const depth = shape.channels / shape.groups;
  const wStep: u32 = shape.outChannels << 2;
  let c0 = f32x4.splat(0),
    c1 = f32x4.splat(0);
  let block: u32 = 0;
  for (let kh = kh0; kh < kh1; ++kh) {
    for (let kw = kw0; kw < kw1; ++kw) {
      let a = x + inline.always(conv2dOffset(shape, kh, kw));
      let place = (kh * shape.kernelW + kw) * depth;
      let b = w + place * wStep;
      for (const end = place + depth; place < end; ++place, a += 4, b += wStep) {
        if (place / K_BLOCK != block) {
          inline.always(f32GemmStore8(block > 0, 0, y, c0, c1));
          c0 = f32x4.splat(0);
          c1 = f32x4.splat(0);
          block = place / K_BLOCK;
        }
        const ap = v128.load32_splat(a);
        c0 = fma4(ap, v128.load(b), c0);
        c1 = fma4(ap, v128.load(b, 16), c1);
      }
    }
  }
  inline.always(f32GemmStore8(block > 0, bias, y, c0, c1));
}

/** 1 pixel, 1 output channel. */
function conv2dTile1x1(
  shape: Conv2dShape,
  kh0: u32,
  kh1: u32,
  kw0: u32,
  kw1: u32,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  const depth = shape.channels / shape.groups;
  const wStep: u32 = shape.outChannels << 2;
  let sum: f32 = 0;
  let block: u32 = 0;
  for (let kh = kh0; kh < kh1; ++kh) {
    for (let kw = kw0; kw < kw1; ++kw) {
      let a = x + inline.always(conv2dOffset(shape, kh, kw));
      let place = (kh * shape.kernelW + kw) * depth;
      let b = w + place * wStep;
      for (const end = place + depth; place < end; ++place, a += 4, b += wStep) {
        if (place / K_BLOCK != block) {
          inline.always(f32GemmStore1(block > 0, 0, y, sum));
          sum = 0;
          block = place / K_BLOCK;
        }
        sum += load<f32>(a) * load<f32>(b);
      }
    }
  }
  inline.always(f32GemmStore1(block > 0, bias, y, sum));
}

/** From the corner of a window to what kernel element (kh, kw) meets, in bytes. */
function conv2dOffset(shape: Conv2dShape, kh: u32, kw: u32): u32 {
  return ((kh * shape.dilationH * shape.width + kw * shape.dilationW) * shape.channels) << 2;
}
