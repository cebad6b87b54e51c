import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { AdadeltaOptions, adadeltaDirection } from "../../optim/adadelta";
import {
  AdamOptions,
  adamBegin as adamCorrect,
  adamUpdate,
  nadamBegin as nadamCorrect,
} from "../../optim/adam";
import { AdamaxOptions, adamaxUpdate } from "../../optim/adamax";
import * as clip from "../../optim/clip";
import { LionOptions, lionUpdate } from "../../optim/lion";
import { rateDecay as rateDecayed } from "../../optim/rate-decay";
import { RmsOptions, rmsNormalize as rmsNormalized } from "../../optim/rms";
import { MomentumOptions, sgdMomentumUpdate, sgdUpdate } from "../../optim/sgd";
import {
  attribute,
  attributeF32,
  attributes,
  elements,
  opcodeOperands,
  operand,
} from "../instruction";
import { attributesFit, sameSizes, sameSizesFrom, sizes } from "./check";

export function squareSum(checking: bool): u32 {
  if (checking) return sizes(elements(1) == 1);
  clip.clipSquareSum(elements(0), operand(0), operand(1));
  return DONE;
}

export function clipNormFactor(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(0) == 1 && elements(1) == 1 && elements(2) == 1);
  clip.clipNormFactor(attributeF32(at, 0), operand(0), operand(1), operand(2));
  return DONE;
}

export function scaleBy(checking: bool): u32 {
  if (checking) return sizes(elements(0) == 1);
  clip.clipScaleBy(elements(1), operand(0), operand(1));
  return DONE;
}

export function clipValue(at: Ptr, checking: bool): u32 {
  if (checking) return DONE;
  clip.clipValue(elements(0), attributeF32(at, 0), operand(0));
  return DONE;
}

export function sgd(at: Ptr, checking: bool): u32 {
  if (checking) return rateFits(at);
  sgdUpdate(elements(1), rate(), attributeF32(at, 0), operand(1), operand(2));
  return DONE;
}

export function sgdMomentum(at: Ptr, checking: bool): u32 {
  if (checking) {
    if (attribute(at, 2) > 1) return attributesFit(false);
    return rateAndFits(at, 1);
  }
  sgdMomentumUpdate(
    elements(2),
    changetype<MomentumOptions>(attributes(at)),
    rate(),
    load<f32>(operand(1)),
    operand(2),
    operand(3),
    operand(4),
  );
  return DONE;
}

/** Elements of the corrections: three f64. */
const CORRECTIONS: u32 = 6;

export function adamBegin(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(0) == CORRECTIONS);
  const betas = attributes(at);
  adamCorrect(load<f64>(betas), load<f64>(betas, 8), operand(0));
  return DONE;
}

export function nadamBegin(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(0) == 4 && elements(1) == CORRECTIONS);
  const betas = attributes(at);
  nadamCorrect(load<f64>(betas), load<f64>(betas, 8), load<f64>(betas, 16), operand(0), operand(1));
  return DONE;
}

/** ADAM, and AMSGRAD, which has one operand more. */
export function adam(at: Ptr, checking: bool): u32 {
  if (checking) {
    if ((attribute(at, 6) | attribute(at, 7)) > 1) return attributesFit(false);
    return rateAndFits(at, CORRECTIONS);
  }
  adamUpdate(
    elements(2),
    changetype<AdamOptions>(attributes(at)),
    rate(),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
    operandOrNone(at, 6),
  );
  return DONE;
}

export function adamax(at: Ptr, checking: bool): u32 {
  if (checking) return rateAndFits(at, CORRECTIONS);
  adamaxUpdate(
    elements(2),
    changetype<AdamaxOptions>(attributes(at)),
    rate(),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
  );
  return DONE;
}

/** RMS_NORMALIZE, and RMS_NORMALIZE_CENTERED, which has one operand more. */
export function rmsNormalize(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  rmsNormalized(
    elements(0),
    changetype<RmsOptions>(attributes(at)),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operandOrNone(at, 4),
  );
  return DONE;
}

export function adadelta(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  adadeltaDirection(
    elements(0),
    changetype<AdadeltaOptions>(attributes(at)),
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
  );
  return DONE;
}

export function lion(at: Ptr, checking: bool): u32 {
  if (checking) return rateFits(at);
  lionUpdate(
    elements(1),
    changetype<LionOptions>(attributes(at)),
    rate(),
    operand(1),
    operand(2),
    operand(3),
  );
  return DONE;
}

export function rateDecay(at: Ptr, checking: bool): u32 {
  if (checking) return sizes(elements(0) == 1 && elements(1) == 1 && elements(2) == 2);
  rateDecayed(load<f64>(attributes(at)), operand(0), operand(1), operand(2));
  return DONE;
}

/** The learning rate, operand 0 of an update. */
function rate(): f32 {
  return load<f32>(operand(0));
}

/** Operand 0 is the rate, the rest are the weight and what belongs to it. */
function rateFits(at: Ptr): u32 {
  return elements(0) == 1 ? sameSizesFrom(at, 1) : sizes(false);
}

/** The same with an operand 1 of so many elements before the rest. */
function rateAndFits(at: Ptr, second: u32): u32 {
  return elements(0) == 1 && elements(1) == second ? sameSizesFrom(at, 2) : sizes(false);
}

/** The address of an operand that only one of two opcodes has; 0 is none. */
function operandOrNone(at: Ptr, k: u32): Ptr {
  return k < opcodeOperands(load<u32>(at)) ? operand(k) : 0;
}
