import { K_BLOCK, TILE_COLUMNS } from "./walk";

/**
 * What a convolution needs to know but for the batch: the fifteen attribute words of its
 * instruction, in their order, so that the record may lie in the program itself. Strides, dilations
 * and groups are at least 1; groups divides channels and outChannels.
 */
@unmanaged
export class Conv2dShape {
  height: u32;
  width: u32;
  channels: u32;
  outHeight: u32;
  outWidth: u32;
  outChannels: u32;
  kernelH: u32;
  kernelW: u32;
  strideH: u32;
  strideW: u32;
  padTop: u32;
  padLeft: u32;
  dilationH: u32;
  dilationW: u32;
  groups: u32;
}

/**
 * Whether each channel is convolved for itself, and vectors may run over channels. The scalar flavour
 * has no tile of its own for that.
 */
export function isDepthwise(shape: Conv2dShape): bool {
  if (!ASC_FEATURE_SIMD) return false;
  const groups = shape.groups;
  return (
    groups >= TILE_COLUMNS &&
    groups == shape.channels &&
    groups == shape.outChannels &&
    shape.kernelH * shape.kernelW <= K_BLOCK
  );
}

/** The first i with start + i·step ≥ 0. */
export function firstInside(start: i32, step: u32): u32 {
  return start < 0 ? (u32(0 - start) + step - 1) / step : 0;
}

/** How many i < count have start + i·step < size; start may be negative. */
export function countBelow(start: i32, step: u32, size: u32, count: u32): u32 {
  const distance = i32(size) - start;
  return distance <= 0 ? 0 : min<u32>(count, (u32(distance) + step - 1) / step);
}
