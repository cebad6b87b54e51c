import {
  CHECKPOINT_HEADER_BYTES,
  CHECKPOINT_OF_BYTES,
  CHECKPOINT_OF_CRC,
  CHECKPOINT_OF_HASH,
  CHECKPOINT_OF_MAGIC,
  CHECKPOINT_OF_POSITION,
  CHECKPOINT_OF_SEQUENCE,
  CHECKPOINT_OF_TENSOR_COUNT,
  CHECKPOINT_OF_VERSION,
  CHECKPOINT_MAGIC as MAGIC,
  CHECKPOINT_VERSION as VERSION,
} from "../abi/checkpoint";
import {
  HEADER_HASH,
  HEADER_ROWS_MAX,
  PHASE_BLOCKS,
  STATE_BYTES,
  STATE_TENSOR,
} from "../abi/program";
import {
  MODE_IDLE,
  SESSION_BLOCK,
  SESSION_FINISHED,
  SESSION_MODE,
  SESSION_PHASE,
  SESSION_PHASE_COUNT,
  SESSION_POSITION,
  SESSION_POSITION_BYTES,
  SESSION_RANDOM_INCREMENT,
  SESSION_ROW,
  SESSION_ROWS,
  SESSION_STAGE,
  SESSION_STATE,
  SESSION_STATE_COUNT,
  STAGE_NONE,
  STAGE_STEP,
} from "../abi/session";
import {
  BAD_CALL,
  CHECKPOINT_CRC,
  CHECKPOINT_HASH,
  CHECKPOINT_MAGIC,
  CHECKPOINT_STATE,
  CHECKPOINT_VERSION,
  DONE,
} from "../abi/status";
import { crc32 } from "../base/crc32";
import { memoryCopy, memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { phaseRecord } from "../vm/read-code";
import { headerWord, readState } from "../vm/read-tables";
import { answer, arenaStart, fail, SESSION, sessionGet, sessionSet } from "../vm/session";
import { tensorElementsAt, tensorPtr } from "../vm/tensor";

// A record leaves and enters piece by piece, so that it never lies in memory twice: piece 0 is the header
// at checkpointStart(), piece 1 the program's STATE section, then each state tensor where it lies.

const HEADER: Ptr = memory.data(CHECKPOINT_HEADER_BYTES, 16);

/** Address of the header. */
export function checkpointStart(): Ptr {
  return HEADER;
}

/** How many pieces a record of the loaded program has. */
export function checkpointPieces(): u32 {
  return 2 + sessionGet(SESSION_STATE_COUNT);
}

export function checkpointPiece(i: u32): Ptr {
  if (i == 0) return HEADER;
  return i == 1 ? <Ptr>sessionGet(SESSION_STATE) : tensorPtr(stateTensor(i - 2));
}

/** Without padding: what lies there is nobody's. */
export function checkpointPieceBytes(i: u32): u32 {
  if (i == 0) return CHECKPOINT_HEADER_BYTES;
  return i == 1
    ? sessionGet(SESSION_STATE_COUNT) * STATE_BYTES
    : tensorElementsAt(stateTensor(i - 2), 0) << 2;
}

/** Of the whole record. */
export function checkpointBytes(): u32 {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < checkpointPieces(); ++i) bytes += checkpointPieceBytes(i);
  return bytes;
}

function stateTensor(i: u32): u32 {
  return load<u32>(sessionGet(SESSION_STATE) + i * STATE_BYTES, STATE_TENSOR);
}

/** Writes the header for the state as it stands. Not in mid-step. `sequence` tells the newer of two records. */
export function checkpointBegin(sequence: u32): u32 {
  if (sessionGet(SESSION_STAGE) >= STAGE_STEP) return answer(BAD_CALL);
  memoryZero(HEADER, CHECKPOINT_HEADER_BYTES);
  store<u32>(HEADER, MAGIC, CHECKPOINT_OF_MAGIC);
  store<u32>(HEADER, VERSION, CHECKPOINT_OF_VERSION);
  store<u32>(HEADER, checkpointBytes(), CHECKPOINT_OF_BYTES);
  store<u64>(HEADER, load<u64>(arenaStart(), HEADER_HASH), CHECKPOINT_OF_HASH);
  store<u32>(HEADER, sequence, CHECKPOINT_OF_SEQUENCE);
  store<u32>(HEADER, sessionGet(SESSION_STATE_COUNT), CHECKPOINT_OF_TENSOR_COUNT);
  memoryCopy(HEADER + CHECKPOINT_OF_POSITION, SESSION + SESSION_POSITION, SESSION_POSITION_BYTES);
  store<u32>(HEADER, recordCrc(), CHECKPOINT_OF_CRC);
  return answer(DONE);
}

/** Says whether the header at checkpointStart() belongs to the loaded program and makes sense. Changes nothing. */
export function checkpointCheck(): u32 {
  if (load<u32>(HEADER, CHECKPOINT_OF_MAGIC) != MAGIC) return answer(CHECKPOINT_MAGIC);
  const version = load<u32>(HEADER, CHECKPOINT_OF_VERSION);
  if (version != VERSION) return fail(CHECKPOINT_VERSION, 0, 0, VERSION, version);
  if (load<u64>(HEADER, CHECKPOINT_OF_HASH) != load<u64>(arenaStart(), HEADER_HASH))
    return answer(CHECKPOINT_HASH);
  if (load<u32>(HEADER, CHECKPOINT_OF_BYTES) != checkpointBytes())
    return fail(CHECKPOINT_STATE, 0, 0, 0, 0);
  if (load<u32>(HEADER, CHECKPOINT_OF_TENSOR_COUNT) != sessionGet(SESSION_STATE_COUNT)) {
    return fail(CHECKPOINT_STATE, 0, 1, 0, 0);
  }
  return positionIsSane() ? answer(DONE) : fail(CHECKPOINT_STATE, 0, 2, 0, 0);
}

/** The CRC guards against accidents; this against a forged position. */
function positionIsSane(): bool {
  const rows = position(SESSION_ROWS);
  const begun = rows != 0 && rows <= headerWord(HEADER_ROWS_MAX) && position(SESSION_ROW) < rows;
  const odd = (position(SESSION_RANDOM_INCREMENT) & 1) != 0;
  return (
    begun &&
    odd &&
    position(SESSION_PHASE) < sessionGet(SESSION_PHASE_COUNT) &&
    position(SESSION_BLOCK) < load<u32>(phaseRecord(position(SESSION_PHASE)), PHASE_BLOCKS) &&
    position(SESSION_FINISHED) <= 1
  );
}

/** A word of the position in the header, by its name in the session record. */
function position(field: u32): u32 {
  return load<u32>(HEADER + CHECKPOINT_OF_POSITION + (field - SESSION_POSITION));
}

/**
 * Takes the record into use whose pieces the embedder has put in place: checks it whole, then sets the
 * position, from which trainResume() goes on. If it answers CHECKPOINT_CRC the weights are spoilt: load the
 * program again.
 */
export function checkpointRestore(): u32 {
  const status = checkpointCheck();
  if (status != DONE) return status;
  // Piece 1 is compared, not copied; who copied a foreign one over the program's is stopped here.
  if (readState() != DONE || load<u32>(HEADER, CHECKPOINT_OF_CRC) != recordCrc())
    return answer(CHECKPOINT_CRC);
  memoryCopy(SESSION + SESSION_POSITION, HEADER + CHECKPOINT_OF_POSITION, SESSION_POSITION_BYTES);
  sessionSet(SESSION_MODE, MODE_IDLE);
  sessionSet(SESSION_STAGE, STAGE_NONE);
  return answer(DONE);
}

/** crc32 over what follows the CRC's own word, through all pieces. */
function recordCrc(): u32 {
  const from = CHECKPOINT_OF_CRC + 4;
  let crc = crc32(0, HEADER + from, CHECKPOINT_HEADER_BYTES - from);
  for (let i: u32 = 1; i < checkpointPieces(); ++i)
    crc = crc32(crc, checkpointPiece(i), checkpointPieceBytes(i));
  return crc;
}
