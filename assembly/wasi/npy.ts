import { Ptr } from "../base/ptr";
import { pathOpen } from "./paths";
import { print, printByte, printInteger } from "./print";
import { refusalOf, refuse, refuseErrno, refuseFile } from "./refuse";
import { fileBytes, fileRead, fileSeek, OPEN_READ } from "./system";

// A .npy file: magic, version, the header's length, the header (a Python dict in ASCII), then the numbers.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/** What is known of an open .npy file. */
export const NPY_BYTES: u32 = 32;
const OF_FD: u32 = 0;
const OF_PATH: u32 = 4;
const OF_TYPE: u32 = 8;
const OF_ROWS: u32 = 12;
const OF_ROW_ELEMENTS: u32 = 16;
const OF_DATA: u32 = 24;

/** Type codes: the two characters behind the byte order. */
export const NPY_F4: u32 = 0x3466;
export const NPY_I4: u32 = 0x3469;
export const NPY_I8: u32 = 0x3869;
export const NPY_U1: u32 = 0x3175;

const PREFIX_BYTES: u32 = 12;
const HEADER_MOST: u32 = 1024;
/** The header with a NUL behind it, where every scan stops. */
const HEADER: Ptr = memory.data(1024 + 4, 4);

/** More would not fit the arithmetic below, nor any memory. */
const ROW_ELEMENTS_MOST: u64 = 1 << 28;
const ROWS_MOST: u64 = 0x7fffffff;

const QUOTE: u32 = 39;
const DOUBLE_QUOTE: u32 = 34;

export function npyFd(file: Ptr): u32 {
  return load<u32>(file, OF_FD);
}

export function npyPath(file: Ptr): Ptr {
  return load<u32>(file, OF_PATH);
}

export function npyType(file: Ptr): u32 {
  return load<u32>(file, OF_TYPE);
}

export function npyRows(file: Ptr): u32 {
  return load<u32>(file, OF_ROWS);
}

export function npyRowElements(file: Ptr): u32 {
  return load<u32>(file, OF_ROW_ELEMENTS);
}

/** Bytes of one number. */
export function npyItemBytes(file: Ptr): u32 {
  return npyType(file) == NPY_I8 ? 8 : npyType(file) == NPY_U1 ? 1 : 4;
}

/** Where a row lies in the file. */
export function npyRowOffset(file: Ptr, row: u32): i64 {
  const rowBytes = <i64>npyRowElements(file) * npyItemBytes(file);
  return <i64>load<u32>(file, OF_DATA) + rowBytes * row;
}

/** Opens `path` and fills in the record `file`. Does not come back from a file that cannot be read. */
export function npyOpen(file: Ptr, path: Ptr): void {
  const fd = pathOpen(path, OPEN_READ);
  store<u32>(file, fd, OF_FD);
  store<u32>(file, <u32>path, OF_PATH);
  const bytes = fileBytes(fd);
  if (bytes < <i64>PREFIX_BYTES) refuseFile(path, " is not a .npy file.");
  readPart(file, HEADER, 0, PREFIX_BYTES);
  const version = load<u8>(HEADER, 6);
  if (
    load<u32>(HEADER) != 0x4d554e93 ||
    load<u16>(HEADER, 4) != 0x5950 ||
    version < 1 ||
    version > 3
  ) {
    refuseFile(path, " is not a .npy file.");
  }
  const start: u32 = version == 1 ? 10 : 12;
  const headerBytes: u32 = version == 1 ? load<u16>(HEADER, 8) : load<u32>(HEADER, 8);
  if (headerBytes > HEADER_MOST) refuseFile(path, ": its .npy header is longer than 1024 bytes.");
  store<u32>(file, start + headerBytes, OF_DATA);
  if (<i64>(start + headerBytes) > bytes)
    refuseFile(path, " is truncated: its header is not whole.");
  readPart(file, HEADER, start, headerBytes);
  store<u8>(HEADER + headerBytes, 0);
  parseHeader(file);
  const needed = npyRowOffset(file, npyRows(file));
  if (bytes != needed) refuseSize(path, bytes, needed);
}

function readPart(file: Ptr, target: Ptr, position: u32, bytes: u32): void {
  let errno = fileSeek(npyFd(file), position);
  if (errno == 0) errno = fileRead(npyFd(file), target, bytes);
  if (errno != 0) refuseErrno(npyPath(file), " cannot be read", errno);
}

function refuseSize(path: Ptr, bytes: i64, needed: i64): void {
  refusalOf(path);
  if (bytes < needed) print(" is truncated: it has ");
  else print(" is too long: it has ");
  printInteger(bytes);
  print(" bytes where its header promises ");
  printInteger(needed);
  print(".");
  refuse();
}

/** {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } in any order of keys. */
function parseHeader(file: Ptr): void {
  let at = skip(HEADER);
  let seen: u32 = 0;
  if (load<u8>(at) == 123) at = skip(at + 1); // {
  while (isQuote(load<u8>(at))) {
    const key = load<u8>(at, 1);
    at = skip(closingQuote(at) + 1);
    if (load<u8>(at) != 58) break; // :
    at = skip(at + 1);
    if (key == 100) at = parseType(file, at);
    else if (key == 102) at = parseOrder(file, at);
    else if (key == 115) at = parseShape(file, at);
    else break;
    seen |= key == 100 ? 1 : key == 102 ? 2 : 4;
    at = skip(at);
    if (load<u8>(at) == 44) at = skip(at + 1); // ,
  }
  if (seen != 7 || load<u8>(at) != 125) refuseHeader(file);
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

/** From an opening quote to the closing one, or to the last byte before the NUL. */
function closingQuote(at: Ptr): Ptr {
  const quote = load<u8>(at);
  for (++at; load<u8>(at) != quote && load<u8>(at, 0) != 0; ++at) {}
  return load<u8>(at) == 0 ? at - 1 : at;
}

function parseType(file: Ptr, at: Ptr): Ptr {
  if (load<u8>(at) == 91)
    refuseFile(npyPath(file), " has records of several fields: save one plain array."); // [
  if (!isQuote(load<u8>(at))) refuseHeader(file);
  const end = closingQuote(at);
  const order = load<u8>(at, 1);
  const type = load<u16>(at, 2);
  if (order == 62) refuseFile(npyPath(file), " is big-endian: save it as little-endian."); // >
  if (order == 79 || load<u8>(at, 2) == 79)
    refuseFile(npyPath(file), " holds Python objects: save plain numbers."); // O
  const known =
    type == NPY_F4 || type == NPY_I4 || type == NPY_I8
      ? order == 60
      : type == NPY_U1 && order == 124;
  if (end - at != 4 || !known) {
    refusalOf(npyPath(file));
    print(" holds ");
    for (++at; at < end; ++at) printByte(load<u8>(at));
    print(", which this command does not read: save <f4 or |u1, labels as <i4, <i8 or |u1.");
    refuse();
  }
  store<u32>(file, type, OF_TYPE);
  return end + 1;
}

function parseOrder(file: Ptr, at: Ptr): Ptr {
  if (load<u8>(at) == 84) refuseFile(npyPath(file), " is in Fortran order: save it in C order."); // True
  if (load<u32>(at) != 0x736c6146 || load<u8>(at, 4) != 101) refuseHeader(file); // False
  return at + 5;
}

/** (rows, …): the other axes make the row. */
function parseShape(file: Ptr, at: Ptr): Ptr {
  if (load<u8>(at) != 40) refuseHeader(file); // (
  at = skip(at + 1);
  let rows: u64 = 0;
  let elements: u64 = 1;
  for (let axis = 0; isDigit(load<u8>(at)); ++axis) {
    let size: u64 = 0;
    for (; isDigit(load<u8>(at)) && size <= ROWS_MOST; ++at) size = size * 10 + load<u8>(at) - 48;
    if (axis == 0) rows = size;
    else elements *= size;
    if (size > ROWS_MOST || elements > ROW_ELEMENTS_MOST)
      refuseFile(npyPath(file), " is too large.");
    at = skip(at);
    if (load<u8>(at) == 44) at = skip(at + 1);
  }
  if (load<u8>(at) != 41) refuseHeader(file); // )
  if (rows == 0 || elements == 0) refuseFile(npyPath(file), " has no rows.");
  store<u32>(file, <u32>rows, OF_ROWS);
  store<u32>(file, <u32>elements, OF_ROW_ELEMENTS);
  return at + 1;
}

function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}
