import { SESSION_STEP } from "../../abi/session";
import { BAD_ATTRIBUTE, DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { Augment, f32Augment } from "../../data/augment";
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
  f32SoftmaxBackward(elements(0) / n, n, operand(0), operand(1), operand(2));
  return DONE;
}

export function logSoftmax(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sameRows(at, n);
  f32LogSoftmax(elements(0) / n, n, operand(0), operand(1));
  return DONE;
}

export function logSoftmaxBackward(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sameRows(at, n);
  f32LogSoftmaxBackward(elements(0) / n, n, operand(0), operand(1), operand(2));
  return DONE;
}

export function layerNorm(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) {
    const gamma = elements(1) == n && elements(2) == n;
    return sizes(gamma && normalized(n, 3, 4));
  }
  f32LayerNorm(
    elements(0) / n,
    n,
    attributeF32(at, 1),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
  );
  return DONE;
}

export function layerNormBackwardInput(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) {
    const gamma = elements(3) == n && elements(5) == elements(0);
    return sizes(gamma && normalized(n, 4, 1));
  }
  f32LayerNormBackwardInput(
    elements(0) / n,
    n,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
  );
  return DONE;
}

export function layerNormBackwardParams(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) {
    const gradients = elements(4) == n && elements(5) == n;
    return sizes(gradients && normalized(n, 3, 1));
  }
  f32LayerNormBackwardParams(
    elements(0) / n,
    n,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
  );
  return DONE;
}

/** The step of the mask is the position that a checkpoint keeps, so that a resumed run has the same masks. */
export function dropout(at: Ptr, checking: bool): u32 {
  const drop = changetype<Dropout>(attributes(at));
  if (checking) return sameRows(at, drop.n);
  f32Dropout(elements(0) / drop.n, sessionGet(SESSION_STEP), drop, operand(0), operand(1));
  return DONE;
}

/** The step is the one of a checkpoint here too. */
export function augment(at: Ptr, checking: bool): u32 {
  const given = changetype<Augment>(attributes(at));
  const n = given.n;
  if (checking) {
    const plane = <u64>given.height * given.width;
    // The product of three sizes might not fit into 64 bits.
    if (plane == 0 || plane > n || given.inner == 0) return BAD_ATTRIBUTE;
    const whole = plane * given.inner;
    if (whole > n || n % <u32>whole != 0) return BAD_ATTRIBUTE;
    return sameRows(at, n);
  }
  f32Augment(elements(0) / n, sessionGet(SESSION_STEP), given, operand(0), operand(1));
  return DONE;
}

/** All operands are rows × n. */
function sameRows(at: Ptr, n: u32): u32 {
  return rowsOf(0, n) ? sameSizes(at) : sizes(false);
}

/** Operand 0 and `other` are rows × n; `mean` and the one behind it hold one element a row. */
function normalized(n: u32, other: u32, mean: u32): bool {
  if (!rowsOf(0, n) || elements(other) != elements(0)) return false;
  const rows = elements(0) / n;
  return elements(mean) == rows && elements(mean + 1) == rows;
}
