import {
  KIND_PREDICT,
  NONE,
  PROCEDURE_BATCH,
  PROCEDURE_OUTPUT,
  PROCEDURE_X,
  TENSOR_C0,
  TENSOR_C1,
  TYPE_F32,
} from "../abi/program";
import { DONE } from "../abi/status";
import { Ptr } from "../base/ptr";
import { procedureBegin, run } from "../train/trainer";
import { procedureRecord } from "../vm/read-code";
import { tensorPtr, tensorRecord, tensorType } from "../vm/tensor";
import { checkpointUse } from "./checkpoint-file";
import { npyRows } from "./npy";
import { npyOpen } from "./npy-open";
import { optionCheckpoint, optionFile } from "./options";
import { pathOpen, pathSame } from "./paths";
import { print, printByte, printFlush, printInteger, printPad, printTo } from "./print";
import { procedureOf } from "./program-file";
import { refuseBug, refuseErrno, refuseFile } from "./refuse";
import { rowsCheck, rowsFill, X_FILE } from "./rows";
import { refuseRun } from "./run-errors";
import {
  fileBytes,
  fileClose,
  fileRead,
  fileSeek,
  fileSync,
  fileWrite,
  OPEN_REPLACE,
  OPEN_UPDATE,
} from "./system";

const HEADER_BYTES: u32 = 128;
/** The first six bytes of a file, and what a .npy has there. */
const START: Ptr = memory.data(8, 8);
const NPY_MAGIC: u64 = 0x5950_4d55_4e93;

/** strop predict PROGRAM X.npy OUT.npy: a row of float32 for each row of X.npy. */
export function commandPredict(): void {
  npyOpen(X_FILE, optionFile(1));
  const procedure = procedureOf(KIND_PREDICT);
  const record = procedureRecord(procedure);
  const x = load<u32>(record, PROCEDURE_X);
  const y = load<u32>(record, PROCEDURE_OUTPUT);
  rowsCheck(X_FILE, x);
  if (y == NONE || tensorType(y) != TYPE_F32 || load<u32>(tensorRecord(y), TENSOR_C0) != 0) {
    refuseFile(optionFile(0), " gives no rows: build it again with 'strop build'.");
  }
  if (optionCheckpoint() != 0) checkpointUse(optionCheckpoint());
  const fd = openOutput(optionFile(2));
  const rowElements = load<u32>(tensorRecord(y), TENSOR_C1);
  const rows = npyRows(X_FILE);
  // Zeros in the header's place until all rows are there: a file cut short is no .npy.
  printTo(fd);
  for (let i: u32 = 0; i < HEADER_BYTES; ++i) printByte(0);
  check(printFlush());
  for (let first: u32 = 0; first < rows; ) {
    const batch = min(rows - first, load<u32>(record, PROCEDURE_BATCH));
    rowsFill(X_FILE, x, 0, first, batch);
    let status = procedureBegin(procedure, batch);
    if (status != DONE) refuseBug(status);
    status = run(0);
    if (status != DONE) refuseRun(status, 0, first);
    check(fileWrite(fd, tensorPtr(y), (batch * rowElements) << 2));
    first += batch;
  }
  check(fileSeek(fd, 0));
  printHeader(fd, rows, rowElements);
  check(printFlush());
  check(fileSync(fd));
}

/** Empties OUT.npy, which must not be the input, nor a file of another kind: a program, a checkpoint. */
function openOutput(path: Ptr): u32 {
  if (pathSame(optionFile(1), path)) refuseFile(path, " is also the input: give another OUT.npy.");
  const fd = pathOpen(path, OPEN_UPDATE);
  if (fileBytes(fd) > 0) {
    store<u64>(START, 0);
    let errno = fileSeek(fd, 0);
    if (errno == 0) errno = fileRead(fd, START, 6);
    const start = load<u64>(START);
    // Zeros are what a prediction leaves that was cut short.
    if (errno != 0 || (start != NPY_MAGIC && start != 0)) {
      refuseFile(path, " is not a .npy file; it was left as it is. Give another OUT.npy.");
    }
  }
  fileClose(fd);
  return pathOpen(path, OPEN_REPLACE);
}

function printHeader(fd: u32, rows: u32, rowElements: u32): void {
  printTo(fd);
  printByte(0x93);
  print("NUMPY");
  printByte(1);
  printByte(0);
  printByte(HEADER_BYTES - 10);
  printByte(0);
  print("{'descr': '<f4', 'fortran_order': False, 'shape': (");
  printInteger(rows);
  print(", ");
  printInteger(rowElements);
  print("), }");
  printPad(HEADER_BYTES - 1);
  printByte(10);
}

function check(errno: i32): void {
  if (errno != 0) refuseErrno(optionFile(2), " cannot be written", errno);
}
