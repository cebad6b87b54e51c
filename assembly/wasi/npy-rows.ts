import { TYPE_F32, TYPE_I32 } from "../abi/program";
import { Ptr } from "../base/ptr";
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
import { refusalOf, refuse, refuseErrno } from "./refuse";
import { fileRead, fileSeek } from "./system";

// Rows go from their place in the file straight to where they are used; numbers of another type pass through a
// small buffer. The data is never whole in memory, unless the command wants it so.

export const X_FILE: Ptr = memory.data(NPY_BYTES, 8);
export const Y_FILE: Ptr = memory.data(NPY_BYTES, 8);

/** Beside the types of tensors. */
export const TYPE_F64: u32 = 64;

const BUFFER_BYTES: u32 = 1024;
const BUFFER: Ptr = memory.data(1024, 8);

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

/** Brings a row of the file to `target`, as numbers of a type, `step` bytes apart. */
export function rowRead(file: Ptr, row: u32, target: Ptr, step: u32, type: u32): void {
  const given = npyType(file);
  const errno = fileSeek(npyFd(file), npyRowOffset(file, row));
  if (errno != 0) refuseErrno(npyPath(file), " cannot be read", errno);
  const count = npyRowElements(file);
  const asItIs = type == TYPE_I32 ? given == NPY_I4 : type == TYPE_F32 && given == NPY_F4;
  if (asItIs && step == 4) {
    readBytes(file, target, count << 2);
    return;
  }
  const atOnce = BUFFER_BYTES / npyItemBytes(file);
  for (let done: u32 = 0; done < count; done += atOnce) {
    const n = min(count - done, atOnce);
    readBytes(file, BUFFER, n * npyItemBytes(file));
    for (let i: u32 = 0; i < n; ++i, target += step) {
      if (given == NPY_F4) storeAs(type, target, load<f32>(BUFFER + (i << 2)));
      else if (type == TYPE_I32) store<i32>(target, integerAt(file, row, i));
      else storeAs(type, target, integerAt(file, row, i));
    }
  }
}

function storeAs<T>(type: u32, target: Ptr, value: T): void {
  if (type == TYPE_F64) store<f64>(target, <f64>value);
  else store<f32>(target, <f32>value);
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

/** "X.npy row 17 holds NaN or infinity." */
export function refuseNotFinite(file: Ptr, row: u32): void {
  refusalOf(npyPath(file));
  print(" row ");
  printInteger(row);
  print(" holds NaN or infinity. Fix or leave out the row.");
  refuse();
}
