import { SESSION_PHASE, SESSION_STEP } from "../../abi/session";
import { DONE } from "../../abi/status";
import { hashMix } from "../../base/hash";
import { Ptr } from "../../base/ptr";
import { Dropout, f32Dropout } from "../../kernels/dropout";
import {
  f32LayerNorm,
  f32LayerNormBackwardInput,
  f32LayerNormBackwardParams,
} from "../../kernels/layer-norm";
import { f32LogSoftmax, f32LogSoftmaxBackward, f32SoftmaxBackward } from "../../kernels/softmax";
import { attribute, attributeF32, attributes, elements, operand } from "../instruction";
import { sessionGet } from "../session";
import { rowsOf, sameSizes, sizes } from "./check";

// Rows of n contiguous elements; n is an attribute, the number of rows what it leaves of operand 0's size.

export function softmaxBackward(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sameRows(at, n);
  f32SoftmaxBackward(elements(at, 0) / n, n, operand(at, 0), operand(at, 1), operand(at, 2));
  return DONE;
}

export function logSoftmax(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sameRows(at, n);
  f32LogSoftmax(elements(at, 0) / n, n, operand(at, 0), operand(at, 1));
  return DONE;
}

export function logSoftmaxBackward(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sameRows(at, n);
  f32LogSoftmaxBackward(elements(at, 0) / n, n, operand(at, 0), operand(at, 1), operand(at, 2));
  return DONE;
}

export function layerNorm(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) {
    const gamma = elements(at, 1) == n && elements(at, 2) == n;
    return sizes(gamma && normalized(at, n, 3, 4));
  }
  f32LayerNorm(
    elements(at, 0) / n,
    n,
    attributeF32(at, 1),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
  );
  return DONE;
}

export function layerNormBackwardInput(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) {
    const gamma = elements(at, 3) == n && elements(at, 5) == elements(at, 0);
    return sizes(gamma && normalized(at, n, 4, 1));
  }
  f32LayerNormBackwardInput(
    elements(at, 0) / n,
    n,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
  );
  return DONE;
}

export function layerNormBackwardParams(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) {
    const gradients = elements(at, 4) == n && elements(at, 5) == n;
    return sizes(gradients && normalized(at, n, 3, 1));
  }
  f32LayerNormBackwardParams(
    elements(at, 0) / n,
    n,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
  );
  return DONE;
}

/** The step of the mask is the position that a checkpoint keeps, so that a resumed run has the same masks. */
export function dropout(at: Ptr, checking: bool): u32 {
  const drop = changetype<Dropout>(attributes(at));
  if (checking) return sameRows(at, drop.n);
  const step = sessionGet(SESSION_STEP) ^ hashMix(sessionGet(SESSION_PHASE));
  f32Dropout(elements(at, 0) / drop.n, step, drop, operand(at, 0), operand(at, 1));
  return DONE;
}

/** All operands are rows × n. */
function sameRows(at: Ptr, n: u32): u32 {
  return rowsOf(at, 0, n) ? sameSizes(at) : sizes(false);
}

/** Operand 0 and `other` are rows × n; `mean` and the one behind it hold one element a row. */
function normalized(at: Ptr, n: u32, other: u32, mean: u32): bool {
  if (!rowsOf(at, 0, n) || elements(at, other) != elements(at, 0)) return false;
  const rows = elements(at, 0) / n;
  return elements(at, mean) == rows && elements(at, mean + 1) == rows;
}
