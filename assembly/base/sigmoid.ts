import { exp1, exp4 } from "./exp";

/**
 * The logistic function, from e^−|x| so that it neither overflows nor loses its small values.
 *
 *   1 / (1 + e⁻ˣ) = (x < 0 ? e^−|x| : 1) / (1 + e^−|x|)
 *
 * At most 2.5 ULP from the real value, denormal results included (x < −87); NaN → NaN.
 */
export function sigmoid1(x: f32): f32 {
  const e = exp1(-abs<f32>(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** The logistic function of four lanes, each with the bits of `sigmoid1`. */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = inline.always(exp4(f32x4.neg(f32x4.abs(x))));
  const above = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(above, f32x4.add(one, e));
}
