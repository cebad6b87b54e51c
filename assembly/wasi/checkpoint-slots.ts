import { CHECKPOINT_HEADER_BYTES, CHECKPOINT_OF_CRC } from "../abi/checkpoint";
import { CHECKPOINT_CRC, DONE } from "../abi/status";
import { crc32 } from "../base/crc32";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import {
  checkpointBytes,
  checkpointCheck,
  checkpointPiece,
  checkpointPieceBytes,
  checkpointStart,
} from "../train/checkpoint";
import { pathOpen } from "./paths";
import { refuseErrno, refuseFile } from "./refuse";
import { fileBytes, fileRead, fileSeek } from "./system";

// The two places for records in a checkpoint file, read without touching the arena.

/** Descriptor, path, bytes. */
const FILE: Ptr = memory.data(16, 8);
const OF_PATH: u32 = 4;
const OF_BYTES: u32 = 8;

const BUFFER_BYTES: u32 = 1024;
const BUFFER: Ptr = memory.data(1024, 8);

export function slotsOpen(path: Ptr, how: u32): void {
  const fd = pathOpen(path, how);
  const bytes = fileBytes(fd);
  if (bytes < 0) refuseFile(path, " is not a file that can be read at a place: give another.");
  store<u32>(FILE, fd);
  store<u32>(FILE, <u32>path, OF_PATH);
  store<i64>(FILE, bytes, OF_BYTES);
}

export function slotsFd(): u32 {
  return load<u32>(FILE);
}

export function slotsPath(): Ptr {
  return load<u32>(FILE, OF_PATH);
}

/** Of the file, as it was opened. */
export function slotsBytes(): i64 {
  return load<i64>(FILE, OF_BYTES);
}

/** Where a slot begins. */
export function slotOffset(slot: u32): i64 {
  return <i64>checkpointBytes() * slot;
}

/** The record's header into its place, zeros where the file has ended. */
export function slotHeader(slot: u32): void {
  const left = slotsBytes() - slotOffset(slot);
  memoryZero(checkpointStart(), CHECKPOINT_HEADER_BYTES);
  if (left > 0) {
    slotsRead(slotOffset(slot), checkpointStart(), <u32>min<i64>(left, CHECKPOINT_HEADER_BYTES));
  }
}

/** DONE if the slot holds a whole and sound record of this program. Reads it through the buffer, leaves the header. */
export function slotStatus(slot: u32): u32 {
  slotHeader(slot);
  const status = checkpointCheck();
  if (status != DONE) return status;
  if (slotsBytes() < slotOffset(slot + 1)) return CHECKPOINT_CRC;
  const behindCrc: u32 = CHECKPOINT_OF_CRC + 4;
  const state: u32 = CHECKPOINT_HEADER_BYTES;
  const stateEnd = state + checkpointPieceBytes(1);
  let crc = crc32(0, checkpointStart() + behindCrc, state - behindCrc);
  for (let at = state; at < checkpointBytes(); at += BUFFER_BYTES) {
    const bytes = min(checkpointBytes() - at, BUFFER_BYTES);
    slotsRead(slotOffset(slot) + at, BUFFER, bytes);
    crc = crc32(crc, BUFFER, bytes);
    const same = at < stateEnd ? min(stateEnd - at, bytes) : 0;
    for (let i: u32 = 0; i < same; ++i) {
      if (load<u8>(BUFFER + i) != load<u8>(checkpointPiece(1) + (at - state) + i)) {
        return CHECKPOINT_CRC;
      }
    }
  }
  return crc == load<u32>(checkpointStart(), CHECKPOINT_OF_CRC) ? DONE : CHECKPOINT_CRC;
}

export function slotsRead(position: i64, target: Ptr, bytes: u32): void {
  let errno = fileSeek(load<u32>(FILE), position);
  if (errno == 0) errno = fileRead(load<u32>(FILE), target, bytes);
  if (errno != 0) refuseErrno(load<u32>(FILE, OF_PATH), " cannot be read", errno);
}
