import { BAD_ATTRIBUTE, BAD_OPERAND, DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { elements, opcodeOperands } from "../instruction";

/** What u32 byte addresses can hold of four-byte elements. */
export const ELEMENTS_MAX: u64 = 1 << 30;

/** DONE if the sizes fit, else the status that the reader reports with the place. */
export function sizes(fit: bool): u32 {
  return fit ? DONE : BAD_OPERAND;
}

/** The same for attributes. */
export function attributesFit(fit: bool): u32 {
  return fit ? DONE : BAD_ATTRIBUTE;
}

/** All operands of the instruction have as many elements as the first. */
export function sameSizes(at: Ptr): u32 {
  return sameSizesFrom(at, 0);
}

/** Those from `first` on have as many as it. */
export function sameSizesFrom(at: Ptr, first: u32): u32 {
  const count = opcodeOperands(load<u32>(at));
  const n = elements(first);
  for (let k = first + 1; k < count; ++k) {
    if (elements(k) != n) return BAD_OPERAND;
  }
  return DONE;
}

/** Operand k is rows × n for a whole number of rows. */
export function rowsOf(k: u32, n: u32): bool {
  return n != 0 && elements(k) % n == 0;
}

/** a·b·c, or more than ELEMENTS_MAX if that is larger. */
export function volume(a: u32, b: u32, c: u32): u64 {
  const plane = <u64>a * b;
  return plane > ELEMENTS_MAX ? plane : plane * c;
}
