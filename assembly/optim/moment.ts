// A moment that only decays would end among the denormal numbers and stay there: they are slow, and
// ARMv7's vector unit takes them for 0. So what is smaller than this is stored as 0 everywhere.
const MOMENT_MIN: f32 = 1e-30;

/** The moment as it is stored: 0 if |m| < 1e-30; NaN stays. */
export function moment1(m: f32): f32 {
  return abs<f32>(m) < MOMENT_MIN ? 0 : m;
}

/** `moment1` of four lanes. */
export function moment4(m: v128): v128 {
  return v128.andnot(m, f32x4.lt(f32x4.abs(m), f32x4.splat(MOMENT_MIN)));
}
