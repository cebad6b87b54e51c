import { SESSION_DETAIL } from "../../abi/session";
import { DONE, SINGULAR } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32QrUpdate } from "../../solvers/givens";
import { f32ReluProx } from "../../solvers/relu-prox";
import { f32Cholesky, f32TriangleInverse, triangleScratch } from "../../solvers/triangle";
import { attribute, attributeF32, elements, operand } from "../instruction";
import { sessionSet } from "../session";
import { rowsOf, sameSizes, sizes } from "./check";

export function cholesky(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sizes(isTriangle(n, 1));
  const shift = attributeF32(at, 1),
    floor = attributeF32(at, 2);
  return pivots(f32Cholesky(n, shift, floor, operand(0), operand(1)));
}

export function triangleInverse(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sizes(isTriangle(n, 2) && elements(1) == n);
  return pivots(f32TriangleInverse(n, attributeF32(at, 1), operand(0), operand(1), operand(2)));
}

/** Operand 0 is [n,n], operand k its scratch. */
function isTriangle(n: u32, k: u32): bool {
  return n != 0 && <u64>n * n == elements(0) && elements(k) == triangleScratch(n);
}

/** bad: 0, or 1 + the row whose pivot will not do. */
function pivots(bad: u32): u32 {
  if (bad == 0) return DONE;
  sessionSet(SESSION_DETAIL, bad - 1);
  return SINGULAR;
}

export function reluProx(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32ReluProx(elements(0), attributeF32(at, 0), operand(0), operand(1), operand(2));
  return DONE;
}

export function qrUpdate(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0),
    k = attribute(at, 1);
  if (checking) {
    const rows = rowsOf(0, n) && rowsOf(1, k) && elements(0) / n == elements(1) / k;
    return sizes(rows && <u64>n * n == elements(2) && <u64>n * k == elements(3));
  }
  f32QrUpdate(elements(0) / n, n, k, operand(0), operand(1), operand(2), operand(3));
  return DONE;
}
