import { exp1, exp4 } from "./exp";

/** Below it a polynomial keeps the relative error, above it 1 − 2/(e²ˣ + 1) does. */
const SMALL: f32 = 0.625;

// (tanh x / x − 1) / x² in x² on [0, SMALL²], a minimax fit (Remez); relative error of tanh
// 2^-27.8.
const C3: f32 = -0.3333328;
const C5: f32 = 0.13331442;
const C7: f32 = -0.0537396;
const C9: f32 = 0.020638693;
const C11: f32 = -0.0057045296;

/**
 * tanh x.
 *
 *   |x| < 0.625:  x + x³·C(x²)        else  ±(1 − 2/(e^(2|x|) + 1))
 *
 * At most 1.5 ULP from the real value, near 0 too; tanh −0 = −0, tanh ±∞ = ±1, NaN → NaN.
 */
export function tanh1(x: f32): f32 {
  const size = abs<f32>(x);
  const z = size * size;
  const tail = (((C11 * z + C9) * z + C7) * z + C5) * z + C3;
  const near = size + size * (z * tail);
  const y = size < SMALL ? near : 1 - 2 / (exp1(size + size) + 1);
  return copysign<f32>(y, x);
}

/** tanh x of four lanes, each with the bits of `tanh1`. */
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const one = f32x4.splat(1);
  const z = f32x4.mul(size, size);
  let tail = f32x4.add(f32x4.mul(f32x4.splat(C11), z), f32x4.splat(C9));
  tail = f32x4.add(f32x4.mul(tail, z), f32x4.splat(C7));
  tail = f32x4.add(f32x4.mul(tail, z), f32x4.splat(C5));
  tail = f32x4.add(f32x4.mul(tail, z), f32x4.splat(C3));
  const near = f32x4.add(size, f32x4.mul(size, f32x4.mul(z, tail)));
  const grown = f32x4.add(inline.always(exp4(f32x4.add(size, size))), one);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), grown));
  const y = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(SMALL)));
  return v128.bitselect(x, y, i32x4.splat(0x80000000));
}
