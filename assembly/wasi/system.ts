// The only file that imports anything. The bindings are the wasi-shim's, which asc finds through
// asconfig.wasi.json; nothing but the eleven calls named here may be imported (a test counts them).
import {
  args_get,
  args_sizes_get,
  fd_close,
  fd_datasync,
  fd_prestat_dir_name,
  fd_prestat_get,
  fd_read,
  fd_seek,
  fd_write,
  lookupflags,
  oflags,
  path_open,
  prestat,
  proc_exit,
  rights,
} from "bindings/wasi_snapshot_preview1";
import { Ptr } from "../base/ptr";

export const STDOUT: u32 = 1;
export const STDERR: u32 = 2;

/** How a file is opened. */
export const OPEN_READ: u32 = 0;
/** For reading and writing; made if it does not exist. */
export const OPEN_UPDATE: u32 = 1;
/** The same, emptied. */
export const OPEN_REPLACE: u32 = 2;

/** What fileRead answers when the file ends early. */
export const SHORT: i32 = -1;
/** What fileSeek answers when it landed elsewhere. */
const LOST: i32 = -2;

/** An iovec and the count of bytes moved. Engines trap on results that are not aligned to their type. */
const MOVE: Ptr = memory.data(16, 8);
const RESULT: Ptr = memory.data(8, 8);

/** Errno of the last fileOpen. */
export function openErrno(): i32 {
  return load<i32>(RESULT, 4);
}

/** How many arguments there are, or −1 if they need more than the given space: argv has argc + 1 entries. */
export function argumentsGet(argv: Ptr, most: u32, strings: Ptr, stringBytes: u32): i32 {
  if (args_sizes_get(RESULT, RESULT + 4) != 0) return -1;
  const count = load<u32>(RESULT);
  if (count > most || load<u32>(RESULT, 4) > stringBytes) return -1;
  return args_get(argv, strings) == 0 ? <i32>count : -1;
}

/** Bytes of the name of the preopened directory `fd`, or −1 past the last one. */
export function preopenNameBytes(fd: u32): i32 {
  return fd_prestat_get(fd, changetype<prestat>(RESULT)) == 0 ? load<i32>(RESULT, 4) : -1;
}

/** The name has no NUL at its end. */
export function preopenName(fd: u32, name: Ptr, bytes: u32): bool {
  return fd_prestat_dir_name(fd, name, bytes) == 0;
}

/** A descriptor, or −1; then openErrno() tells why. The rights are those that are used, for hosts grant no others. */
export function fileOpen(directory: u32, path: Ptr, pathBytes: u32, how: u32): i32 {
  let allowed: rights = rights.FD_READ | rights.FD_SEEK | rights.FD_TELL;
  if (how != OPEN_READ) allowed |= rights.FD_WRITE | rights.FD_DATASYNC;
  const flags: oflags =
    how == OPEN_READ ? 0 : how == OPEN_UPDATE ? oflags.CREAT : oflags.CREAT | oflags.TRUNC;
  const follow = lookupflags.SYMLINK_FOLLOW;
  const errno = <i32>path_open(directory, follow, path, pathBytes, flags, allowed, 0, 0, RESULT);
  const fd = load<i32>(RESULT);
  store<i32>(RESULT, errno, 4);
  return errno == 0 ? fd : -1;
}

/** 0, an errno, or SHORT. One call may bring less than was asked for. */
export function fileRead(fd: u32, target: Ptr, bytes: u32): i32 {
  while (bytes != 0) {
    store<u32>(MOVE, <u32>target);
    store<u32>(MOVE, bytes, 4);
    const errno = <i32>fd_read(fd, MOVE, 1, MOVE + 8);
    if (errno != 0) return errno;
    const moved = load<u32>(MOVE, 8);
    if (moved == 0 || moved > bytes) return SHORT;
    target += moved;
    bytes -= moved;
  }
  return 0;
}

/** 0, an errno, or SHORT. */
export function fileWrite(fd: u32, source: Ptr, bytes: u32): i32 {
  while (bytes != 0) {
    store<u32>(MOVE, <u32>source);
    store<u32>(MOVE, bytes, 4);
    const errno = <i32>fd_write(fd, MOVE, 1, MOVE + 8);
    if (errno != 0) return errno;
    const moved = load<u32>(MOVE, 8);
    if (moved == 0 || moved > bytes) return SHORT;
    source += moved;
    bytes -= moved;
  }
  return 0;
}

/**
 * Moves to `position`, counted from the file's start. Returns 0, an errno or LOST.
 *
 * wasm3 0.4.7 has the whences of WASI's unstable snapshot: 0 CUR, 1 END, 2 SET, where preview 1 has 0 SET,
 * 1 CUR, 2 END. A seek with 0 that it took for CUR tells where it landed; a second one by the difference
 * lands right, because there both are relative.
 */
export function fileSeek(fd: u32, position: i64): i32 {
  let errno = <i32>fd_seek(fd, position, 0, RESULT);
  if (errno != 0) return errno;
  const landed = load<i64>(RESULT);
  if (landed == position) return 0;
  errno = <i32>fd_seek(fd, position - landed, 0, RESULT);
  if (errno != 0) return errno;
  return load<i64>(RESULT) == position ? 0 : LOST;
}

/** Bytes of the file, or −1. The position is then its end. */
export function fileBytes(fd: u32): i64 {
  // Preview 1: to the end, then asks where. wasm3: to the start, then to the end.
  if (fd_seek(fd, 0, 2, RESULT) != 0 || fd_seek(fd, 0, 1, RESULT) != 0) return -1;
  return load<i64>(RESULT);
}

/** Brings what was written to the disk. 0 or an errno. */
export function fileSync(fd: u32): i32 {
  return <i32>fd_datasync(fd);
}

export function fileClose(fd: u32): void {
  fd_close(fd);
}

/** Ends the command. */
export function exit(code: u32): void {
  proc_exit(code);
  unreachable();
}
