import { LOSS_BINARY_CROSS_ENTROPY } from "../../abi/losses";
import { SESSION_DETAIL, SESSION_VALUE } from "../../abi/session";
import { DONE, LABEL_RANGE, NON_FINITE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32Mean, f32WeightedMean } from "../../kernels/reduce";
import * as count from "../../losses/correct-count";
import * as element from "../../losses/element";
import { LabelledRows } from "../../losses/labelled-rows";
import * as margin from "../../losses/multi-margin";
import { oneHot as oneHotRows } from "../../losses/one-hot";
import * as soft from "../../losses/soft-cross-entropy";
import * as crossEntropy from "../../losses/softmax-cross-entropy";
import { attribute, attributeF32, attributes, elements, operand } from "../instruction";
import { sessionSet } from "../session";
import { attributesFit, rowsOf, sizes } from "./check";

export function softmaxCrossEntropy(at: Ptr, checking: bool): u32 {
  if (checking) {
    const rows = elements(1);
    return sizes(labelled(at) && weighted(at) && elements(3) == rows && elements(4) == rows);
  }
  const bad = crossEntropy.softmaxCrossEntropy(
    elements(1),
    changetype<LabelledRows>(attributes(at)),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
  );
  return labels(bad);
}

export function softmaxCrossEntropyBackward(at: Ptr, checking: bool): u32 {
  if (checking) {
    const fits = elements(3) == 1 && elements(4) == elements(0);
    return sizes(labelled(at) && weighted(at) && fits);
  }
  const bad = crossEntropy.softmaxCrossEntropyBackward(
    elements(1),
    changetype<LabelledRows>(attributes(at)),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
  );
  return labels(bad);
}

export function correctCount(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(labelled(at) && elements(2) == 2);
  const bad = count.correctCount(
    elements(1),
    changetype<LabelledRows>(attributes(at)),
    operand(0),
    operand(1),
    operand(2),
  );
  return labels(bad);
}

export function multiMargin(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(labelled(at) && elements(2) == elements(1));
  const bad = margin.multiMargin(
    elements(1),
    attribute(at, 0),
    attributeF32(at, 1),
    operand(0),
    operand(1),
    operand(2),
  );
  return labels(bad);
}

export function multiMarginBackward(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(labelled(at) && elements(2) == elements(0));
  const bad = margin.multiMarginBackward(
    elements(1),
    attribute(at, 0),
    attributeF32(at, 1),
    operand(0),
    operand(1),
    operand(2),
  );
  return labels(bad);
}

export function oneHot(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(rowsOf(1, classes) && elements(1) / classes == elements(0));
  return labels(oneHotRows(elements(0), classes, operand(0), operand(1)), 0);
}

/** One label for each row of logits; the first attribute is the number of classes. */
function labelled(at: Ptr): bool {
  const classes = attribute(at, 0);
  return rowsOf(0, classes) && elements(0) / classes == elements(1);
}

/** Operand 2 has a weight for each class. */
function weighted(at: Ptr): bool {
  return elements(2) == attribute(at, 0);
}

/** bad: 0, or 1 + the first row whose label, in operand k, is out of range. */
function labels(bad: u32, k: u32 = 1): u32 {
  if (bad == 0) return DONE;
  sessionSet(SESSION_DETAIL, bad - 1);
  sessionSet(SESSION_VALUE, load<u32>(operand(k) + ((bad - 1) << 2)));
  return LABEL_RANGE;
}

export function softCrossEntropy(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(softRows(at) && elements(3) == elements(0) / classes);
  soft.softCrossEntropy(
    elements(3),
    classes,
    attributeF32(at, 1),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
  );
  return DONE;
}

export function softCrossEntropyBackward(at: Ptr, checking: bool): u32 {
  const classes = attribute(at, 0);
  if (checking) return sizes(softRows(at) && elements(3) == elements(0));
  soft.softCrossEntropyBackward(
    elements(0) / classes,
    classes,
    attributeF32(at, 1),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
  );
  return DONE;
}

/** A target for each logit, and a weight for each class. */
function softRows(at: Ptr): bool {
  return rowsOf(0, attribute(at, 0)) && elements(1) == elements(0) && weighted(at);
}

export function mean(checking: bool): u32 {
  if (checking) return sizes(elements(1) == 1);
  f32Mean(elements(0), operand(0), operand(1));
  return DONE;
}

export function weightedMean(checking: bool): u32 {
  if (checking) {
    const scalars = elements(2) == 1 && elements(3) == 1;
    return sizes(elements(1) == elements(0) && scalars);
  }
  f32WeightedMean(elements(0), operand(0), operand(1), operand(2), operand(3));
  return DONE;
}

export function elementLoss(at: Ptr, checking: bool): u32 {
  if (checking) return elementwise(at, 1);
  const loss = changetype<element.ElementLoss>(attributes(at));
  element.elementLoss(elements(0), loss, operand(0), operand(1), operand(2));
  return DONE;
}

export function elementLossBackward(at: Ptr, checking: bool): u32 {
  if (checking) return elementwise(at, elements(0));
  const loss = changetype<element.ElementLoss>(attributes(at));
  element.elementLossBackward(elements(0), loss, operand(0), operand(1), operand(2));
  return DONE;
}

/** A target for each element, a result of n, and a kind that there is. */
function elementwise(at: Ptr, n: u32): u32 {
  if (attribute(at, 0) > LOSS_BINARY_CROSS_ENTROPY) return attributesFit(false);
  return sizes(elements(1) == elements(0) && elements(2) == n);
}

export function binaryCorrectCount(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(1) == elements(0) && elements(2) == 2);
  const threshold = attributeF32(at, 0);
  count.binaryCorrectCount(elements(0), threshold, operand(0), operand(1), operand(2));
  return DONE;
}

/** x − x is 0 for a finite number and NaN for every other. */
export function checkFinite(checking: bool): u32 {
  if (checking) return sizes(elements(0) == 1);
  const x = load<f32>(operand(0));
  return x - x == 0 ? DONE : NON_FINITE;
}
