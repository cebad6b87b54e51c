import * as lanes from "./lanes";

/** Below it a polynomial keeps the relative error, above it 1 − e^−Q does. */
const SMALL: f32 = 0.85;
/** From here on erf x is 1 in f32. */
const LARGE: f32 = 4;

/**
 * Pairs of coefficients from the highest power down, minimax fits (Lawson), of
 *
 *   C: (erf x / x − 1) in x² on [0, SMALL²]; relative error of erf 2^-27.3
 *   Q: (−log(1 − erf x) / x − 1) in x on [SMALL, LARGE]; relative error of erf 2^-28.2
 */
const COEFFICIENTS = memory.data<f32>([
  -0.00063151645, -0.00021570855, 0.005051102, 0.0032290486, -0.026802553, -0.022934753,
  0.112827174, 0.105331026, -0.37612572, 0.63566637, 0.128379166, 0.12852955,
]);
const PAIRS: u32 = 6;

/**
 * erf x = 2/√π·∫₀ˣ e^(−t²) dt.
 *
 *   |x| < 0.85:  x + x·C(x²)        else  ±(1 − e^−(|x| + |x|·Q(|x|)))
 *
 * At most 1 ULP from the real value, near 0 too; erf −0 = −0, erf ±∞ = ±1, NaN → NaN.
 */
export function erf<T>(x: T): T {
  const size = lanes.absolute<T>(x);
  const z = lanes.mul<T>(size, size);
  const t = lanes.least<T>(size, lanes.splat<T>(LARGE));
  let near = lanes.splat<T>(0),
    far = near;
  for (let k: u32 = 0, p = COEFFICIENTS; k < PAIRS; ++k, p += 8) {
    near = lanes.add<T>(lanes.mul<T>(near, z), lanes.splat<T>(load<f32>(p)));
    far = lanes.add<T>(lanes.mul<T>(far, t), lanes.splat<T>(load<f32>(p, 4)));
  }
  near = lanes.add<T>(lanes.mul<T>(near, size), size);
  far = lanes.add<T>(lanes.mul<T>(far, t), t);
  const rest = lanes.sub<T>(lanes.splat<T>(1), lanes.exp<T>(lanes.neg<T>(far)));
  return lanes.signed<T>(lanes.ifLess<T>(size, lanes.splat<T>(SMALL), near, rest), x);
}
