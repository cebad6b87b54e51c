import { Ptr } from "../base/ptr";

const DOT: u32 = 46;
const PLUS: u32 = 43;
const MINUS: u32 = 45;
const SMALL_E: u32 = 101;

/** Whole numbers below, and powers of ten up to, are f64 without rounding. */
const EXACT: u64 = 1 << 53;
const EXACT_POWER: i32 = 22;

export function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

/**
 * Reads 0.01, 1e-4 or 250 into the f64 at `target`: the nearest one, as JavaScript does, for it is the product or the
 * quotient of two numbers that an f64 holds exactly, which is rounded once. Clinger 1990, "How to read floating point
 * numbers accurately".
 *
 * False if the word is no decimal, or needs more than that: it has more than fifteen digits or so, or a power of ten
 * beyond 22.
 */
export function readDecimal(word: Ptr, target: Ptr): bool {
  let at = word;
  let digits: u64 = 0;
  let exponent = 0;
  let seen = false;
  for (let inFraction = false; ; ++at) {
    const byte = load<u8>(at);
    if (isDigit(byte)) {
      if (digits >= EXACT / 10) return false;
      digits = digits * 10 + byte - 48;
      if (inFraction) --exponent;
      seen = true;
    } else if (byte == DOT && !inFraction) inFraction = true;
    else break;
  }
  if (!seen) return false;
  if ((load<u8>(at) | 32) == SMALL_E) {
    const sign = load<u8>(++at);
    if (sign == PLUS || sign == MINUS) ++at;
    let power = 0;
    const start = at;
    for (; isDigit(load<u8>(at)) && at - start < 4; ++at) power = power * 10 + load<u8>(at) - 48;
    if (at == start) return false;
    exponent += sign == MINUS ? -power : power;
  }
  if (load<u8>(at) != 0) return false;
  for (; digits != 0 && digits % 10 == 0 && exponent < 0; digits /= 10) ++exponent;
  if (digits == 0) exponent = 0;
  if (abs(exponent) > EXACT_POWER) return false;
  let power: f64 = 1;
  for (let i = abs(exponent); i > 0; --i) power *= 10;
  store<f64>(target, exponent < 0 ? <f64>digits / power : <f64>digits * power);
  return true;
}
