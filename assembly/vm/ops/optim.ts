import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { adamBegin as adamCorrect, adamUpdate } from "../../optim/adam";
import * as clip from "../../optim/clip";
import { sgdMomentumUpdate, sgdUpdate } from "../../optim/sgd";
import { attribute, attributeF32, attributes, elements, operand } from "../instruction";
import { attributesFit, sizes } from "./check";

export function squareSum(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 1) == 1);
  clip.clipSquareSum(elements(at, 0), operand(at, 0), operand(at, 1));
  return DONE;
}

export function clipNormFactor(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 0) == 1 && elements(at, 1) == 1 && elements(at, 2) == 1);
  clip.clipNormFactor(attributeF32(at, 0), operand(at, 0), operand(at, 1), operand(at, 2));
  return DONE;
}

export function scaleBy(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 0) == 1);
  clip.clipScaleBy(elements(at, 1), operand(at, 0), operand(at, 1));
  return DONE;
}

export function clipValue(at: Ptr, checking: bool): u32 {
  if (checking) return DONE;
  clip.clipValue(elements(at, 0), attributeF32(at, 0), operand(at, 0));
  return DONE;
}

export function sgd(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 0) == 1 && elements(at, 1) == elements(at, 2));
  sgdUpdate(
    elements(at, 1),
    load<f32>(operand(at, 0)),
    attributeF32(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return DONE;
}

export function sgdMomentum(at: Ptr, checking: bool): u32 {
  if (checking) {
    const n = elements(at, 1);
    if (attribute(at, 2) > 1) return attributesFit(false);
    return sizes(elements(at, 0) == 1 && elements(at, 2) == n && elements(at, 3) == n);
  }
  sgdMomentumUpdate(
    elements(at, 1),
    load<f32>(operand(at, 0)),
    attributeF32(at, 0),
    attributeF32(at, 1),
    attribute(at, 2) != 0,
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
  );
  return DONE;
}

export function adamBegin(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(at, 0) == 4);
  const betas = attributes(at);
  adamCorrect(load<f64>(betas), load<f64>(betas, 8), operand(at, 0));
  return DONE;
}

export function adam(at: Ptr, checking: bool): u32 {
  if (checking) {
    const n = elements(at, 2);
    if (attribute(at, 6) > 1) return attributesFit(false);
    const states = elements(at, 3) == n && elements(at, 4) == n && elements(at, 5) == n;
    return sizes(states && elements(at, 0) == 1 && elements(at, 1) == 4);
  }
  adamUpdate(
    elements(at, 2),
    load<f32>(operand(at, 0)),
    attributeF32(at, 0),
    attributeF32(at, 1),
    attributeF32(at, 2),
    attributeF32(at, 3),
    attributeF32(at, 4),
    attributeF32(at, 5),
    attribute(at, 6) != 0,
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
  );
  return DONE;
}
