import { SESSION_DETAIL, SESSION_VALUE } from "../../abi/session";
import { DONE, LABEL_RANGE, NON_FINITE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32Mean } from "../../kernels/reduce";
import * as meanSquaredError from "../../losses/mse";
import * as crossEntropy from "../../losses/softmax-cross-entropy";
import { attribute, elements, operand } from "../instruction";
import { sessionSet } from "../session";
import { rowsOf, sizes } from "./check";

export function softmaxCrossEntropy(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(labelled(at, classes) && elements(at, 2) == elements(at, 1));
  const bad = crossEntropy.softmaxCrossEntropy(
    elements(at, 1),
    classes,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return labels(at, bad);
}

export function softmaxCrossEntropyBackward(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(labelled(at, classes) && elements(at, 2) == elements(at, 0));
  const bad = crossEntropy.softmaxCrossEntropyBackward(
    elements(at, 1),
    classes,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return labels(at, bad);
}

export function correctCount(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(labelled(at, classes) && elements(at, 2) == 1);
  const bad = crossEntropy.correctCount(
    elements(at, 1),
    classes,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return labels(at, bad);
}

/** One label for each row of logits. */
function labelled(at: Ptr, classes: u32): bool {
  return rowsOf(at, 0, classes) && elements(at, 0) / classes == elements(at, 1);
}

/** bad: 0, or 1 + the first row whose label is out of range. */
function labels(at: Ptr, bad: u32): u32 {
  if (bad == 0) return DONE;
  sessionSet(SESSION_DETAIL, bad - 1);
  sessionSet(SESSION_VALUE, load<u32>(operand(at, 1) + ((bad - 1) << 2)));
  return LABEL_RANGE;
}

export function mean(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 1) == 1);
  f32Mean(elements(at, 0), operand(at, 0), operand(at, 1));
  return DONE;
}

export function mse(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 1) == elements(at, 0) && elements(at, 2) == 1);
  meanSquaredError.mse(elements(at, 0), operand(at, 0), operand(at, 1), operand(at, 2));
  return DONE;
}

export function mseBackward(at: Ptr, checking: bool): u32 {
  if (checking)
    return sizes(elements(at, 1) == elements(at, 0) && elements(at, 2) == elements(at, 0));
  meanSquaredError.mseBackward(elements(at, 0), operand(at, 0), operand(at, 1), operand(at, 2));
  return DONE;
}

/** x − x is 0 for a finite number and NaN for every other. */
export function checkFinite(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 0) == 1);
  const x = load<f32>(operand(at, 0));
  return x - x == 0 ? DONE : NON_FINITE;
}
