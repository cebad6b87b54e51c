import {
  CHECKPOINT_HEADER_BYTES,
  CHECKPOINT_OF_CRC,
  CHECKPOINT_OF_HASH,
  CHECKPOINT_OF_SEQUENCE,
  CHECKPOINT_MAGIC as MAGIC,
} from "../abi/checkpoint";
import {
  CHECKPOINT_CRC,
  CHECKPOINT_HASH,
  CHECKPOINT_MAGIC,
  CHECKPOINT_VERSION,
  DONE,
} from "../abi/status";
import { crc32 } from "../base/crc32";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import {
  checkpointBegin,
  checkpointBytes,
  checkpointCheck,
  checkpointPiece,
  checkpointPieceBytes,
  checkpointPieces,
  checkpointRestore,
  checkpointStart,
} from "../train/checkpoint";
import { pathOpen } from "./paths";
import { refuseBug, refuseErrno, refuseFile } from "./refuse";
import {
  fileBytes,
  fileClose,
  fileRead,
  fileSeek,
  fileSync,
  fileWrite,
  OPEN_READ,
  OPEN_REPLACE,
} from "./system";

// OUT holds two records ("slots") of equal length. A save overwrites the older one, so that whatever
// happens in it, the newer one stays; a torn record fails its CRC.

/** Descriptor, path, the slot of the newest valid record, its sequence number; bytes of the file. */
const FILE: Ptr = memory.data(24, 8);
const OF_PATH: u32 = 4;
const OF_SLOT: u32 = 8;
const OF_SEQUENCE: u32 = 12;
const OF_BYTES: u32 = 16;

const BUFFER_BYTES: u32 = 1024;
const BUFFER: Ptr = memory.data(1024, 8);

/** Opens OUT, and finds its newest valid record. What it holds else is told by checkpointEmpty() and the like. */
export function checkpointOpen(path: Ptr, how: u32): void {
  const fd = pathOpen(path, how);
  store<u32>(FILE, fd);
  store<u32>(FILE, <u32>path, OF_PATH);
  const bytes = fileBytes(fd);
  if (bytes < 0) refuseFile(path, " is not a file that can be read at a place: give another.");
  store<i64>(FILE, bytes, OF_BYTES);
  // The first record goes to slot 0.
  store<u32>(FILE, 1, OF_SLOT);
  store<u32>(FILE, 0, OF_SEQUENCE);
  for (let slot: u32 = 0; slot < 2; ++slot) {
    if (slotStatus(slot) != DONE) continue;
    const sequence = load<u32>(checkpointStart(), CHECKPOINT_OF_SEQUENCE);
    if (sequence < load<u32>(FILE, OF_SEQUENCE)) continue;
    store<u32>(FILE, slot, OF_SLOT);
    store<u32>(FILE, sequence, OF_SEQUENCE);
  }
}

/** A valid record was found. */
export function checkpointFound(): bool {
  return load<u32>(FILE, OF_SEQUENCE) != 0;
}

export function checkpointEmpty(): bool {
  return load<i64>(FILE, OF_BYTES) == 0;
}

/** The first save was cut off: no more than one record is there, and it begins as one of this program. */
export function checkpointTorn(): bool {
  if (load<i64>(FILE, OF_BYTES) > <i64>checkpointBytes()) return false;
  if (checkpointBegin(1) != DONE) return false;
  const head = min<u32>(load<u32>(FILE, OF_BYTES), CHECKPOINT_OF_HASH + 8);
  readAt(0, BUFFER, head);
  for (let i: u32 = 0; i < head; ++i) {
    const inCrc = i - CHECKPOINT_OF_CRC < 4;
    if (!inCrc && load<u8>(BUFFER + i) != load<u8>(checkpointStart() + i)) return false;
  }
  return true;
}

/** Empties OUT, which must be a checkpoint, of whatever program. */
export function checkpointReplace(): void {
  if (!checkpointEmpty()) {
    readHeader(0);
    if (load<u32>(checkpointStart()) != MAGIC) refuseSlot(CHECKPOINT_MAGIC);
  }
  const path = <Ptr>load<u32>(FILE, OF_PATH);
  fileClose(load<u32>(FILE));
  checkpointOpen(path, OPEN_REPLACE);
}

/** Brings the record that was found into the arena. */
export function checkpointLoad(): void {
  const slot = load<u32>(FILE, OF_SLOT);
  readHeader(slot);
  // Piece 1 is the program's own, and slotStatus() has compared it.
  let position = slotOffset(slot) + CHECKPOINT_HEADER_BYTES + checkpointPieceBytes(1);
  for (let i: u32 = 2; i < checkpointPieces(); ++i) {
    readAt(position, checkpointPiece(i), checkpointPieceBytes(i));
    position += checkpointPieceBytes(i);
  }
  const status = checkpointRestore();
  if (status != DONE) refuseSlot(status);
}

/** Opens a checkpoint for reading and brings its newest record into the arena. */
export function checkpointUse(path: Ptr): void {
  checkpointOpen(path, OPEN_READ);
  if (!checkpointFound()) checkpointRefuse();
  checkpointLoad();
}

/** Writes the state as it stands over the older record. */
export function checkpointSave(): void {
  const slot = 1 - load<u32>(FILE, OF_SLOT);
  const sequence = load<u32>(FILE, OF_SEQUENCE) + 1;
  const status = checkpointBegin(sequence);
  if (status != DONE) refuseBug(status);
  const fd = load<u32>(FILE);
  let errno = fileSeek(fd, slotOffset(slot));
  for (let i: u32 = 0; i < checkpointPieces() && errno == 0; ++i) {
    errno = fileWrite(fd, checkpointPiece(i), checkpointPieceBytes(i));
  }
  if (errno == 0) errno = fileSync(fd);
  if (errno != 0) refuseErrno(load<u32>(FILE, OF_PATH), " cannot be written", errno);
  store<u32>(FILE, slot, OF_SLOT);
  store<u32>(FILE, sequence, OF_SEQUENCE);
}

/** Says why what OUT holds is not gone on from. */
export function checkpointRefuse(): void {
  refuseSlot(slotStatus(0));
}

function refuseSlot(status: u32): void {
  const path = <Ptr>load<u32>(FILE, OF_PATH);
  if (status == CHECKPOINT_MAGIC) {
    refuseFile(
      path,
      " is not a checkpoint; it was left as it is. Give another file, or remove it.",
    );
  }
  if (status == CHECKPOINT_VERSION)
    refuseFile(path, " is a checkpoint of another version; it was left as it is.");
  if (status == CHECKPOINT_HASH) {
    refuseFile(
      path,
      " is a checkpoint of another program; it was left as it is. Give another file, or train --fresh.",
    );
  }
  refuseFile(
    path,
    " is a damaged checkpoint; it was left as it is. Give another file, or train --fresh.",
  );
}

function slotOffset(slot: u32): i64 {
  return <i64>checkpointBytes() * slot;
}

/** The header into its place, zeros where the file has ended. */
function readHeader(slot: u32): void {
  const left = load<i64>(FILE, OF_BYTES) - slotOffset(slot);
  memoryZero(checkpointStart(), CHECKPOINT_HEADER_BYTES);
  if (left > 0)
    readAt(slotOffset(slot), checkpointStart(), <u32>min<i64>(left, CHECKPOINT_HEADER_BYTES));
}

/** DONE if the slot holds a whole and sound record of this program. Reads it through the buffer, leaves the header. */
function slotStatus(slot: u32): u32 {
  readHeader(slot);
  const status = checkpointCheck();
  if (status != DONE) return status;
  if (load<i64>(FILE, OF_BYTES) < slotOffset(slot + 1)) return CHECKPOINT_CRC;
  const behindCrc: u32 = CHECKPOINT_OF_CRC + 4;
  const state: u32 = CHECKPOINT_HEADER_BYTES;
  const stateEnd = state + checkpointPieceBytes(1);
  let crc = crc32(0, checkpointStart() + behindCrc, state - behindCrc);
  for (let at = state; at < checkpointBytes(); at += BUFFER_BYTES) {
    const bytes = min(checkpointBytes() - at, BUFFER_BYTES);
    readAt(slotOffset(slot) + at, BUFFER, bytes);
    crc = crc32(crc, BUFFER, bytes);
    const same = at < stateEnd ? min(stateEnd - at, bytes) : 0;
    for (let i: u32 = 0; i < same; ++i) {
      if (load<u8>(BUFFER + i) != load<u8>(checkpointPiece(1) + (at - state) + i))
        return CHECKPOINT_CRC;
    }
  }
  return crc == load<u32>(checkpointStart(), CHECKPOINT_OF_CRC) ? DONE : CHECKPOINT_CRC;
}

function readAt(position: i64, target: Ptr, bytes: u32): void {
  let errno = fileSeek(load<u32>(FILE), position);
  if (errno == 0) errno = fileRead(load<u32>(FILE), target, bytes);
  if (errno != 0) refuseErrno(load<u32>(FILE, OF_PATH), " cannot be read", errno);
}
