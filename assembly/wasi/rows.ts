import { TENSOR_C0, TENSOR_C1, TYPE_F32, TYPE_I32 } from "../abi/program";
import { Ptr } from "../base/ptr";
import { tensorPtr, tensorRecord, tensorType } from "../vm/tensor";
import {
  NPY_BYTES,
  NPY_F4,
  NPY_I4,
  NPY_U1,
  npyFd,
  npyItemBytes,
  npyPath,
  npyRowElements,
  npyRowOffset,
  npyRows,
  npyType,
} from "./npy";
import { print, printInteger, printString } from "./print";
import { refusalOf, refuse, refuseErrno, refuseFile } from "./refuse";
import { fileRead, fileSeek } from "./system";

// Rows go from their place in the file straight into the tensor; numbers of another type pass through a
// small buffer. The data is never whole in memory.

export const X_FILE: Ptr = memory.data(NPY_BYTES, 8);
export const Y_FILE: Ptr = memory.data(NPY_BYTES, 8);

const BUFFER_BYTES: u32 = 1024;
const BUFFER: Ptr = memory.data(1024, 8);

/** Refuses a file whose rows are not what the tensor takes. */
export function rowsCheck(file: Ptr, id: u32): void {
  const path = npyPath(file);
  const record = tensorRecord(id);
  if (load<u32>(record, TENSOR_C0) != 0) refuseFile(path, ": the program takes no rows here.");
  const wanted = load<u32>(record, TENSOR_C1);
  if (npyRowElements(file) != wanted) {
    refusalOf(path);
    print(": a row has ");
    printInteger(npyRowElements(file));
    print(" numbers, but the model takes ");
    printInteger(wanted);
    print(".");
    refuse();
  }
  const given = npyType(file);
  if (file == X_FILE) {
    if (given != NPY_F4 && given != NPY_U1) {
      refuseFile(path, " holds integers: save rows as <f4 or |u1.");
    }
  } else if (tensorType(id) == TYPE_I32 && given == NPY_F4) {
    refuseFile(
      path,
      " holds fractions, but the program's loss takes labels: save <i4, <i8 or |u1.",
    );
  }
}

/** Each row has its label or target. */
export function rowsCheckEqual(): void {
  if (npyRows(Y_FILE) == npyRows(X_FILE)) return;
  refusalOf(npyPath(Y_FILE));
  print(" has ");
  printInteger(npyRows(Y_FILE));
  print(" rows, but ");
  printString(npyPath(X_FILE));
  print(" has ");
  printInteger(npyRows(X_FILE));
  print(".");
  refuse();
}

/**
 * Fills `batch` rows of tensor `id`: the ones whose indices lie at `order`, or, without an order, those
 * from `first` on.
 */
export function rowsFill(file: Ptr, id: u32, order: Ptr, first: u32, batch: u32): void {
  const rowBytes = npyRowElements(file) << 2;
  let target = tensorPtr(id);
  for (let i: u32 = 0; i < batch; ++i, target += rowBytes) {
    const row = rowIndex(order, first, i);
    if (row >= npyRows(file)) {
      refuseFile(npyPath(file), ": the program asks for a row that it does not have.");
    }
    fillRow(file, row, target, tensorType(id));
  }
}

/** Which row of the file is row i of the batch. */
export function rowIndex(order: Ptr, first: u32, i: u32): u32 {
  return order != 0 ? load<u32>(order + (i << 2)) : first + i;
}

function fillRow(file: Ptr, row: u32, target: Ptr, type: u32): void {
  const given = npyType(file);
  const errno = fileSeek(npyFd(file), npyRowOffset(file, row));
  if (errno != 0) refuseErrno(npyPath(file), " cannot be read", errno);
  const count = npyRowElements(file);
  if (given == NPY_F4 || (given == NPY_I4 && type == TYPE_I32)) {
    readBytes(file, target, count << 2);
    return;
  }
  const atOnce = BUFFER_BYTES / npyItemBytes(file);
  for (let done: u32 = 0; done < count; done += atOnce) {
    const n = min(count - done, atOnce);
    readBytes(file, BUFFER, n * npyItemBytes(file));
    for (let i: u32 = 0; i < n; ++i, target += 4) {
      const value = integerAt(file, row, i);
      if (type == TYPE_I32) store<i32>(target, value);
      else store<f32>(target, <f32>value);
    }
  }
}

/** Number i of the buffer. */
function integerAt(file: Ptr, row: u32, i: u32): i32 {
  const type = npyType(file);
  if (type == NPY_U1) return load<u8>(BUFFER + i);
  if (type == NPY_I4) return load<i32>(BUFFER + (i << 2));
  return narrowLabel(file, row, load<i64>(BUFFER + (i << 3)));
}

function readBytes(file: Ptr, target: Ptr, bytes: u32): void {
  const errno = fileRead(npyFd(file), target, bytes);
  if (errno != 0) refuseErrno(npyPath(file), " cannot be read", errno);
}

function narrowLabel(file: Ptr, row: u32, label: i64): i32 {
  if (label != <i64>(<i32>label)) {
    refuseLabelBegin(file, row);
    printInteger(label);
    print(" is no class. Fix the labels.");
    refuse();
  }
  return <i32>label;
}

/** "Y.npy row 17: label " */
export function refuseLabelBegin(file: Ptr, row: u32): void {
  refusalOf(npyPath(file));
  print(" row ");
  printInteger(row);
  print(": label ");
}

/** The first of the batch's rows in tensor `id` that holds NaN or infinity, or −1. */
export function rowNotFinite(id: u32, batch: u32): i32 {
  const elements = load<u32>(tensorRecord(id), TENSOR_C1);
  const start = tensorPtr(id);
  if (tensorType(id) != TYPE_F32) return -1;
  for (let i: u32 = 0; i < elements * batch; ++i) {
    const x = load<f32>(start + (i << 2));
    if (x - x != 0) return i / elements;
  }
  return -1;
}
