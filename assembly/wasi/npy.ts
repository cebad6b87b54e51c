import { Ptr } from "../base/ptr";

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

export function npySetFile(file: Ptr, fd: u32, path: Ptr): void {
  store<u32>(file, fd, OF_FD);
  store<u32>(file, <u32>path, OF_PATH);
}

export function npySetType(file: Ptr, type: u32): void {
  store<u32>(file, type, OF_TYPE);
}

export function npySetShape(file: Ptr, rows: u32, rowElements: u32): void {
  store<u32>(file, rows, OF_ROWS);
  store<u32>(file, rowElements, OF_ROW_ELEMENTS);
}

/** Where the numbers begin. */
export function npySetData(file: Ptr, offset: u32): void {
  store<u32>(file, offset, OF_DATA);
}
