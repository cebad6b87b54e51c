import { LOSS_BINARY_CROSS_ENTROPY } from "../../abi/losses";
import { SESSION_DETAIL, SESSION_VALUE } from "../../abi/session";
import { DONE, LABEL_RANGE, NON_FINITE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32Mean, f32WeightedMean } from "../../kernels/reduce";
import * as count from "../../losses/correct-count";
import * as element from "../../losses/element";
import { LabelledRows } from "../../losses/labelled-rows";
import * as margin from "../../losses/multi-margin";
import * as soft from "../../losses/soft-cross-entropy";
import * as crossEntropy from "../../losses/softmax-cross-entropy";
import { attribute, attributeF32, attributes, elements, operand } from "../instruction";
import { sessionSet } from "../session";
import { attributesFit, rowsOf, sizes } from "./check";

export function softmaxCrossEntropy(at: Ptr, checking: bool): u32 {
  if (checking) {
    const rows = elements(at, 1);
    return sizes(
      labelled(at) && weighted(at) && elements(at, 3) == rows && elements(at, 4) == rows,
    );
  }
  const bad = crossEntropy.softmaxCrossEntropy(
    elements(at, 1),
    changetype<LabelledRows>(attributes(at)),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
  );
  return labels(at, bad);
}

export function softmaxCrossEntropyBackward(at: Ptr, checking: bool): u32 {
  if (checking) {
    const fits = elements(at, 3) == 1 && elements(at, 4) == elements(at, 0);
    return sizes(labelled(at) && weighted(at) && fits);
  }
  const bad = crossEntropy.softmaxCrossEntropyBackward(
    elements(at, 1),
    changetype<LabelledRows>(attributes(at)),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
  );
  return labels(at, bad);
}

export function correctCount(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(labelled(at) && elements(at, 2) == 2);
  const bad = count.correctCount(
    elements(at, 1),
    changetype<LabelledRows>(attributes(at)),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return labels(at, bad);
}

export function multiMargin(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(labelled(at) && elements(at, 2) == elements(at, 1));
  const bad = margin.multiMargin(
    elements(at, 1),
    attribute(at, 0),
    attributeF32(at, 1),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return labels(at, bad);
}

export function multiMarginBackward(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(labelled(at) && elements(at, 2) == elements(at, 0));
  const bad = margin.multiMarginBackward(
    elements(at, 1),
    attribute(at, 0),
    attributeF32(at, 1),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return labels(at, bad);
}

/** One label for each row of logits; the first attribute is the number of classes. */
function labelled(at: Ptr): bool {
  const classes = attribute(at, 0);
  return rowsOf(at, 0, classes) && elements(at, 0) / classes == elements(at, 1);
}

/** Operand 2 has a weight for each class. */
function weighted(at: Ptr): bool {
  return elements(at, 2) == attribute(at, 0);
}

/** bad: 0, or 1 + the first row whose label is out of range. */
function labels(at: Ptr, bad: u32): u32 {
  if (bad == 0) return DONE;
  sessionSet(SESSION_DETAIL, bad - 1);
  sessionSet(SESSION_VALUE, load<u32>(operand(at, 1) + ((bad - 1) << 2)));
  return LABEL_RANGE;
}

export function softCrossEntropy(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(softRows(at) && elements(at, 3) == elements(at, 0) / classes);
  soft.softCrossEntropy(
    elements(at, 3),
    classes,
    attributeF32(at, 1),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
  );
  return DONE;
}

export function softCrossEntropyBackward(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(softRows(at) && elements(at, 3) == elements(at, 0));
  soft.softCrossEntropyBackward(
    elements(at, 0) / classes,
    classes,
    attributeF32(at, 1),
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
  );
  return DONE;
}

/** A target for each logit, and a weight for each class. */
function softRows(at: Ptr): bool {
  return rowsOf(at, 0, attribute(at, 0)) && elements(at, 1) == elements(at, 0) && weighted(at);
}

export function mean(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 1) == 1);
  f32Mean(elements(at, 0), operand(at, 0), operand(at, 1));
  return DONE;
}

export function weightedMean(at: Ptr, checking: bool): u32 {
  if (checking) {
    const scalars = elements(at, 2) == 1 && elements(at, 3) == 1;
    return sizes(elements(at, 1) == elements(at, 0) && scalars);
  }
  f32WeightedMean(elements(at, 0), operand(at, 0), operand(at, 1), operand(at, 2), operand(at, 3));
  return DONE;
}

export function elementLoss(at: Ptr, checking: bool): u32 {
  if (checking) return elementwise(at, 1);
  const loss = changetype<element.ElementLoss>(attributes(at));
  element.elementLoss(elements(at, 0), loss, operand(at, 0), operand(at, 1), operand(at, 2));
  return DONE;
}

export function elementLossBackward(at: Ptr, checking: bool): u32 {
  if (checking) return elementwise(at, elements(at, 0));
  const loss = changetype<element.ElementLoss>(attributes(at));
  element.elementLossBackward(
    elements(at, 0),
    loss,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return DONE;
}

/** A target for each element, a result of n, and a kind that there is. */
function elementwise(at: Ptr, n: u32): u32 {
  if (attribute(at, 0) > LOSS_BINARY_CROSS_ENTROPY) return attributesFit(false);
  return sizes(elements(at, 1) == elements(at, 0) && elements(at, 2) == n);
}

export function binaryCorrectCount(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 1) == elements(at, 0) && elements(at, 2) == 2);
  const threshold = attributeF32(at, 0);
  count.binaryCorrectCount(
    elements(at, 0),
    threshold,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return DONE;
}

/** x − x is 0 for a finite number and NaN for every other. */
export function checkFinite(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 0) == 1);
  const x = load<f32>(operand(at, 0));
  return x - x == 0 ? DONE : NON_FINITE;
}
