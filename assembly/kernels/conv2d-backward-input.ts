import { Ptr } from "../base/ptr";
import { fma4 } from "../base/simd";
import { Conv2dShape } from "./conv2d-shape";
import { f32GemmStore1, f32GemmStore4, K_BLOCK } from "./gemm-tiles";

/**
 * The derivative of f32Conv2d by x, gathered: each element of dx collects what reached it.
 *
 *   dx[b,ih,iw,c] = Σ_{kh,kw,o} dy[b,oh,ow,o]·w[kh,kw,c,o]
 *   oh = (ih + padTop − kh·dilationH) / strideH, ow likewise, where they are whole and inside y
 *
 * o runs over the output channels of c's group; shapes as there. Sums ascend over (kh,kw,o) in
 * blocks of 256, a term that does not exist counting its place only.
 */
export function f32Conv2dBackwardInput(
  rows: u32,
  shape: Conv2dShape,
  dy: Ptr,
  w: Ptr,
  dx: Ptr,
): void {
  const dyBytes: u32 = (shape.outHeight * shape.outWidth * shape.outChannels) << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    for (let ih: u32 = 0; ih < shape.height; ++ih) {
      for (let iw: u32 = 0; iw < shape.width; ++iw) {
        conv2dGatherPixel(shape, ih + shape.padTop, iw + shape.padLeft, dy, w, dx);
        dx += shape.channels << 2;
      }
    }
    dy += dyBytes;
  }
}

/** All channels of one pixel, which lies at (ih, iw) of the padded image. */
function conv2dGatherPixel(shape: Conv2dShape, ih: u32, iw: u32, dy: Ptr, w: Ptr, dx: Ptr): void {
  const inGroup = shape.channels / shape.groups;
  const outGroupBytes: u32 = (shape.outChannels / shape.groups) << 2;
  const wRow: u32 = shape.outChannels << 2;
  for (let group: u32 = 0; group < shape.groups; ++group) {
    let c: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      if (inGroup >= 4) {
        for (; c < inGroup; c += 4) {
          c = min<u32>(c, inGroup - 4);
          conv2dGather4(shape, ih, iw, dy, w + c * wRow, dx + (c << 2));
        }
      }
    }
    for (; c < inGroup; ++c) {
      conv2dGather1(shape, ih, iw, dy, w + c * wRow, dx + (c << 2));
    }
    dy += outGroupBytes;
    w += outGroupBytes;
    dx += inGroup << 2;
  }
}

/** Four channels: their rows of w are transposed in registers, four output channels at a time. */
function conv2dGather4(shape: Conv2dShape, ih: u32, iw: u32, dy: Ptr, w: Ptr, dx: Ptr): void {
  const outGroup = shape.outChannels / shape.groups;
  const wRow: u32 = shape.outChannels << 2;
  const wKernel = (shape.channels / shape.groups) * wRow;
  let sums = f32x4.splat(0);
  let block: u32 = 0;
  const strideH = shape.strideH,
    strideW = shape.strideW,
    outHeight = shape.outHeight,
    outWidth = shape.outWidth;
  for (let kh: u32 = 0; kh < shape.kernelH; ++kh) {
    const down = kh * shape.dilationH;
    const oh = (ih - down) / strideH;
    if (inline.always(outside(ih, down, oh, strideH, outHeight))) continue;
    for (let kw: u32 = 0; kw < shape.kernelW; ++kw) {
      const across = kw * shape.dilationW;
      const ow = (iw - across) / strideW;
      if (inline.always(outside(iw, across, ow, strideW, outWidth))) continue;
      const kernel = kh * shape.kernelW + kw;
      let a = dy + (oh * outWidth + ow) * wRow;
      let b = w + kernel * wKernel;
      let place = kernel * outGroup;
      const end = place + outGroup;
      while (place < end) {
        if (place / K_BLOCK != block) {
          inline.always(f32GemmStore4(block > 0, 0, dx, sums));
          sums = f32x4.splat(0);
          block = place / K_BLOCK;
        }
        const stop = min<u32>(end, (block + 1) * K_BLOCK);
        for (; place + 4 <= stop; place += 4, a += 16, b += 16) {
          sums = gather4x4(v128.load(a), b, wRow, sums);
        }
        for (; place < stop; ++place, a += 4, b += 4) {
          let bp = v128.load32_splat(b);
          bp = v128.load_lane<f32>(b + wRow, bp, 1);
          bp = v128.load_lane<f32>(b + 2 * wRow, bp, 2);
          bp = v128.load_lane<f32>(b + 3 * wRow, bp, 3);
          sums = fma4(v128.load32_splat(a), bp, sums);
        }
      }
    }
  }
  inline.always(f32GemmStore4(block > 0, 0, dx, sums));
}

/** Four links of four chains: dy's four elements times the columns of the 4×4 block at b. */
function gather4x4(dy: v128, b: Ptr, bRow: u32, sums: v128): v128 {
  const r0 = v128.load(b),
    r1 = v128.load(b + bRow);
  const r2 = v128.load(b + 2 * bRow),
    r3 = v128.load(b + 3 * bRow);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const s0 = v128.shuffle<f32>(dy, dy, 0, 0, 0, 0),
    s1 = v128.shuffle<f32>(dy, dy, 1, 1, 1, 1);
  const s2 = v128.shuffle<f32>(dy, dy, 2, 2, 2, 2),
    s3 = v128.shuffle<f32>(dy, dy, 3, 3, 3, 3);
  sums = fma4(s0, v128.shuffle<i64>(low01, low23, 0, 2), sums);
  sums = fma4(s1, v128.shuffle<i64>(low01, low23, 1, 3), sums);
  sums = fma4(s2, v128.shuffle<i64>(high01, high23, 0, 2), sums);
  return fma4(s3, v128.shuffle<i64>(high01, high23, 1, 3), sums);
}

/** One channel. */
function conv2dGather1(shape: Conv2dShape, ih: u32, iw: u32, dy: Ptr, w: Ptr, dx: Ptr): void {
  const outGroup = shape.outChannels / shape.groups;
  const wRow: u32 = shape.outChannels << 2;
  const wKernel = (shape.channels / shape.groups) * wRow;
  let sum: f32 = 0;
  let block: u32 = 0;
  const strideH = shape.strideH,
    strideW = shape.strideW,
    outHeight = shape.outHeight,
    outWidth = shape.outWidth;
  for (let kh: u32 = 0; kh < shape.kernelH; ++kh) {
    const down = kh * shape.dilationH;
    const oh = (ih - down) / strideH;
    if (inline.always(outside(ih, down, oh, strideH, outHeight))) continue;
    for (let kw: u32 = 0; kw < shape.kernelW; ++kw) {
      const across = kw * shape.dilationW;
      const ow = (iw - across) / strideW;
      if (inline.always(outside(iw, across, ow, strideW, outWidth))) continue;
      const kernel = kh * shape.kernelW + kw;
      let a = dy + (oh * outWidth + ow) * wRow;
      let b = w + kernel * wKernel;
      let place = kernel * outGroup;
      for (const end = place + outGroup; place < end; ++place, a += 4, b += 4) {
        if (place / K_BLOCK != block) {
          inline.always(f32GemmStore1(block > 0, 0, dx, sum));
          sum = 0;
          block = place / K_BLOCK;
        }
        sum += load<f32>(a) * load<f32>(b);
      }
    }
  }
  inline.always(f32GemmStore1(block > 0, 0, dx, sum));
}

/** Whether no output position o, counted with this stride, has kernel element k·dilation over i. */
function outside(i: u32, shift: u32, o: u32, stride: u32, size: u32): bool {
  return i < shift || o * stride != i - shift || o >= size;
}
