import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32GemmNN, f32GemmNT, f32GemmTN } from "../../kernels/gemm";
import { attribute, elements, operand } from "../instruction";
import { rowsOf, sizes } from "./check";

// m is the batch's side: it follows from a's size. Operands: a, b, c, or a, b, bias, c.

export function gemmNN(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  const k = attribute(at, 1);
  if (checking) return sizes(forwardFits(at, n, k, 2));
  f32GemmNN(elements(at, 0) / k, n, k, operand(at, 0), k, operand(at, 1), n, 0, operand(at, 2), n);
  return DONE;
}

export function gemmNNBias(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  const k = attribute(at, 1);
  if (checking) return sizes(forwardFits(at, n, k, 3) && elements(at, 2) == n);
  f32GemmNN(
    elements(at, 0) / k,
    n,
    k,
    operand(at, 0),
    k,
    operand(at, 1),
    n,
    operand(at, 2),
    operand(at, 3),
    n,
  );
  return DONE;
}

export function gemmNT(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  const k = attribute(at, 1);
  if (checking) return sizes(forwardFits(at, n, k, 2));
  f32GemmNT(elements(at, 0) / k, n, k, operand(at, 0), k, operand(at, 1), k, 0, operand(at, 2), n);
  return DONE;
}

export function gemmNTBias(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  const k = attribute(at, 1);
  if (checking) return sizes(forwardFits(at, n, k, 3) && elements(at, 2) == n);
  f32GemmNT(
    elements(at, 0) / k,
    n,
    k,
    operand(at, 0),
    k,
    operand(at, 1),
    k,
    operand(at, 2),
    operand(at, 3),
    n,
  );
  return DONE;
}

export function gemmTN(at: Ptr, checking: bool): u32 {
  const m = attribute(at, 0);
  const n = attribute(at, 1);
  if (checking) {
    const fits = rowsOf(at, 0, m) && rowsOf(at, 1, n) && elements(at, 1) / n == elements(at, 0) / m;
    return sizes(fits && <u64>m * n == elements(at, 2));
  }
  f32GemmTN(m, n, elements(at, 0) / m, operand(at, 0), m, operand(at, 1), n, operand(at, 2), n);
  return DONE;
}

/** a is m × k, b holds k·n elements, and c, operand `c`, is m × n. */
function forwardFits(at: Ptr, n: u32, k: u32, c: u32): bool {
  if (!rowsOf(at, 0, k) || <u64>n * k != elements(at, 1)) return false;
  return <u64>(elements(at, 0) / k) * n == elements(at, c);
}
