import {
  PHASE_BATCH,
  PHASE_DROP_LAST,
  PHASE_EPOCHS,
  PHASE_FACTOR,
  PHASE_FLAGS,
  PHASE_LR,
  PHASE_LR_END,
  PHASE_LR_START,
  PHASE_PERIOD,
  PHASE_SCHEDULE,
  PHASE_STEPS,
  PHASE_THRESHOLD,
  PHASE_WARMUP,
  SCHEDULE_CONSTANT,
  SCHEDULE_COSINE,
  SCHEDULE_ONE_CYCLE,
  SCHEDULE_PLATEAU,
  SCHEDULE_STEP,
} from "../abi/program";
import {
  SESSION_EPOCH,
  SESSION_PLATEAU_BAD,
  SESSION_PLATEAU_BEST,
  SESSION_PLATEAU_CUTS,
  SESSION_ROWS,
  SESSION_STEP,
} from "../abi/session";
import { exp1 } from "../base/exp";
import { log1 } from "../base/log";
import { Ptr } from "../base/ptr";
import { SESSION, sessionGet, sessionSet } from "../vm/session";

/**
 * The learning rate of the next step, from the phase's record and the position alone.
 *
 *   step < warmup:  lr·(step + 1)/warmup
 *   then, s of the S steps that are left being done and e epochs of the phase:
 *   STEP         lr·factor^⌊e/period⌋        PyTorch's StepLR; ExponentialLR with period 1
 *   POLYNOMIAL   end + (lr − end)·(1 − s/S)^power        PolynomialLR
 *   COSINE       lr ⤳ end at s/S        CosineAnnealingLR with T_max = S (Loshchilov & Hutter 2017)
 *   ONE_CYCLE    start ⤳ lr ⤳ end, the turn at p = factor·S − 1        OneCycleLR (Smith & Topin 2018)
 *   PLATEAU      max(lr·factor^cuts, end)        ReduceLROnPlateau, mode min, relative threshold
 *
 * a ⤳ b is the half wave b + (a − b)·(1 + cos πx)/2. In f64, with a relative error below 1e-9 before the
 * result is rounded; a power that is not whole costs some 1e-7 more.
 */
export function scheduleRate(phase: Ptr): f32 {
  const lr = load<f64>(phase, PHASE_LR);
  const warmup = load<u32>(phase, PHASE_WARMUP);
  const step = sessionGet(SESSION_STEP);
  if (step < warmup) return f32((lr * (f64(step) + 1)) / f64(warmup));
  return f32(rateAfterWarmup(phase, f64(step - warmup), phaseSteps(phase) - f64(warmup)));
}

function rateAfterWarmup(phase: Ptr, done: f64, steps: f64): f64 {
  const lr = load<f64>(phase, PHASE_LR);
  const schedule = load<u32>(phase, PHASE_SCHEDULE);
  const factor = load<f64>(phase, PHASE_FACTOR);
  const end = load<f64>(phase, PHASE_LR_END);
  if (schedule == SCHEDULE_CONSTANT) return lr;
  if (schedule == SCHEDULE_COSINE) return halfWave(lr, end, done / steps);
  if (schedule == SCHEDULE_ONE_CYCLE) {
    const peak = factor * steps - 1;
    const rises = done < peak;
    const from = rises ? load<f64>(phase, PHASE_LR_START) : lr;
    const part = rises ? done / peak : (done - peak) / (steps - 1 - peak);
    return halfWave(from, rises ? lr : end, part);
  }
  const period = load<u32>(phase, PHASE_PERIOD);
  if (schedule == SCHEDULE_STEP) return lr * power(factor, sessionGet(SESSION_EPOCH) / period);
  if (schedule == SCHEDULE_PLATEAU)
    return max<f64>(lr * power(factor, sessionGet(SESSION_PLATEAU_CUTS)), end);
  const left = 1 - done / steps;
  const root = factor == 0 ? 1 : f64(exp1(f32(factor) * log1(f32(left))));
  return end + (lr - end) * power(left, period) * root;
}

/** How many steps the phase has on the rows there are. */
function phaseSteps(phase: Ptr): f64 {
  const rows = sessionGet(SESSION_ROWS);
  const batch = load<u32>(phase, PHASE_BATCH);
  const dropLast = (load<u32>(phase, PHASE_FLAGS) & PHASE_DROP_LAST) != 0;
  const epochSteps = rows / batch + u32(rows % batch != 0 && !dropLast);
  const byEpochs = f64(load<u32>(phase, PHASE_EPOCHS)) * f64(epochSteps);
  const bySteps = f64(load<u32>(phase, PHASE_STEPS));
  return bySteps == 0 || (byEpochs != 0 && byEpochs < bySteps) ? byEpochs : bySteps;
}

/** xⁿ by repeated squaring. */
function power(x: f64, n: u32): f64 {
  let y: f64 = 1;
  for (; n != 0; n >>= 1, x *= x) {
    if (n & 1) y *= x;
  }
  return y;
}

/**
 * to + (from − to)·(1 + cos πx)/2 for 0 ≤ x ≤ 1, as a squared sine of the way that is left, so that the error
 * stays relative where the wave ends: (1 + cos πx)/2 = sin²(π(1 − x)/2), by Taylor's series up to z¹³.
 */
function halfWave(from: f64, to: f64, x: f64): f64 {
  const z = 1.5707963267948966 * (1 - x);
  const square = z * z;
  let tail = square / 6227020800 - 1 / <f64>39916800;
  tail = tail * square + 1 / <f64>362880;
  tail = tail * square - 1 / <f64>5040;
  tail = tail * square + 1 / <f64>120;
  tail = tail * square - 1 / <f64>6;
  const sine = z + z * square * tail;
  return to + (from - to) * sine * sine;
}

/** A new phase has seen nothing yet. */
export function plateauBegin(): void {
  store<f64>(SESSION, Infinity, SESSION_PLATEAU_BEST);
  sessionSet(SESSION_PLATEAU_BAD, 0);
  sessionSet(SESSION_PLATEAU_CUTS, 0);
}

/** An epoch's metric: the rate is cut after more than `period` epochs in a row that brought no better one. */
export function plateauObserve(phase: Ptr, metric: f64): void {
  const threshold = load<f64>(phase, PHASE_THRESHOLD);
  let bad: u32 = 0;
  if (metric < load<f64>(SESSION, SESSION_PLATEAU_BEST) * (1 - threshold)) {
    store<f64>(SESSION, metric, SESSION_PLATEAU_BEST);
  } else {
    bad = sessionGet(SESSION_PLATEAU_BAD) + 1;
    if (bad > load<u32>(phase, PHASE_PERIOD)) {
      bad = 0;
      sessionSet(SESSION_PLATEAU_CUTS, sessionGet(SESSION_PLATEAU_CUTS) + 1);
    }
  }
  sessionSet(SESSION_PLATEAU_BAD, bad);
}
