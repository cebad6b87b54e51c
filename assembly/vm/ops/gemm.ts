import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32GemmNN, f32GemmNT, f32GemmTN } from "../../kernels/gemm";
import { attribute, elements, operand } from "../instruction";
import { rowsOf, sizes } from "./check";

// m is the batch's side: it follows from a's size. Operands: a, b, c, or a, b, bias, c.

export function gemmNN(at: Ptr, checking: bool): u32 {
  return forward(at, checking, false, false);
}

export function gemmNNBias(at: Ptr, checking: bool): u32 {
  return forward(at, checking, false, true);
}

export function gemmNT(at: Ptr, checking: bool): u32 {
  return forward(at, checking, true, false);
}

export function gemmNTBias(at: Ptr, checking: bool): u32 {
  return forward(at, checking, true, true);
}

/** a is m × k, b holds k·n elements in one order or the other, c is m × n. */
function forward(at: Ptr, checking: bool, transposed: bool, biased: bool): u32 {
  const n = attribute(at, 0);
  const k = attribute(at, 1);
  const cAt: u32 = biased ? 3 : 2;
  if (checking) {
    if (!rowsOf(0, k) || <u64>n * k != elements(1)) return sizes(false);
    if (biased && elements(2) != n) return sizes(false);
    return sizes(<u64>(elements(0) / k) * n == elements(cAt));
  }
  const m = elements(0) / k;
  const a = operand(0);
  const b = operand(1);
  const bias: Ptr = biased ? operand(2) : 0;
  const c = operand(cAt);
  if (transposed) f32GemmNT(m, n, k, a, k, b, k, bias, c, n);
  else f32GemmNN(m, n, k, a, k, b, n, bias, c, n);
  return DONE;
}

export function gemmTN(at: Ptr, checking: bool): u32 {
  const m = attribute(at, 0);
  const n = attribute(at, 1);
  if (checking) {
    const fits = rowsOf(0, m) && rowsOf(1, n) && elements(1) / n == elements(0) / m;
    return sizes(fits && <u64>m * n == elements(2));
  }
  const k = elements(0) / m;
  f32GemmTN(m, n, k, operand(0), m, operand(1), n, operand(2), n);
  return DONE;
}
