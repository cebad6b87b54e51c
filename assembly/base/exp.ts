// Both functions do the same operations in the same order, so a lane has the bits of the scalar. No
// fused multiply-add in any flavour, and float → integer by adding 1.5·2²³, which cannot trap.

/** log₂ e */
const LOG2_E: f32 = 1.44269502;
/** ln 2 in two parts; n·LN2_HIGH is exact for every |n| < 2¹⁵. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194442e-4;
/** Adding it rounds to the nearest integer, which then stands in the low bits. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;
/**
 * Outside these eˣ is 0 or ∞ in f32; within them both halves of the scale 2ⁿ are normal numbers.
 */
const X_MIN: f32 = -104;
const X_MAX: f32 = 89;

// (eʳ − 1 − r) / r² on |r| ≤ ln 2 / 2, a minimax fit (Remez); relative error of eʳ 2^-28.2.
const C2: f32 = 0.49999994;
const C3: f32 = 0.16666518;
const C4: f32 = 0.041668422;
const C5: f32 = 0.008369063;
const C6: f32 = 0.0013813878;

/**
 * eˣ.
 *
 *   x = n·ln 2 + r, |r| ≤ ln 2 / 2        eˣ = 2ⁿ·(1 + r + r²·C(r))
 *
 * Cody & Waite 1980, ch. 6. At most 1 ULP from the real value, denormal results included; NaN →
 * NaN.
 */
export function exp1(x: f32): f32 {
  let t = x < X_MIN ? X_MIN : x;
  t = X_MAX < t ? X_MAX : t;
  const shifted = t * LOG2_E + ROUNDER;
  const n = reinterpret<i32>(shifted) - ROUNDER_BITS;
  const whole = shifted - ROUNDER;
  const r = t - whole * LN2_HIGH - whole * LN2_LOW;
  const tail = (((C6 * r + C5) * r + C4) * r + C3) * r + C2;
  const y = tail * (r * r) + r + 1;
  const half = n >> 1; // 2ⁿ itself may be no f32
  return y * reinterpret<f32>((half + 127) << 23) * reinterpret<f32>((n - half + 127) << 23);
}

/** eˣ of four lanes, each with the bits of `exp1`. */
export function exp4(x: v128): v128 {
  let t = f32x4.pmax(x, f32x4.splat(X_MIN));
  t = f32x4.pmin(t, f32x4.splat(X_MAX));
  const shifted = f32x4.add(f32x4.mul(t, f32x4.splat(LOG2_E)), f32x4.splat(ROUNDER));
  const n = i32x4.sub(shifted, i32x4.splat(ROUNDER_BITS));
  const whole = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  let r = f32x4.sub(t, f32x4.mul(whole, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(whole, f32x4.splat(LN2_LOW)));
  let tail = f32x4.add(f32x4.mul(f32x4.splat(C6), r), f32x4.splat(C5));
  tail = f32x4.add(f32x4.mul(tail, r), f32x4.splat(C4));
  tail = f32x4.add(f32x4.mul(tail, r), f32x4.splat(C3));
  tail = f32x4.add(f32x4.mul(tail, r), f32x4.splat(C2));
  let y = f32x4.add(f32x4.mul(tail, f32x4.mul(r, r)), r);
  y = f32x4.add(y, f32x4.splat(1));
  const half = i32x4.shr_s(n, 1);
  const rest = i32x4.sub(n, half);
  y = f32x4.mul(y, i32x4.shl(i32x4.add(half, i32x4.splat(127)), 23));
  return f32x4.mul(y, i32x4.shl(i32x4.add(rest, i32x4.splat(127)), 23));
}
