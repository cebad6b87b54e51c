import { Ptr } from "../base/ptr";
import { print } from "./print";
import { printErrno, refusalOf, refuse, refuseFile } from "./refuse";
import { fileOpen, openErrno, preopenName, preopenNameBytes } from "./system";

// A command reaches files only through directories that the host opened before it began ("preopens", from
// descriptor 3 on). A path belongs to the one with the longest name that it begins with.

const FIRST_PREOPEN: u32 = 3;
const NAME_BYTES: u32 = 512;
const NAME: Ptr = memory.data(512 + 1);

const SLASH: u32 = 47;
const DOT: u32 = 46;
const DOT_SLASH: u32 = 0x2f2e;

/** Opens a file named on the command line. Does not come back if that fails. */
export function pathOpen(path: Ptr, how: u32): u32 {
  let best: u32 = 0;
  let bestBytes: i32 = -1;
  for (let fd: u32 = FIRST_PREOPEN; ; ++fd) {
    const bytes = preopenNameBytes(fd);
    if (bytes < 0) break;
    if (<u32>bytes > NAME_BYTES || !preopenName(fd, NAME, bytes)) continue;
    store<u8>(NAME + bytes, 0);
    const matched = prefixBytes(path, NAME);
    if (matched <= bestBytes) continue;
    best = fd;
    bestBytes = matched;
  }
  if (bestBytes < 0) {
    refuseFile(
      path,
      ": the engine gave no directory that holds it: give --dir, and a path below it.",
    );
  }
  const rest = pathRest(path + bestBytes);
  const fd = fileOpen(best, rest, stringBytes(rest), how);
  if (fd < 0) {
    refusalOf(path);
    print(" cannot be opened: ");
    printErrno(openErrno());
    refuse();
  }
  return fd;
}

/** How many bytes of `path` the directory `name` covers; −1 if the path does not lie in it. */
function prefixBytes(path: Ptr, name: Ptr): i32 {
  if ((load<u8>(path) == SLASH) != (load<u8>(name) == SLASH)) return -1;
  const start = pathRest(path);
  name = pathRest(name);
  let nameBytes = stringBytes(name);
  while (nameBytes > 0 && load<u8>(name + nameBytes - 1) == SLASH) --nameBytes;
  if (nameBytes == 1 && load<u8>(name) == DOT) nameBytes = 0;
  for (let i: u32 = 0; i < nameBytes; ++i) {
    if (load<u8>(start + i) != load<u8>(name + i)) return -1;
  }
  const next = load<u8>(start + nameBytes);
  if (nameBytes != 0 && next != SLASH && next != 0) return -1;
  return <i32>(start - path + nameBytes);
}

/** Without slashes and "./" at the start. */
function pathRest(path: Ptr): Ptr {
  while (load<u8>(path) == SLASH || load<u16>(path) == DOT_SLASH)
    path += load<u8>(path) == SLASH ? 1 : 2;
  return path;
}

/** Both name one file, as far as their words can tell: "./x" is "x", "a//b" is "a/b". */
export function pathSame(a: Ptr, b: Ptr): bool {
  a = pathRest(a);
  b = pathRest(b);
  while (load<u8>(a) == load<u8>(b)) {
    const at = load<u8>(a);
    if (at == 0) return true;
    a = at == SLASH ? pathRest(a + 1) : a + 1;
    b = at == SLASH ? pathRest(b + 1) : b + 1;
  }
  return false;
}

export function stringBytes(string: Ptr): u32 {
  let bytes: u32 = 0;
  while (load<u8>(string + bytes) != 0) ++bytes;
  return bytes;
}
