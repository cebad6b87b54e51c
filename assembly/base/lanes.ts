import { exp1, exp4 } from "./exp";
import { log1, log4 } from "./log";
import { tanh1, tanh4 } from "./tanh";

// One source for both flavours: T is f32, one element, or v128, four. Each function does the same to every
// lane, so that what is written with them has the same bits in both.

/** Elements of a T. */
export function width<T>(): u32 {
  return isVector<T>() ? 4 : 1;
}

export function splat<T>(value: f32): T {
  if (isVector<T>()) return f32x4.splat(value);
  else return value;
}

export function add<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.add(a, b);
  else return a + b;
}

export function sub<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.sub(a, b);
  else return a - b;
}

export function mul<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.mul(a, b);
  else return a * b;
}

export function div<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.div(a, b);
  else return a / b;
}

/** factor·x. */
export function scaled<T>(factor: f32, x: T): T {
  return mul<T>(splat<T>(factor), x);
}

export function neg<T>(x: T): T {
  if (isVector<T>()) return f32x4.neg(x);
  else return -x;
}

export function absolute<T>(x: T): T {
  if (isVector<T>()) return f32x4.abs(x);
  else return abs<f32>(x);
}

/** size with the sign of x. */
export function signed<T>(size: T, x: T): T {
  if (isVector<T>()) return v128.bitselect(x, size, i32x4.splat(0x80000000));
  else return copysign<f32>(size, x);
}

export function root<T>(x: T): T {
  if (isVector<T>()) return f32x4.sqrt(x);
  else return sqrt<f32>(x);
}

/** The nearest whole number, the even one of two. */
export function rounded<T>(x: T): T {
  if (isVector<T>()) return f32x4.nearest(x);
  else return nearest<f32>(x);
}

/** The smaller, NaN if one is. */
export function least<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.min(a, b);
  else return min<f32>(a, b);
}

/** The larger, NaN if one is. */
export function most<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.max(a, b);
  else return max<f32>(a, b);
}

/** a < b ? yes : no */
export function ifLess<T>(a: T, b: T, yes: T, no: T): T {
  if (isVector<T>()) return v128.bitselect(yes, no, f32x4.lt(a, b));
  else return a < b ? yes : no;
}

/** a = b ? yes : no */
export function ifEqual<T>(a: T, b: T, yes: T, no: T): T {
  if (isVector<T>()) return v128.bitselect(yes, no, f32x4.eq(a, b));
  else return a == b ? yes : no;
}

export function exp<T>(x: T): T {
  if (isVector<T>()) return inline.always(exp4(x));
  else return exp1(x);
}

export function log<T>(x: T): T {
  if (isVector<T>()) return log4(x);
  else return log1(x);
}

export function tanh<T>(x: T): T {
  if (isVector<T>()) return tanh4(x);
  else return tanh1(x);
}
