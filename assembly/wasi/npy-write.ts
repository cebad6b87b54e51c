import { Ptr } from "../base/ptr";
import { pathOpen, pathSame } from "./paths";
import {
  print,
  printByte,
  printFlush,
  printInteger,
  printLiteral,
  printPad,
  printTo,
} from "./print";
import { refuseErrno, refuseFile } from "./refuse";
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

// A .npy file that is written row by row: zeros in the header's place until all rows are there, for a file that was cut
// short is no .npy.

const HEADER_BYTES: u32 = 128;
/** The first six bytes of a file, and what a .npy has there. */
const START: Ptr = memory.data(8, 8);
const NPY_MAGIC: u64 = 0x5950_4d55_4e93;

/** What is known of the file that is being written: descriptor, path. */
const OUTPUT: Ptr = memory.data(8, 4);
const OF_PATH: u32 = 4;

/** An output must not be the input: it is emptied before the input is read. */
export function npyApart(path: Ptr, input: Ptr): void {
  if (pathSame(input, path)) refuseFile(path, " is also the input: give another file.");
}

/** The file can be written, and is none of another kind: a program, a checkpoint. It is made, but not changed. */
export function npyCheck(path: Ptr): void {
  const fd = pathOpen(path, OPEN_UPDATE);
  if (fileBytes(fd) > 0) {
    store<u64>(START, 0);
    let errno = fileSeek(fd, 0);
    if (errno == 0) errno = fileRead(fd, START, 6);
    const start = load<u64>(START);
    // Zeros are what a run leaves that was cut short.
    if (errno != 0 || (start != NPY_MAGIC && start != 0)) {
      refuseFile(path, " is not a .npy file; it was left as it is. Give another file.");
    }
  }
  fileClose(fd);
}

/** Empties the file, which must be one that npyCheck lets pass. */
export function npyCreate(path: Ptr): void {
  npyCheck(path);
  const fd = pathOpen(path, OPEN_REPLACE);
  store<u32>(OUTPUT, fd);
  store<u32>(OUTPUT, <u32>path, OF_PATH);
  printTo(fd);
  for (let i: u32 = 0; i < HEADER_BYTES; ++i) printByte(0);
  check(printFlush());
}

/** Writes the next bytes of the data. */
export function npyWrite(source: Ptr, bytes: u32): void {
  check(fileWrite(load<u32>(OUTPUT), source, bytes));
}

/** Writes the header: `type` is "<f4" or the like, one of no columns has one axis. */
export function npyFinish(type: string, rows: u32, columns: u32): void {
  const fd = load<u32>(OUTPUT);
  check(fileSeek(fd, 0));
  printTo(fd);
  printByte(0x93);
  print("NUMPY");
  printByte(1);
  printByte(0);
  printByte(HEADER_BYTES - 10);
  printByte(0);
  print("{'descr': '");
  printLiteral(changetype<usize>(type));
  print("', 'fortran_order': False, 'shape': (");
  printInteger(rows);
  print(",");
  if (columns != 0) {
    print(" ");
    printInteger(columns);
  }
  print("), }");
  printPad(HEADER_BYTES - 1);
  printByte(10);
  check(printFlush());
  check(fileSync(fd));
  fileClose(fd);
}

function check(errno: i32): void {
  if (errno != 0) refuseErrno(load<u32>(OUTPUT, OF_PATH), " cannot be written", errno);
}
