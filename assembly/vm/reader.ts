import {
  HASHED_FROM,
  HEADER_ARENA_BYTES,
  HEADER_BYTES,
  HEADER_HASH,
  HEADER_MAGIC,
  HEADER_RESIDENT_BYTES,
  HEADER_ROW_ORDER,
  HEADER_SECTION_COUNT,
  HEADER_VERSION,
  MAGIC,
  PHASE_BYTES,
  PROCEDURE_BYTES,
  SECTION_BYTES,
  SECTION_CODE,
  SECTION_DATA,
  SECTION_NAMES,
  SECTION_PHASES,
  SECTION_PROCEDURES,
  SECTION_STATE,
  SECTION_TABLE,
  SECTION_TENSORS,
  STATE_BYTES,
  TENSOR_BYTES,
  VERSION,
} from "../abi/program";
import {
  SESSION_ARENA_BYTES,
  SESSION_BYTES,
  SESSION_CODE,
  SESSION_CODE_BYTES,
  SESSION_PHASE_COUNT,
  SESSION_PHASES,
  SESSION_PROCEDURE_COUNT,
  SESSION_PROCEDURES,
  SESSION_STATE,
  SESSION_STATE_COUNT,
  SESSION_TENSOR_COUNT,
  SESSION_TENSORS,
  SESSION_WRITABLE,
} from "../abi/session";
import {
  BAD_CRC,
  BAD_HASH,
  BAD_MAGIC,
  BAD_SECTION,
  BAD_SIZE,
  BAD_VERSION,
  DONE,
} from "../abi/status";
import { crc32 } from "../base/crc32";
import { HASH64_BEGIN, hash64Final, hash64Update } from "../base/hash";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { readPhases, readProcedures } from "./read-code";
import { readState, readTensors } from "./read-tables";
import { answer, arenaStart, fail, SESSION, sessionGet, sessionSet } from "./session";

/**
 * Takes the program that lies at arenaStart() into use: checks every offset, size, id and instruction
 * before the first one runs, then zeroes what lies behind it.
 *
 * A program that passes cannot read or write outside its arena, change its own tables, loop for ever or
 * trap. arenaBytes is what the embedder provides from arenaStart() on.
 */
export function programLoad(arenaBytes: u32): u32 {
  memoryZero(SESSION, SESSION_BYTES);
  const base = arenaStart();
  let status = readHeader(base, arenaBytes);
  if (status == DONE) status = readSections(base);
  if (status == DONE) status = readTensors();
  if (status == DONE) status = readState();
  if (status == DONE) status = readProcedures();
  if (status == DONE) status = readPhases();
  if (status != DONE) return refuse(status);
  const resident = load<u32>(base, HEADER_RESIDENT_BYTES);
  memoryZero(base + resident, sessionGet(SESSION_ARENA_BYTES) - resident);
  return answer(DONE);
}

/** A refused program leaves nothing to run. */
function refuse(status: u32): u32 {
  sessionSet(SESSION_PROCEDURE_COUNT, 0);
  sessionSet(SESSION_PHASE_COUNT, 0);
  sessionSet(SESSION_STATE_COUNT, 0);
  sessionSet(SESSION_TENSOR_COUNT, 0);
  return status;
}

function readHeader(base: Ptr, arenaBytes: u32): u32 {
  if (arenaBytes < HEADER_BYTES) return fail(BAD_SIZE, 0, 0, HEADER_BYTES, arenaBytes);
  if (load<u32>(base, HEADER_MAGIC) != MAGIC) return answer(BAD_MAGIC);
  const version = load<u32>(base, HEADER_VERSION);
  if (version != VERSION) return fail(BAD_VERSION, 0, 0, VERSION, version);
  const resident = load<u32>(base, HEADER_RESIDENT_BYTES);
  const needed = load<u32>(base, HEADER_ARENA_BYTES);
  const sectionCount = load<u32>(base, HEADER_SECTION_COUNT);
  if (needed > arenaBytes) return fail(BAD_SIZE, 0, 1, needed, arenaBytes);
  if (((needed | resident) & 15) != 0 || resident > needed)
    return fail(BAD_SIZE, 0, 2, resident, needed);
  if (sectionCount > 16 || resident < SECTION_TABLE + sectionCount * SECTION_BYTES) {
    return fail(BAD_SIZE, 0, 3, sectionCount, resident);
  }
  for (let at: u32 = HEADER_ROW_ORDER + 4; at < HEADER_BYTES; at += 4) {
    if (load<u32>(base + at) != 0) return fail(BAD_SIZE, 0, 4, at, load<u32>(base + at));
  }
  const hashed = resident - HASHED_FROM;
  const hash = hash64Final(hash64Update(HASH64_BEGIN, base + HASHED_FROM, hashed), hashed);
  if (hash != load<u64>(base, HEADER_HASH)) return answer(BAD_HASH);
  sessionSet(SESSION_ARENA_BYTES, needed);
  return DONE;
}

/** Sections ascend without overlap; every resident kind occurs once; DATA is the last and ends the resident part. */
function readSections(base: Ptr): u32 {
  const resident = load<u32>(base, HEADER_RESIDENT_BYTES);
  const count = load<u32>(base, HEADER_SECTION_COUNT);
  let end: u32 = SECTION_TABLE + count * SECTION_BYTES;
  let seen: u32 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const entry = base + SECTION_TABLE + i * SECTION_BYTES;
    const kind = load<u32>(entry);
    const offset = load<u32>(entry, 4);
    const bytes = load<u32>(entry, 8);
    if (kind == SECTION_NAMES) continue;
    if (kind < SECTION_TENSORS || kind > SECTION_DATA || (seen >> kind) & 1) {
      return fail(BAD_SECTION, kind, i, 0, kind);
    }
    if (seen >> SECTION_DATA || offset < end || (offset & 15) != 0 || (bytes & 3) != 0) {
      return fail(BAD_SECTION, kind, i, 1, offset);
    }
    if (offset > resident || bytes > resident - offset) return fail(BAD_SECTION, kind, i, 2, bytes);
    if (crc32(0, base + offset, bytes) != load<u32>(entry, 12)) return fail(BAD_CRC, kind, i, 0, 0);
    seen |= 1 << kind;
    end = offset + bytes;
    if (!noteSection(kind, base + offset, bytes)) return fail(BAD_SECTION, kind, i, 3, bytes);
  }
  return seen == 0b1111110 ? DONE : fail(BAD_SECTION, 0, count, 4, seen);
}

/** False if the section's length is not a whole number of records. */
function noteSection(kind: u32, at: Ptr, bytes: u32): bool {
  if (kind == SECTION_TENSORS)
    return noteTable(SESSION_TENSORS, SESSION_TENSOR_COUNT, at, bytes, TENSOR_BYTES);
  if (kind == SECTION_CODE) return noteTable(SESSION_CODE, SESSION_CODE_BYTES, at, bytes, 1);
  if (kind == SECTION_PROCEDURES) {
    return noteTable(SESSION_PROCEDURES, SESSION_PROCEDURE_COUNT, at, bytes, PROCEDURE_BYTES);
  }
  if (kind == SECTION_PHASES)
    return noteTable(SESSION_PHASES, SESSION_PHASE_COUNT, at, bytes, PHASE_BYTES);
  if (kind == SECTION_STATE)
    return noteTable(SESSION_STATE, SESSION_STATE_COUNT, at, bytes, STATE_BYTES);
  sessionSet(SESSION_WRITABLE, <u32>(at - arenaStart()));
  return true;
}

function noteTable(startField: u32, countField: u32, at: Ptr, bytes: u32, recordBytes: u32): bool {
  sessionSet(startField, <u32>at);
  sessionSet(countField, bytes / recordBytes);
  return bytes % recordBytes == 0;
}
