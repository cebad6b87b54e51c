/** ln 2 in two parts; n·LN2_HIGH is exact for every |n| < 2¹¹. */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
/** High word of √½ in f64: mantissas are taken from [√½, √2). */
const ROOT_HALF: i64 = 0x3fe6a09e;

// (log((1 + s)/(1 − s)) − 2·s) / s in s², s = f / (2 + f): the coefficients of fdlibm's e_log.c.
const L1: f64 = 0.6666666666666735;
const L2: f64 = 0.3999999999940942;
const L3: f64 = 0.2857142874366239;
const L4: f64 = 0.22222198432149784;
const L5: f64 = 0.1818357216161805;
const L6: f64 = 0.15313837699209373;
const L7: f64 = 0.14798198605116586;

/**
 * log x in f64, the natural logarithm of a positive normal number; anything else, as infinity, gives some number.
 *
 *   x = 2ⁿ·(1 + f), √½ ≤ 1 + f < √2, s = f / (2 + f)
 *   log x = n·ln 2 + f − (f²/2 − s·(f²/2 + R(s²)))
 *
 * At most 1 ULP from the real value. Sun Microsystems 1993, fdlibm, e_log.c.
 */
export function log64(x: f64): f64 {
  const bits = reinterpret<i64>(x) - (ROOT_HALF << 32);
  const n = f64(i32(bits >> 52));
  const f = reinterpret<f64>((bits & 0xfffffffffffff) + (ROOT_HALF << 32)) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const tail = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))));
  const half = 0.5 * f * f;
  return n * LN2_HIGH - (half - (s * (half + tail) + n * LN2_LOW) - f);
}
