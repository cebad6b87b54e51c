import { Ptr } from "../base/ptr";
import { isDigit } from "./decimal";
import { NPY_F4, NPY_I4, NPY_I8, NPY_U1, npyPath, npySetShape, npySetType } from "./npy";
import { print, printByte } from "./print";
import { refusalOf, refuse, refuseFile } from "./refuse";

/** More would not fit the arithmetic of offsets, nor any memory. */
const ROW_ELEMENTS_MOST: u64 = 1 << 28;
const ROWS_MOST: u64 = 0x7fffffff;

const QUOTE: u32 = 39;
const DOUBLE_QUOTE: u32 = 34;
const PAREN_OPEN: u32 = 40;
const PAREN_CLOSE: u32 = 41;
const COMMA: u32 = 44;
const COLON: u32 = 58;
const LESS: u32 = 60;
const GREATER: u32 = 62;
const QUESTION_MARK: u32 = 63;
const CAPITAL_O: u32 = 79;
const BRACKET_OPEN: u32 = 91;
const BRACE_OPEN: u32 = 123;
const BAR: u32 = 124;
const BRACE_CLOSE: u32 = 125;

/**
 * Reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, its keys in any order, into the record
 * `file`. The text ends with NUL, and nothing is read more than four bytes behind it. Does not come back
 * from what it does not understand.
 */
export function npyHeaderParse(file: Ptr, text: Ptr): void {
  let at = skip(text);
  let seen: u32 = 0;
  if (load<u8>(at) == BRACE_OPEN) at = skip(at + 1);
  while (isQuote(load<u8>(at))) {
    const key = load<u8>(at, 1);
    at = skip(closingQuote(file, at) + 1);
    if (load<u8>(at) != COLON) break;
    at = skip(at + 1);
    if (key == 100) at = parseType(file, at);
    else if (key == 102) at = parseOrder(file, at);
    else if (key == 115) at = parseShape(file, at);
    else break;
    seen |= key == 100 ? 1 : key == 102 ? 2 : 4;
    at = skip(at);
    if (load<u8>(at) == COMMA) at = skip(at + 1);
  }
  if (seen != 7 || load<u8>(at) != BRACE_CLOSE) refuseHeader(file);
}

function refuseHeader(file: Ptr): void {
  refuseFile(npyPath(file), ": its .npy header cannot be read.");
}

function skip(at: Ptr): Ptr {
  while (load<u8>(at) == 32 || load<u8>(at) == 10) ++at;
  return at;
}

function isQuote(byte: u32): bool {
  return byte == QUOTE || byte == DOUBLE_QUOTE;
}

/** From an opening quote to the closing one. */
function closingQuote(file: Ptr, at: Ptr): Ptr {
  const quote = load<u8>(at);
  do {
    if (load<u8>(++at) == 0) refuseHeader(file);
  } while (load<u8>(at) != quote);
  return at;
}

function parseType(file: Ptr, at: Ptr): Ptr {
  if (load<u8>(at) == BRACKET_OPEN) {
    refuseFile(npyPath(file), " has records of several fields: save one plain array.");
  }
  if (!isQuote(load<u8>(at))) refuseHeader(file);
  const end = closingQuote(file, at);
  const order = load<u8>(at, 1);
  const type = load<u16>(at, 2);
  if (order == GREATER) refuseFile(npyPath(file), " is big-endian: save it as little-endian.");
  if (order == CAPITAL_O || load<u8>(at, 2) == CAPITAL_O) {
    refuseFile(npyPath(file), " holds Python objects: save plain numbers.");
  }
  const known =
    type == NPY_F4 || type == NPY_I4 || type == NPY_I8
      ? order == LESS
      : type == NPY_U1 && order == BAR;
  if (end - at != 4 || !known) {
    refusalOf(npyPath(file));
    print(" holds ");
    // A file may say anything, and a terminal obeys control characters.
    for (++at; at < end; ++at) printByte(load<u8>(at) - 32 < 95 ? load<u8>(at) : QUESTION_MARK);
    print(", which this command does not read: save <f4 or |u1, labels as <i4, <i8 or |u1.");
    refuse();
  }
  npySetType(file, type);
  return end + 1;
}

function parseOrder(file: Ptr, at: Ptr): Ptr {
  if (load<u8>(at) == 84) refuseFile(npyPath(file), " is in Fortran order: save it in C order."); // True
  if (load<u32>(at) != 0x736c6146 || load<u8>(at, 4) != 101) refuseHeader(file); // False
  return at + 5;
}

/** (rows, …): the other axes make the row. */
function parseShape(file: Ptr, at: Ptr): Ptr {
  if (load<u8>(at) != PAREN_OPEN) refuseHeader(file);
  at = skip(at + 1);
  let rows: u64 = 0;
  let elements: u64 = 1;
  for (let axis = 0; isDigit(load<u8>(at)); ++axis) {
    let size: u64 = 0;
    for (; isDigit(load<u8>(at)) && size <= ROWS_MOST; ++at) size = size * 10 + load<u8>(at) - 48;
    if (axis == 0) rows = size;
    else elements *= size;
    if (size > ROWS_MOST || elements > ROW_ELEMENTS_MOST) {
      refuseFile(npyPath(file), " is too large.");
    }
    at = skip(at);
    if (load<u8>(at) == COMMA) at = skip(at + 1);
  }
  if (load<u8>(at) != PAREN_CLOSE) refuseHeader(file);
  if (rows == 0 || elements == 0) refuseFile(npyPath(file), " has no rows.");
  npySetShape(file, <u32>rows, <u32>elements);
  return at + 1;
}
