import { SESSION_BATCH, SESSION_ROW } from "../../abi/session";
import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import {
  f32BatchNorm,
  f32BatchNormInvStd,
  f32BatchNormMerge,
  f32BatchNormRunning,
  f32BatchNormStats,
} from "../../kernels/batch-norm";
import {
  f32BatchNormBackwardInput,
  f32BatchNormBackwardParams,
  f32BatchNormFrozenBackwardInput,
} from "../../kernels/batch-norm-backward";
import { attribute, attributeF32, elements, operand } from "../instruction";
import { sessionGet } from "../session";
import { attributesFit, rowsOf, sameSizes, sizes } from "./check";

export function batchNormStats(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) return sizes(rowsOf(at, 0, channels) && channelSizes(at, channels, 1, 2));
  f32BatchNormStats(
    elements(at, 0) / channels,
    channels,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
  );
  return DONE;
}

export function batchNormInvStd(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32BatchNormInvStd(elements(at, 0), attributeF32(at, 0), operand(at, 0), operand(at, 1));
  return DONE;
}

export function batchNorm(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const rows = rowsOf(at, 0, channels) && elements(at, 5) == elements(at, 0);
    return sizes(rows && channelSizes(at, channels, 1, 4));
  }
  const rows = elements(at, 0) / channels;
  f32BatchNorm(
    rows,
    channels,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
  );
  return DONE;
}

export function batchNormRunning(at: Ptr, checking: bool): u32 {
  const n = <u64>sessionGet(SESSION_BATCH) * attribute(at, 2);
  if (checking) {
    const fit = n != 0 && n <= u32.MAX_VALUE && attribute(at, 3) <= 1;
    return fit ? sameSizes(at) : attributesFit(false);
  }
  f32BatchNormRunning(
    elements(at, 0),
    <u32>n,
    attributeF32(at, 0),
    attributeF32(at, 1),
    attribute(at, 3) != 0,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
  );
  return DONE;
}

export function batchNormMerge(at: Ptr, checking: bool): u32 {
  const spatial = attribute(at, 0);
  if (checking) return spatial == 0 ? attributesFit(false) : sameSizes(at);
  f32BatchNormMerge(
    elements(at, 0),
    <f64>sessionGet(SESSION_ROW) * <f64>spatial,
    <f64>sessionGet(SESSION_BATCH) * <f64>spatial,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
  );
  return DONE;
}

export function batchNormBackwardParams(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const rows = rowsOf(at, 0, channels) && elements(at, 3) == elements(at, 0);
    return sizes(rows && channelSizes(at, channels, 1, 2) && channelSizes(at, channels, 4, 5));
  }
  f32BatchNormBackwardParams(
    elements(at, 0) / channels,
    channels,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
  );
  return DONE;
}

export function batchNormBackwardInput(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const n = elements(at, 0);
    const rows = rowsOf(at, 0, channels) && elements(at, 6) == n && elements(at, 7) == n;
    return sizes(rows && channelSizes(at, channels, 1, 5));
  }
  f32BatchNormBackwardInput(
    elements(at, 0) / channels,
    channels,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
    operand(at, 4),
    operand(at, 5),
    operand(at, 6),
    operand(at, 7),
  );
  return DONE;
}

export function batchNormFrozenBackwardInput(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const rows = rowsOf(at, 2, channels) && elements(at, 3) == elements(at, 2);
    return sizes(rows && channelSizes(at, channels, 0, 1));
  }
  f32BatchNormFrozenBackwardInput(
    elements(at, 2) / channels,
    channels,
    operand(at, 0),
    operand(at, 1),
    operand(at, 2),
    operand(at, 3),
  );
  return DONE;
}

/** Operands first … last hold one element a channel. */
function channelSizes(at: Ptr, channels: u32, first: u32, last: u32): bool {
  for (let k = first; k <= last; ++k) {
    if (elements(at, k) != channels) return false;
  }
  return true;
}
