import {
  CHECKPOINT_HEADER_BYTES,
  CHECKPOINT_OF_CRC,
  CHECKPOINT_OF_HASH,
  CHECKPOINT_OF_SEQUENCE,
  CHECKPOINT_MAGIC as MAGIC,
} from "../abi/checkpoint";
import { CHECKPOINT_HASH, CHECKPOINT_MAGIC, CHECKPOINT_VERSION, DONE } from "../abi/status";
import { Ptr } from "../base/ptr";
import {
  checkpointBegin,
  checkpointBytes,
  checkpointPiece,
  checkpointPieceBytes,
  checkpointPieces,
  checkpointRestore,
  checkpointStart,
} from "../train/checkpoint";
import {
  slotHeader,
  slotOffset,
  slotStatus,
  slotsBytes,
  slotsFd,
  slotsOpen,
  slotsPath,
  slotsRead,
} from "./checkpoint-slots";
import { refuseBug, refuseErrno, refuseFile } from "./refuse";
import { fileClose, fileSeek, fileSync, fileWrite, OPEN_READ, OPEN_REPLACE } from "./system";

// OUT holds two records ("slots") of equal length. A save overwrites the older one, so that whatever
// happens in it, the newer one stays; a torn record fails its CRC.

/** The slot of the newest valid record, and its sequence number or 0. */
const NEWEST: Ptr = memory.data(8, 4);
const OF_SEQUENCE: u32 = 4;

/** The beginning of OUT, to compare. */
const BEGINNING: Ptr = memory.data(CHECKPOINT_OF_HASH + 8, 4);

/** Opens OUT, and finds its newest valid record. What it holds else is told by checkpointEmpty() and the like. */
export function checkpointOpen(path: Ptr, how: u32): void {
  slotsOpen(path, how);
  // The first record goes to slot 0.
  store<u32>(NEWEST, 1);
  store<u32>(NEWEST, 0, OF_SEQUENCE);
  for (let slot: u32 = 0; slot < 2; ++slot) {
    if (slotStatus(slot) != DONE) continue;
    const sequence = load<u32>(checkpointStart(), CHECKPOINT_OF_SEQUENCE);
    if (sequence < load<u32>(NEWEST, OF_SEQUENCE)) continue;
    store<u32>(NEWEST, slot);
    store<u32>(NEWEST, sequence, OF_SEQUENCE);
  }
}

/** A valid record was found. */
export function checkpointFound(): bool {
  return load<u32>(NEWEST, OF_SEQUENCE) != 0;
}

export function checkpointEmpty(): bool {
  return slotsBytes() == 0;
}

/** The first save was cut off: no more than one record is there, and it begins as one of this program. */
export function checkpointTorn(): bool {
  if (slotsBytes() > <i64>checkpointBytes()) return false;
  if (checkpointBegin(1) != DONE) return false;
  const head = min<u32>(<u32>slotsBytes(), CHECKPOINT_OF_HASH + 8);
  slotsRead(0, BEGINNING, head);
  for (let i: u32 = 0; i < head; ++i) {
    const inCrc = i - CHECKPOINT_OF_CRC < 4;
    if (!inCrc && load<u8>(BEGINNING + i) != load<u8>(checkpointStart() + i)) return false;
  }
  return true;
}

/** Empties OUT, which must be a checkpoint, of whatever program. */
export function checkpointReplace(): void {
  if (!checkpointEmpty() && !checkpointFound()) {
    slotHeader(0);
    if (load<u32>(checkpointStart()) != MAGIC) refuseSlot(CHECKPOINT_MAGIC);
  }
  const path = slotsPath();
  fileClose(slotsFd());
  checkpointOpen(path, OPEN_REPLACE);
}

/** Brings the record that was found into the arena. */
export function checkpointLoad(): void {
  const slot = load<u32>(NEWEST);
  slotHeader(slot);
  // Piece 1 is the program's own, and slotStatus() has compared it.
  let position = slotOffset(slot) + CHECKPOINT_HEADER_BYTES + checkpointPieceBytes(1);
  for (let i: u32 = 2; i < checkpointPieces(); ++i) {
    slotsRead(position, checkpointPiece(i), checkpointPieceBytes(i));
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
  const slot = 1 - load<u32>(NEWEST);
  const sequence = load<u32>(NEWEST, OF_SEQUENCE) + 1;
  const status = checkpointBegin(sequence);
  if (status != DONE) refuseBug(status);
  const fd = slotsFd();
  let errno = fileSeek(fd, slotOffset(slot));
  for (let i: u32 = 0; i < checkpointPieces() && errno == 0; ++i) {
    errno = fileWrite(fd, checkpointPiece(i), checkpointPieceBytes(i));
  }
  if (errno == 0) errno = fileSync(fd);
  if (errno != 0) refuseErrno(slotsPath(), " cannot be written", errno);
  store<u32>(NEWEST, slot);
  store<u32>(NEWEST, sequence, OF_SEQUENCE);
}

/** Says why what OUT holds is not gone on from. */
export function checkpointRefuse(): void {
  refuseSlot(slotStatus(0));
}

function refuseSlot(status: u32): void {
  const path = slotsPath();
  if (status == CHECKPOINT_MAGIC) {
    refuseFile(
      path,
      " is not a checkpoint; it was left as it is. Give another file, or remove it.",
    );
  }
  if (status == CHECKPOINT_VERSION) {
    refuseFile(path, " is a checkpoint of another version; it was left as it is.");
  }
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
