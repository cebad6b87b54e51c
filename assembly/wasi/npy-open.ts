import { Ptr } from "../base/ptr";
import { npyFd, npyPath, npyRowOffset, npyRows, npySetData, npySetFile } from "./npy";
import { npyHeaderParse } from "./npy-header";
import { pathOpen } from "./paths";
import { print, printInteger } from "./print";
import { refusalOf, refuse, refuseErrno, refuseFile } from "./refuse";
import { fileBytes, fileRead, fileSeek, OPEN_READ } from "./system";

const PREFIX_BYTES: u32 = 12;
const HEADER_MOST: u32 = 1024;
/** The header with a NUL behind it, where every scan stops. */
const HEADER: Ptr = memory.data(1024 + 8, 4);

/** Opens `path` and fills in the record `file`. Does not come back from a file that cannot be read. */
export function npyOpen(file: Ptr, path: Ptr): void {
  const fd = pathOpen(path, OPEN_READ);
  npySetFile(file, fd, path);
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
  npySetData(file, start + headerBytes);
  if (<i64>(start + headerBytes) > bytes) {
    refuseFile(path, " is truncated: its header is not whole.");
  }
  readPart(file, HEADER, start, headerBytes);
  store<u8>(HEADER + headerBytes, 0);
  npyHeaderParse(file, HEADER);
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
