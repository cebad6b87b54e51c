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
  if (checking) return sizes(rowsOf(0, channels) && channelSizes(channels, 1, 2));
  f32BatchNormStats(elements(0) / channels, channels, operand(0), operand(1), operand(2));
  return DONE;
}

export function batchNormInvStd(at: Ptr, checking: bool): u32 {
  if (checking) return sameSizes(at);
  f32BatchNormInvStd(elements(0), attributeF32(at, 0), operand(0), operand(1));
  return DONE;
}

export function batchNorm(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const rows = rowsOf(0, channels) && elements(5) == elements(0);
    return sizes(rows && channelSizes(channels, 1, 4));
  }
  const rows = elements(0) / channels;
  f32BatchNorm(
    rows,
    channels,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
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
    elements(0),
    <u32>n,
    attributeF32(at, 0),
    attributeF32(at, 1),
    attribute(at, 3) != 0,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
  );
  return DONE;
}

export function batchNormMerge(at: Ptr, checking: bool): u32 {
  const spatial = attribute(at, 0);
  if (checking) return spatial == 0 ? attributesFit(false) : sameSizes(at);
  f32BatchNormMerge(
    elements(0),
    <f64>sessionGet(SESSION_ROW) * <f64>spatial,
    <f64>sessionGet(SESSION_BATCH) * <f64>spatial,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
  );
  return DONE;
}

export function batchNormBackwardParams(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const rows = rowsOf(0, channels) && elements(3) == elements(0);
    return sizes(rows && channelSizes(channels, 1, 2) && channelSizes(channels, 4, 5));
  }
  f32BatchNormBackwardParams(
    elements(0) / channels,
    channels,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
  );
  return DONE;
}

export function batchNormBackwardInput(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const n = elements(0);
    const rows = rowsOf(0, channels) && elements(6) == n && elements(7) == n;
    return sizes(rows && channelSizes(channels, 1, 5));
  }
  f32BatchNormBackwardInput(
    elements(0) / channels,
    channels,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
    operand(4),
    operand(5),
    operand(6),
    operand(7),
  );
  return DONE;
}

export function batchNormFrozenBackwardInput(at: Ptr, checking: bool): u32 {
  const channels = attribute(at, 0);
  if (checking) {
    const rows = rowsOf(2, channels) && elements(3) == elements(2);
    return sizes(rows && channelSizes(channels, 0, 1));
  }
  f32BatchNormFrozenBackwardInput(
    elements(2) / channels,
    channels,
    operand(0),
    operand(1),
    operand(2),
    operand(3),
  );
  return DONE;
}

/** Operands first … last hold one element a channel. */
function channelSizes(channels: u32, first: u32, last: u32): bool {
  for (let k = first; k <= last; ++k) {
    if (elements(k) != channels) return false;
  }
  return true;
}
