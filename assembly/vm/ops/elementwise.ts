import { UNARY_KINDS } from "../../abi/functions";
import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32Add, f32Copy, f32Fill, f32Scale } from "../../kernels/elementwise";
import { f32Relu, f32ReluBackward } from "../../kernels/relu";
import { f32Sigmoid, f32SigmoidBackward } from "../../kernels/sigmoid";
import { f32Softmax } from "../../kernels/softmax";
import { f32Tanh, f32TanhBackward } from "../../kernels/tanh";
import { f32Unary, f32UnaryBackward, UnaryFunction } from "../../kernels/unary";
import { f32Uniform } from "../../kernels/uniform";
import { attribute, attributeF32, attributes, elements, operand } from "../instruction";
import { attributesFit, rowsOf, sameSizes, sizes } from "./check";

export function fill(at: Ptr, checking: bool): u32 {
  if (checking) return DONE;
  f32Fill(elements(0), attributeF32(at, 0), operand(0));
  return DONE;
}

export function uniform(at: Ptr, checking: bool): u32 {
  if (checking) return DONE;
  f32Uniform(elements(0), attributeF32(at, 0), attribute(at, 1), attribute(at, 2), operand(0));
  return DONE;
}

export function copy(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32Copy(elements(0), operand(0), operand(1));
  return DONE;
}

export function scale(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32Scale(elements(0), attributeF32(at, 0), operand(0), operand(1));
  return DONE;
}

export function add(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32Add(elements(0), operand(0), operand(1), operand(2));
  return DONE;
}

export function relu(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32Relu(elements(0), operand(0), operand(1));
  return DONE;
}

export function reluBackward(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32ReluBackward(elements(0), operand(0), operand(1), operand(2));
  return DONE;
}

export function tanh(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32Tanh(elements(0), operand(0), operand(1));
  return DONE;
}

export function tanhBackward(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32TanhBackward(elements(0), operand(0), operand(1), operand(2));
  return DONE;
}

export function sigmoid(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32Sigmoid(elements(0), operand(0), operand(1));
  return DONE;
}

export function sigmoidBackward(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32SigmoidBackward(elements(0), operand(0), operand(1), operand(2));
  return DONE;
}

export function unary(at: Ptr, checking: bool): u32 {
  const f = changetype<UnaryFunction>(attributes(at));
  if (checking) return f.kind < UNARY_KINDS ? sameSizes(at) : attributesFit(false);
  f32Unary(elements(0), f, operand(0), operand(1));
  return DONE;
}

export function unaryBackward(at: Ptr, checking: bool): u32 {
  const f = changetype<UnaryFunction>(attributes(at));
  if (checking) return f.kind < UNARY_KINDS ? sameSizes(at) : attributesFit(false);
  f32UnaryBackward(elements(0), f, operand(0), operand(1), operand(2));
  return DONE;
}

export function softmax(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sizes(rowsOf(0, n) && elements(1) == elements(0));
  f32Softmax(elements(0) / n, n, operand(0), operand(1));
  return DONE;
}
