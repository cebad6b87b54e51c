// Both functions do the same operations in the same order, so a lane has the bits of the scalar.

/** ln 2 in two parts; n·LN2_HIGH is exact for every |n| < 2¹⁵. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194442e-4;
const MIN_NORMAL: f32 = 1.17549435e-38;
/** Lifts a denormal among the normal numbers. */
const LIFT: f32 = 8388608;
const LIFT_EXPONENT: f32 = 23;
/** Bits of √½: mantissas are taken from [√½, √2). */
const ROOT_HALF_BITS: i32 = 0x3f3504f3;

// (log(1 + f) − f + f²/2) / f³ on √½ ≤ 1 + f ≤ √2, a minimax fit (Remez); relative error 2^-30.3.
const C3: f32 = 0.33333313;
const C4: f32 = -0.25000009;
const C5: f32 = 0.2000212;
const C6: f32 = -0.16667995;
const C7: f32 = 0.14219555;
const C8: f32 = -0.12405597;
const C9: f32 = 0.11888154;
const C10: f32 = -0.116756044;
const C11: f32 = 0.067466028;

/**
 * log x, the natural logarithm.
 *
 *   x = 2ⁿ·(1 + f), √½ ≤ 1 + f < √2        log x = n·ln 2 + f − f²/2 + f³·C(f)
 *
 * At most 1 ULP from the real value, for denormals too. log 0 = −∞, log ∞ = ∞, x < 0 and NaN → NaN.
 */
export function log1(x: f32): f32 {
  const small = x < MIN_NORMAL;
  const lifted = small ? x * LIFT : x;
  const bits = reinterpret<i32>(lifted) - ROOT_HALF_BITS;
  const n = f32(bits >> 23) - (small ? LIFT_EXPONENT : 0);
  const f = reinterpret<f32>((bits & 0x7fffff) + ROOT_HALF_BITS) - 1;
  let tail = ((C11 * f + C10) * f + C9) * f + C8;
  tail = (((tail * f + C7) * f + C6) * f + C5) * f + C4;
  tail = tail * f + C3;
  const square = f * f;
  let y = tail * f * square + n * LN2_LOW - square * 0.5;
  y = y + f + n * LN2_HIGH;
  if (!(x < Infinity)) y = x; // ∞ and NaN
  return x > 0 ? y : x == 0 ? -Infinity : NaN;
}

/** log x of four lanes, each with the bits of `log1`. */
export function log4(x: v128): v128 {
  const zero = f32x4.splat(0);
  const small = f32x4.lt(x, f32x4.splat(MIN_NORMAL));
  const lifted = v128.bitselect(f32x4.mul(x, f32x4.splat(LIFT)), x, small);
  const bits = i32x4.sub(lifted, i32x4.splat(ROOT_HALF_BITS));
  let n = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  n = f32x4.sub(n, v128.and(small, f32x4.splat(LIFT_EXPONENT)));
  const mantissa = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(ROOT_HALF_BITS));
  const f = f32x4.sub(mantissa, f32x4.splat(1));
  let tail = f32x4.add(f32x4.mul(f32x4.splat(C11), f), f32x4.splat(C10));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C9));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C8));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C7));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C6));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C5));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C4));
  tail = f32x4.add(f32x4.mul(tail, f), f32x4.splat(C3));
  const square = f32x4.mul(f, f);
  let y = f32x4.mul(f32x4.mul(tail, f), square);
  y = f32x4.add(y, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)));
  y = f32x4.add(f32x4.add(y, f), f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  y = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(Infinity)));
  const rest = v128.bitselect(f32x4.splat(-Infinity), f32x4.splat(NaN), f32x4.eq(x, zero));
  return v128.bitselect(y, rest, f32x4.gt(x, zero));
}
