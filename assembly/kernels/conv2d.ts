import { Ptr } from "../base/ptr";
import { conv2dGather } from "./conv2d-gather";
import { Conv2dShape } from "./conv2d-shape";

/**
 * 2-D cross-correlation, as ONNX Conv.
 *
 *   y[b,oh,ow,o] = Σ_{kh,kw,c} x[b,ih,iw,c]·w[kh,kw,c,o] (+ bias[o])
 *   ih = oh·strideH − padTop + kh·dilationH,  iw = ow·strideW − padLeft + kw·dilationW
 *
 * x: [images,height,width,channels]; w: [kernelH,kernelW,channels/groups,outChannels]; bias:
 * [outChannels], 0 for none; y: [images,outHeight,outWidth,outChannels]. Output channel o takes the
 * channels of its group. Sums ascend over (kh,kw,c) in blocks of 256, a term outside the image
 * counting its place only.
 */
export function f32Conv2d(
  images: u32,
  shape: Conv2dShape,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  conv2dGather(images, shape, false, x, w, bias, y);
}

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
  images: u32,
  shape: Conv2dShape,
  dy: Ptr,
  w: Ptr,
  dx: Ptr,
): void {
  conv2dGather(images, shape, true, dy, w, 0, dx);
}
