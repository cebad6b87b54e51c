import { LOSS_HINGE, LOSS_HUBER, LOSS_MAE, LOSS_MSE } from "../abi/losses";
import { exp1, exp4 } from "../base/exp";
import { log1, log4 } from "../base/log";
import { Ptr } from "../base/ptr";
import { sigmoid1, sigmoid4 } from "../base/sigmoid";
import { joinLanes } from "../base/simd";

/** The attribute words of ELEMENT_LOSS: which loss (abi/losses.ts), and its delta, margin or weight. */
@unmanaged
export class ElementLoss {
  kind: u32;
  parameter: f32;
}

/** loss[0] = Σ loss(y, target) / n over n elements, in four lanes; writes nothing if n = 0. */
export function elementLoss(n: u32, loss: ElementLoss, y: Ptr, target: Ptr, mean: Ptr): void {
  if (n > 0) store<f32>(mean, lossSum(n, loss.kind, loss.parameter, y, target) / f32(n));
}

function lossSum(n: u32, kind: u32, p: f32, y: Ptr, t: Ptr): f32 {
  if (ASC_FEATURE_SIMD) {
    let sums = f32x4.splat(0);
    for (let i: u32 = 0; i < n; i += 4, y += 16, t += 16) {
      // Padding is read with the last elements, and cut from the sum.
      const inside = i32x4.gt_s(i32x4.splat(n - i), i32x4(0, 1, 2, 3));
      const losses = inline.always(lossOf4(kind, f32x4.splat(p), v128.load(y), v128.load(t)));
      sums = f32x4.add(sums, v128.and(losses, inside));
    }
    return joinLanes(sums);
  }
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  // The four lanes take turns.
  for (let i: u32 = 0; i < n || (i & 3) != 0; ++i, y += 4, t += 4) {
    const sum = i < n ? s0 + lossOf1(kind, p, load<f32>(y), load<f32>(t)) : s0;
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
  }
  return s0 + s1 + (s2 + s3);
}

/** The largest of x and 0; NaN goes through. */
function above1(x: f32): f32 {
  return x < 0 ? 0 : x;
}

function lossOf1(kind: u32, p: f32, y: f32, t: f32): f32 {
  const d = y - t;
  switch (kind) {
    case LOSS_MSE:
      return d * d;
    case LOSS_MAE:
      return abs(d);
    case LOSS_HUBER:
      return abs(d) < p ? abs(d) * abs(d) * 0.5 : p * (abs(d) - p * 0.5);
    case LOSS_HINGE:
      return above1(p - (t > 0 ? y : -y));
    default: {
      const log = log1(exp1(-abs(y)) + 1);
      return p * t * (above1(-y) + log) + (1 - t) * (above1(y) + log);
    }
  }
}

function lossOf4(kind: u32, p: v128, y: v128, t: v128): v128 {
  const zero = f32x4.splat(0),
    half = f32x4.splat(0.5);
  const d = f32x4.sub(y, t);
  const size = f32x4.abs(d);
  switch (kind) {
    case LOSS_MSE:
      return f32x4.mul(d, d);
    case LOSS_MAE:
      return size;
    case LOSS_HUBER: {
      const near = f32x4.mul(f32x4.mul(size, size), half);
      const far = f32x4.mul(p, f32x4.sub(size, f32x4.mul(p, half)));
      return v128.bitselect(near, far, f32x4.lt(size, p));
    }
    case LOSS_HINGE: {
      const own = v128.bitselect(y, f32x4.neg(y), f32x4.gt(t, zero));
      return f32x4.pmax(f32x4.sub(p, own), zero);
    }
    default: {
      const one = f32x4.splat(1);
      const log = log4(f32x4.add(exp4(f32x4.neg(f32x4.abs(y))), one));
      const yes = f32x4.mul(f32x4.mul(p, t), f32x4.add(f32x4.pmax(f32x4.neg(y), zero), log));
      const no = f32x4.mul(f32x4.sub(one, t), f32x4.add(f32x4.pmax(y, zero), log));
      return f32x4.add(yes, no);
    }
  }
}

/** dy[n] = loss′(y, target) / n. dy may lie exactly on y. */
export function elementLossBackward(n: u32, loss: ElementLoss, y: Ptr, t: Ptr, dy: Ptr): void {
  const kind = loss.kind;
  const p = loss.parameter;
  const count = f32(n);
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i += 4, y += 16, t += 16, dy += 16) {
      const slopes = slopeOf4(kind, f32x4.splat(p), v128.load(y), v128.load(t));
      v128.store(dy, f32x4.div(slopes, f32x4.splat(count)));
    }
  } else {
    for (let i: u32 = 0; i < n; ++i, y += 4, t += 4, dy += 4) {
      store<f32>(dy, slopeOf1(kind, p, load<f32>(y), load<f32>(t)) / count);
    }
  }
}

/** The derivative of a loss by y; at a corner 0 for mae, and that of the flat side for hinge. */
function slopeOf1(kind: u32, p: f32, y: f32, t: f32): f32 {
  const d = y - t;
  switch (kind) {
    case LOSS_MSE:
      return d * 2;
    case LOSS_MAE:
      return f32(d > 0) - f32(d < 0);
    case LOSS_HUBER: {
      const least = d < -p ? -p : d;
      return p < least ? p : least;
    }
    case LOSS_HINGE: {
      const sign: f32 = t > 0 ? 1 : -1;
      return p - y * sign > 0 ? -sign : 0;
    }
    default: {
      const s = sigmoid1(y);
      return (1 - t) * s - p * t * (1 - s);
    }
  }
}

function slopeOf4(kind: u32, p: v128, y: v128, t: v128): v128 {
  const zero = f32x4.splat(0),
    one = f32x4.splat(1);
  const d = f32x4.sub(y, t);
  switch (kind) {
    case LOSS_MSE:
      return f32x4.add(d, d);
    case LOSS_MAE:
      return f32x4.sub(v128.and(f32x4.gt(d, zero), one), v128.and(f32x4.lt(d, zero), one));
    case LOSS_HUBER:
      return f32x4.pmin(f32x4.pmax(d, f32x4.neg(p)), p);
    case LOSS_HINGE: {
      const sign = v128.bitselect(one, f32x4.splat(-1), f32x4.gt(t, zero));
      const inside = f32x4.gt(f32x4.sub(p, f32x4.mul(y, sign)), zero);
      return v128.and(f32x4.neg(sign), inside);
    }
    default: {
      const s = sigmoid4(y);
      const no = f32x4.mul(f32x4.sub(one, t), s);
      return f32x4.sub(no, f32x4.mul(f32x4.mul(p, t), f32x4.sub(one, s)));
    }
  }
}
