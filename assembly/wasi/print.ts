import { Ptr } from "../base/ptr";
import { fileWrite } from "./system";

const LINE_BYTES: u32 = 256;

/** Descriptor, length, then the line. */
const OUTPUT: Ptr = memory.data(8 + 256, 8);

/** Everything printed from now on goes to `fd`. */
export function printTo(fd: u32): void {
  printFlush();
  store<u32>(OUTPUT, fd);
}

/** 0, or why it could not be written. */
export function printFlush(): i32 {
  const errno = fileWrite(load<u32>(OUTPUT), OUTPUT + 8, load<u32>(OUTPUT, 4));
  store<u32>(OUTPUT, 0, 4);
  return errno;
}

/** Spaces up to a column. */
export function printPad(column: u32): void {
  while (load<u32>(OUTPUT, 4) < column) printByte(32);
}

export function printByte(byte: u32): void {
  if (load<u32>(OUTPUT, 4) == LINE_BYTES) printFlush();
  const used = load<u32>(OUTPUT, 4);
  store<u8>(OUTPUT + used, byte, 8);
  store<u32>(OUTPUT, used + 1, 4);
}

export function printEnd(): void {
  printByte(10);
  printFlush();
}

/**
 * A literal of ASCII. It lies as static UTF-16 behind its length, so nothing is allocated. A literal that
 * is chosen by ?:, or handed on from function to function as a string, would bring in the runtime.
 */
export function print(literal: string): void {
  printLiteral(changetype<usize>(literal));
}

/** The same, handed on by its address. */
export function printLiteral(start: Ptr): void {
  const bytes = load<u32>(start - 4);
  for (let i: u32 = 0; i < bytes; i += 2) printByte(load<u16>(start + i));
}

/** A string that ends with NUL. */
export function printString(at: Ptr): void {
  for (; load<u8>(at) != 0; ++at) printByte(load<u8>(at));
}

export function printInteger(value: i64): void {
  let rest: u64 = value < 0 ? 0 - <u64>value : <u64>value;
  if (value < 0) printByte(45); // -
  let unit: u64 = 1;
  while (rest / unit >= 10) unit *= 10;
  for (; unit != 0; unit /= 10) printDigit(<u32>((rest / unit) % 10));
}

/** Sixteen hexadecimal digits. */
export function printHex64(value: u64): void {
  for (let shift: i32 = 60; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift) & 15;
    printByte(digit < 10 ? 48 + digit : 87 + digit);
  }
}

/**
 * Six significant digits as C's %g has them: 0.53, 1.5e-7, 250. Half-way cases may differ by one in the
 * last digit; the same digits on every engine.
 */
export function printDecimal(value: f64): void {
  if (value < 0) printByte(45);
  const x = abs(value);
  if (isNaN(x)) print("nan");
  else if (x == Infinity) print("inf");
  else if (x == 0) printByte(48);
  else printPositive(x);
}

function printPositive(x: f64): void {
  let exponent = 0;
  for (; x >= 10; x /= 10) ++exponent;
  for (; x < 1; x *= 10) --exponent;
  let digits = roundToInteger(x * 100000);
  if (digits == 1000000) {
    digits = 100000;
    ++exponent;
  }
  const scientific = exponent < -4 || exponent > 5;
  printDigits(digits, scientific ? 0 : exponent);
  if (!scientific) return;
  printByte(101); // e
  printInteger(exponent);
}

/** d.ddddd·10^exponent for −5 < exponent < 6, without trailing zeros. */
function printDigits(digits: u32, exponent: i32): void {
  if (exponent < 0) print("0.");
  for (let i = exponent + 1; i < 0; ++i) printByte(48);
  let unit: u32 = 100000;
  for (let place = exponent; unit != 0 && (digits != 0 || place >= 0); --place, unit /= 10) {
    if (place == -1 && exponent >= 0) printByte(46); // .
    printDigit(digits / unit);
    digits %= unit;
  }
}

function printDigit(digit: u32): void {
  printByte(48 + digit);
}

/** For 0 ≤ x < 2³²: adding 2⁵² leaves the nearest integer in the low bits, and cannot trap. */
function roundToInteger(x: f64): u32 {
  return <u32>reinterpret<u64>(x + 4503599627370496.0);
}
