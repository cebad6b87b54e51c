/** log₂ e */
const LOG2_E: f64 = 1.44269502;
/** ln 2 in two parts; n·LN2_HIGH is exact for every |n| < 2¹¹. */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
/** Adding it rounds to the nearest integer, which then stands in the low bits. */
const ROUNDER: f64 = 6755399441055744;
/** Outside these eˣ is taken for 0 or ∞; within them 2ⁿ is a normal number. */
const X_MIN: f64 = -708;
const X_MAX: f64 = 709;

// r − r²·P(r²) = r − (r·coth(r/2) − 2), |r| ≤ ln 2 / 2: the coefficients of fdlibm's e_exp.c.
const P1: f64 = 0.16666666666666602;
const P2: f64 = -0.0027777777777015593;
const P3: f64 = 6.613756321437934e-5;
const P4: f64 = -1.6533902205465252e-6;
const P5: f64 = 4.1381367970572385e-8;

/**
 * eˣ in f64.
 *
 *   x = n·ln 2 + r, |r| ≤ ln 2 / 2,  c = r − r²·P(r²)        eˣ = 2ⁿ·(1 + r + r·c / (2 − c))
 *
 * At most 1 ULP from the real value for −708 ≤ x ≤ 709; 0 below, ∞ above. NaN → NaN.
 * Sun Microsystems 1993, fdlibm, e_exp.c.
 */
export function exp64(x: f64): f64 {
  if (x < X_MIN) return 0;
  if (x > X_MAX) return Infinity;
  const shifted = x * LOG2_E + ROUNDER;
  const whole = shifted - ROUNDER;
  const high = whole * -LN2_HIGH + x;
  const low = whole * LN2_LOW;
  const r = high - low;
  const z = r * r;
  const c = r - z * (P1 + z * (P2 + z * (P3 + z * (P4 + z * P5))));
  const y = (c * r) / (2 - c) - low + high + 1;
  // Of NaN the integer is anything, and the product NaN.
  const n = i32(reinterpret<i64>(shifted));
  return y * reinterpret<f64>(u64(n + 1023) << 52);
}
