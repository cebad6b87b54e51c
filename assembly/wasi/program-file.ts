import {
  HEADER_ARENA_BYTES,
  HEADER_BYTES,
  HEADER_MAGIC,
  HEADER_RESIDENT_BYTES,
  HEADER_VERSION,
  MAGIC,
  NONE,
  PROCEDURE_KIND,
  PROCEDURE_X,
  PROCEDURE_Y,
  TYPE_F32,
  TYPE_I32,
  VERSION,
} from "../abi/program";
import {
  SESSION_DETAIL,
  SESSION_INDEX,
  SESSION_PROCEDURE_COUNT,
  SESSION_SECTION,
} from "../abi/session";
import { BAD_CRC, BAD_HASH, DONE } from "../abi/status";
import { Ptr } from "../base/ptr";
import { procedureRecord } from "../vm/read-code";
import { programLoad } from "../vm/reader";
import { arenaStart, sessionGet } from "../vm/session";
import { tensorType } from "../vm/tensor";
import { memoryCheck } from "./memory-check";
import { optionFile } from "./options";
import { pathOpen } from "./paths";
import { print, printInteger } from "./print";
import { refusalOf, refuse, refuseErrno, refuseFile } from "./refuse";
import { fileClose, fileRead, fileSeek, OPEN_READ } from "./system";

const HEADER: Ptr = memory.data(HEADER_BYTES, 8);

/** Loads PROGRAM into the arena and takes it into use. Does not come back from a program that is refused. */
export function programOpen(): void {
  const path = optionFile(0);
  const fd = pathOpen(path, OPEN_READ);
  let errno = fileRead(fd, HEADER, HEADER_BYTES);
  if (errno != 0) refuseErrno(path, " cannot be read as a program", errno);
  if (load<u32>(HEADER, HEADER_MAGIC) != MAGIC) refuseFile(path, " is not a Strop program.");
  const version = load<u32>(HEADER, HEADER_VERSION);
  if (version != VERSION) refuseVersion(path, version);
  const resident = load<u32>(HEADER, HEADER_RESIDENT_BYTES);
  const needed = load<u32>(HEADER, HEADER_ARENA_BYTES);
  memoryCheck(
    path,
    needed,
    arenaStart(),
    " bytes, but this strop.wasm was built with ",
    ": rebuild it with 'strop build'.",
  );
  if (resident > needed || resident < <u32>HEADER_BYTES) {
    refuseFile(path, " is damaged: its sizes are impossible.");
  }
  errno = fileSeek(fd, 0);
  if (errno == 0) errno = fileRead(fd, arenaStart(), resident);
  if (errno != 0) refuseErrno(path, " cannot be read whole", errno);
  fileClose(fd);
  const status = programLoad(needed);
  if (status != DONE) refuseProgram(path, status);
}

function refuseVersion(path: Ptr, version: u32): void {
  refusalOf(path);
  print(" is a program of version ");
  printInteger(version);
  print(", and this strop.wasm reads version ");
  printInteger(VERSION);
  print(": build both with the same strop.");
  refuse();
}

function refuseProgram(path: Ptr, status: u32): void {
  if (status == BAD_HASH || status == BAD_CRC) {
    refuseFile(path, " is damaged: copy or build it again.");
  }
  refusalOf(path);
  print(" is not sound: status ");
  printInteger(status);
  print(" in section ");
  printInteger(sessionGet(SESSION_SECTION));
  print(", record ");
  printInteger(sessionGet(SESSION_INDEX));
  print(", detail ");
  printInteger(sessionGet(SESSION_DETAIL));
  print(". Build it again with 'strop build'.");
  refuse();
}

/** Index of the program's first procedure of a kind. */
export function procedureOf(kind: u32): u32 {
  for (let i: u32 = 0; i < sessionGet(SESSION_PROCEDURE_COUNT); ++i) {
    if (load<u32>(procedureRecord(i), PROCEDURE_KIND) == kind && takesRows(i)) return i;
  }
  refuseFile(
    optionFile(0),
    " has no procedure for this command: build it again with 'strop build'.",
  );
  return 0;
}

/** x is f32; y is absent, labels or targets. */
export function takesRows(procedure: u32): bool {
  const x = load<u32>(procedureRecord(procedure), PROCEDURE_X);
  const y = load<u32>(procedureRecord(procedure), PROCEDURE_Y);
  if (x == NONE || tensorType(x) != TYPE_F32) return false;
  return y == NONE || tensorType(y) == TYPE_F32 || tensorType(y) == TYPE_I32;
}
