import * as kinds from "../abi/functions";
import { erf } from "../base/erf";
import * as lanes from "../base/lanes";
import { Ptr } from "../base/ptr";

// Functions too rare for a kernel of their own: one loop with a switch inside. It runs over the padding of its
// tensors, so that there is no tail.

const SQRT_HALF: f32 = 0.70710677;
/** 2/√π */
const ERF_SLOPE: f32 = 1.1283792;
/** 1/√(2π) */
const NORMAL_PEAK: f32 = 0.3989423;
/** √(2/π) */
const GELU_SCALE: f32 = 0.7978846;
const GELU_CUBE: f32 = 0.044715;
const GELU_CUBE_SLOPE: f32 = 0.134145;
const SIXTH: f32 = 0.16666667;
const THIRD: f32 = 0.33333334;
/** Where mish x is x in f32, and (1 + eˣ)⁴ still finite. */
const MISH_MAX: f32 = 20;

/** The attribute words of UNARY and UNARY_BACKWARD, in their order. */
@unmanaged
export class UnaryFunction {
  kind: u32;
  a: f32;
  b: f32;
  c: f32;
}

/** y[n] = f(x) */
export function f32Unary(n: u32, f: UnaryFunction, x: Ptr, y: Ptr): void {
  if (ASC_FEATURE_SIMD) map<v128>(n, f, x, y);
  else map<f32>(n, f, x, y);
}

/** dx[n] = dy·f′, where saved is x or y, whichever the kind asks for. */
export function f32UnaryBackward(n: u32, f: UnaryFunction, saved: Ptr, dy: Ptr, dx: Ptr): void {
  if (ASC_FEATURE_SIMD) mapBackward<v128>(n, f, saved, dy, dx);
  else mapBackward<f32>(n, f, saved, dy, dx);
}

function map<T>(n: u32, f: UnaryFunction, x: Ptr, y: Ptr): void {
  const step = sizeof<T>();
  for (let i: u32 = 0; i < n; i += lanes.width<T>(), x += step, y += step) {
    store<T>(y, inline.always(value<T>(f, load<T>(x))));
  }
}

function mapBackward<T>(n: u32, f: UnaryFunction, saved: Ptr, dy: Ptr, dx: Ptr): void {
  const step = sizeof<T>();
  for (let i: u32 = 0; i < n; i += lanes.width<T>(), saved += step, dy += step, dx += step) {
    store<T>(dx, gradient<T>(f, load<T>(saved), load<T>(dy)));
  }
}

function value<T>(f: UnaryFunction, x: T): T {
  const zero = lanes.splat<T>(0);
  const one = lanes.splat<T>(1);
  switch (f.kind) {
    case kinds.UNARY_ABS:
      return lanes.absolute<T>(x);
    case kinds.UNARY_EXP:
      return powerOfE<T>(f.kind, f.a, x);
    case kinds.UNARY_LOG:
      return lanes.log<T>(x);
    case kinds.UNARY_SQRT:
      return lanes.root<T>(x);
    case kinds.UNARY_RECIPROCAL:
      return lanes.div<T>(one, x);
    case kinds.UNARY_ERF:
      return erf<T>(x);
    case kinds.UNARY_LEAKY_RELU:
      return lanes.ifLess<T>(x, zero, lanes.scaled<T>(f.a, x), x);
    case kinds.UNARY_ELU: {
      const below = lanes.scaled<T>(f.a, expMinus1<T>(f.b, x));
      return lanes.ifLess<T>(zero, x, lanes.scaled<T>(f.c, x), below);
    }
    case kinds.UNARY_GELU:
      return lanes.mul<T>(x, normal<T>(x));
    case kinds.UNARY_GELU_TANH:
      return lanes.mul<T>(lanes.scaled<T>(0.5, x), lanes.add<T>(one, geluTanh<T>(x)));
    case kinds.UNARY_HARD_SIGMOID:
      return hardSigmoid<T>(f.a, f.b, x);
    case kinds.UNARY_HARD_SWISH:
      return lanes.mul<T>(x, hardSigmoid<T>(SIXTH, 0.5, x));
    case kinds.UNARY_SWISH:
      return lanes.mul<T>(x, logistic<T>(f, x));
    case kinds.UNARY_MISH: {
      const n = mishPower<T>(powerOfE<T>(f.kind, f.a, x));
      return lanes.mul<T>(x, lanes.div<T>(n, lanes.add<T>(n, lanes.splat<T>(2))));
    }
    case kinds.UNARY_SOFTPLUS:
      return lanes.add<T>(lanes.most<T>(x, zero), log1Plus<T>(powerOfE<T>(f.kind, f.a, x)));
    case kinds.UNARY_SOFTSIGN:
      return lanes.div<T>(x, lanes.add<T>(one, lanes.absolute<T>(x)));
    case kinds.UNARY_CLIP:
      return clip<T>(x, f.a, f.b);
    default:
      return lanes.ifLess<T>(lanes.splat<T>(f.a), x, x, zero);
  }
}

function gradient<T>(f: UnaryFunction, saved: T, dy: T): T {
  const zero = lanes.splat<T>(0);
  const one = lanes.splat<T>(1);
  switch (f.kind) {
    case kinds.UNARY_ABS:
      return lanes.ifLess<T>(zero, saved, dy, lanes.ifLess<T>(saved, zero, lanes.neg<T>(dy), zero));
    case kinds.UNARY_EXP:
      return lanes.mul<T>(dy, saved);
    case kinds.UNARY_LOG:
      return lanes.div<T>(dy, saved);
    case kinds.UNARY_SQRT: {
      const slope = lanes.div<T>(dy, lanes.add<T>(saved, saved));
      return lanes.ifEqual<T>(saved, zero, zero, slope);
    }
    case kinds.UNARY_RECIPROCAL:
      return lanes.neg<T>(lanes.mul<T>(lanes.mul<T>(dy, saved), saved));
    case kinds.UNARY_ERF:
      return lanes.mul<T>(dy, lanes.scaled<T>(ERF_SLOPE, powerOfE<T>(f.kind, f.a, saved)));
    case kinds.UNARY_LEAKY_RELU:
      return lanes.ifLess<T>(zero, saved, dy, lanes.scaled<T>(f.a, dy));
    case kinds.UNARY_ELU: {
      const below = lanes.scaled<T>(f.b, lanes.add<T>(saved, lanes.splat<T>(f.a)));
      return lanes.mul<T>(dy, lanes.ifLess<T>(zero, saved, lanes.splat<T>(f.c), below));
    }
    case kinds.UNARY_GELU: {
      const density = lanes.scaled<T>(NORMAL_PEAK, powerOfE<T>(f.kind, f.a, saved));
      return lanes.mul<T>(dy, lanes.add<T>(normal<T>(saved), lanes.mul<T>(saved, density)));
    }
    case kinds.UNARY_GELU_TANH:
      return lanes.mul<T>(dy, geluTanhSlope<T>(saved));
    case kinds.UNARY_HARD_SIGMOID:
      return inside<T>(saved, 0, 1, lanes.scaled<T>(f.a, dy));
    case kinds.UNARY_HARD_SWISH: {
      const slope = lanes.add<T>(lanes.scaled<T>(THIRD, saved), lanes.splat<T>(0.5));
      const above = lanes.ifLess<T>(lanes.splat<T>(3), saved, one, slope);
      return lanes.mul<T>(dy, lanes.ifLess<T>(saved, lanes.splat<T>(-3), zero, above));
    }
    case kinds.UNARY_SWISH: {
      const ax = lanes.scaled<T>(f.a, saved);
      const s = logistic<T>(f, saved);
      const rest = lanes.add<T>(one, lanes.mul<T>(ax, lanes.sub<T>(one, s)));
      return lanes.mul<T>(dy, lanes.mul<T>(s, rest));
    }
    case kinds.UNARY_MISH:
      return lanes.mul<T>(dy, mishSlope<T>(saved, powerOfE<T>(f.kind, f.a, saved)));
    case kinds.UNARY_SOFTPLUS:
      return lanes.mul<T>(dy, logistic<T>(f, saved));
    case kinds.UNARY_SOFTSIGN: {
      const rest = lanes.sub<T>(one, lanes.absolute<T>(saved));
      return lanes.mul<T>(lanes.mul<T>(dy, rest), rest);
    }
    case kinds.UNARY_CLIP:
      return inside<T>(saved, f.a, f.b, dy);
    default:
      return lanes.ifEqual<T>(saved, zero, zero, dy);
  }
}

/**
 * The power of e in a kind's value or slope: e^(−x²), e^(−x²/2), e^−|a·x|, e^min(x, 20), or eˣ. In one place, since
 * exp would be inlined in each.
 */
export function powerOfE<T>(kind: u32, a: f32, x: T): T {
  let power = x;
  switch (kind) {
    case kinds.UNARY_ERF:
      power = lanes.neg<T>(lanes.mul<T>(x, x));
      break;
    case kinds.UNARY_GELU:
      power = lanes.scaled<T>(-0.5, lanes.mul<T>(x, x));
      break;
    case kinds.UNARY_SWISH:
    case kinds.UNARY_SOFTPLUS:
      power = lanes.neg<T>(lanes.absolute<T>(lanes.scaled<T>(a, x)));
      break;
    case kinds.UNARY_MISH:
      power = lanes.least<T>(x, lanes.splat<T>(MISH_MAX));
      break;
  }
  return lanes.exp<T>(power);
}

/** σ(a·x), as base/sigmoid.ts has it. */
function logistic<T>(f: UnaryFunction, x: T): T {
  const one = lanes.splat<T>(1);
  const e = powerOfE<T>(f.kind, f.a, x);
  const top = lanes.ifLess<T>(lanes.scaled<T>(f.a, x), lanes.splat<T>(0), e, one);
  return lanes.div<T>(top, lanes.add<T>(one, e));
}

/** e^(factor·x) − 1 = 2t/(1 − t), t = tanh(factor·x/2), for factor·x ≤ 0: exact near 0 too. */
function expMinus1<T>(factor: f32, x: T): T {
  const t = lanes.tanh<T>(lanes.scaled<T>(0.5 * factor, x));
  return lanes.div<T>(lanes.add<T>(t, t), lanes.sub<T>(lanes.splat<T>(1), t));
}

/** log(1 + x) for 0 ≤ x ≤ 1: log of w = 1 + x as rounded, times x/(w − 1) (Kahan). */
function log1Plus<T>(x: T): T {
  const w = lanes.add<T>(lanes.splat<T>(1), x);
  const kept = lanes.sub<T>(w, lanes.splat<T>(1));
  const y = lanes.mul<T>(lanes.log<T>(w), lanes.div<T>(x, kept));
  return lanes.ifEqual<T>(kept, lanes.splat<T>(0), x, y);
}

/** Φ(x) = (1 + erf(x/√2))/2 */
function normal<T>(x: T): T {
  const e = erf<T>(lanes.scaled<T>(SQRT_HALF, x));
  return lanes.scaled<T>(0.5, lanes.add<T>(lanes.splat<T>(1), e));
}

function geluTanh<T>(x: T): T {
  const cube = lanes.scaled<T>(GELU_CUBE, lanes.mul<T>(lanes.mul<T>(x, x), x));
  return lanes.tanh<T>(lanes.scaled<T>(GELU_SCALE, lanes.add<T>(x, cube)));
}

function geluTanhSlope<T>(x: T): T {
  const one = lanes.splat<T>(1);
  const t = geluTanh<T>(x);
  const square = lanes.scaled<T>(GELU_CUBE_SLOPE, lanes.mul<T>(x, x));
  const inner = lanes.scaled<T>(GELU_SCALE, lanes.add<T>(one, square));
  const outer = lanes.mul<T>(x, lanes.sub<T>(one, lanes.mul<T>(t, t)));
  const sum = lanes.add<T>(lanes.add<T>(one, t), lanes.mul<T>(outer, inner));
  return lanes.scaled<T>(0.5, sum);
}

function clip<T>(x: T, low: f32, high: f32): T {
  return lanes.least<T>(lanes.most<T>(x, lanes.splat<T>(low)), lanes.splat<T>(high));
}

/** low < y < high ? dy : 0 */
function inside<T>(y: T, low: f32, high: f32, dy: T): T {
  const zero = lanes.splat<T>(0);
  const below = lanes.ifLess<T>(y, lanes.splat<T>(high), dy, zero);
  return lanes.ifLess<T>(lanes.splat<T>(low), y, below, zero);
}

function hardSigmoid<T>(alpha: f32, beta: f32, x: T): T {
  return clip<T>(lanes.add<T>(lanes.scaled<T>(alpha, x), lanes.splat<T>(beta)), 0, 1);
}

// With e = eˣ and n = e·(e + 2), tanh(log(1 + e)) = n/(n + 2): sums of positive terms, nothing cancels.

function mishPower<T>(e: T): T {
  return lanes.mul<T>(e, lanes.add<T>(e, lanes.splat<T>(2)));
}

/** n/(n + 2) + 4·x·e·(1 + e)/(n + 2)² */
function mishSlope<T>(x: T, e: T): T {
  const n = mishPower<T>(e);
  const bottom = lanes.add<T>(n, lanes.splat<T>(2));
  const top = lanes.scaled<T>(4, lanes.mul<T>(e, lanes.add<T>(e, lanes.splat<T>(1))));
  const rest = lanes.div<T>(lanes.div<T>(lanes.mul<T>(x, top), bottom), bottom);
  return lanes.add<T>(lanes.div<T>(n, bottom), rest);
}
