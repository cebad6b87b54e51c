import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32Conv2d, f32Conv2dBackwardInput } from "../../kernels/conv2d";
import { f32Conv2dBackwardParams } from "../../kernels/conv2d-backward-params";
import { Conv2dShape } from "../../kernels/conv2d-shape";
import { attributes, elements, operand } from "../instruction";
import { attributesFit, ELEMENTS_MAX, rowsOf, sizes, volume } from "./check";

/** No position of a kernel, on the image or its rim, lies further out: i32 holds it, and twice it. */
const REACH_MAX: u32 = (1 << 29) - 1;

export function conv2d(at: Ptr, checking: bool): u32 {
  const conv = changetype<Conv2dShape>(attributes(at));
  if (checking) return convFits(at, conv, 0, 1, 2);
  f32Conv2d(rows(conv, 0), conv, operand(0), operand(1), 0, operand(2));
  return DONE;
}

export function conv2dBias(at: Ptr, checking: bool): u32 {
  const conv = changetype<Conv2dShape>(attributes(at));
  if (checking) {
    const status = convFits(at, conv, 0, 1, 3);
    return status == DONE ? sizes(elements(2) == conv.outChannels) : status;
  }
  f32Conv2d(rows(conv, 0), conv, operand(0), operand(1), operand(2), operand(3));
  return DONE;
}

export function conv2dBackwardInput(at: Ptr, checking: bool): u32 {
  const conv = changetype<Conv2dShape>(attributes(at));
  if (checking) return convFits(at, conv, 2, 1, 0);
  f32Conv2dBackwardInput(rows(conv, 2), conv, operand(0), operand(1), operand(2));
  return DONE;
}

export function conv2dBackwardParams(at: Ptr, checking: bool): u32 {
  const conv = changetype<Conv2dShape>(attributes(at));
  if (checking) return convFits(at, conv, 0, 2, 1);
  f32Conv2dBackwardParams(rows(conv, 0), conv, operand(0), operand(1), operand(2));
  return DONE;
}

/** Images in operand x. */
function rows(conv: Conv2dShape, x: u32): u32 {
  return elements(x) / (conv.height * conv.width * conv.channels);
}

/** The operands numbered x, w and y have the sizes that the attributes tell. */
function convFits(at: Ptr, conv: Conv2dShape, x: u32, w: u32, y: u32): u32 {
  if (!attributesAreSane(at, conv)) return attributesFit(false);
  const image = volume(conv.height, conv.width, conv.channels);
  const out = volume(conv.outHeight, conv.outWidth, conv.outChannels);
  const window = volume(conv.kernelH, conv.kernelW, conv.channels / conv.groups);
  const kernel = volume(<u32>window, conv.outChannels, 1);
  if (image > ELEMENTS_MAX || out > ELEMENTS_MAX || window > ELEMENTS_MAX) return sizes(false);
  if (kernel != elements(w)) return sizes(false);
  if (!rowsOf(x, <u32>image) || !rowsOf(y, <u32>out)) return sizes(false);
  return sizes(elements(x) / <u32>image == elements(y) / <u32>out);
}

/** Only pads may be 0; no position leaves an i32; groups divide both channel counts. */
function attributesAreSane(at: Ptr, conv: Conv2dShape): bool {
  for (let i: u32 = 0; i < 15; ++i) {
    const value = load<u32>(attributes(at) + (i << 2));
    const isPad = i == 10 || i == 11;
    if (value > REACH_MAX || (value == 0 && !isPad)) return false;
  }
  const reachH = reach(conv.outHeight, conv.strideH, conv.kernelH, conv.dilationH);
  const reachW = reach(conv.outWidth, conv.strideW, conv.kernelW, conv.dilationW);
  if (reachH > REACH_MAX || reachW > REACH_MAX) return false;
  return conv.channels % conv.groups == 0 && conv.outChannels % conv.groups == 0;
}

/** How far from its first position a kernel's last one lies, along one axis. Each of the four is within REACH_MAX. */
function reach(outSize: u32, stride: u32, kernelSize: u32, dilation: u32): u64 {
  return <u64>(outSize - 1) * stride + <u64>(kernelSize - 1) * dilation;
}
