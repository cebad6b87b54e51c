// Layout of a checkpoint record: header, the program's STATE section, then the bytes of
// its tensors (f32), one behind the other. docs/checkpoint-format.md tells it in prose.
// A file may hold two records of equal length side by side; the valid one of higher sequence counts.

export const CHECKPOINT_MAGIC = 0x4b435453; // "STCK"
export const CHECKPOINT_VERSION = 0;

export const CHECKPOINT_HEADER_BYTES = 96;
export const CHECKPOINT_OF_MAGIC = 0;
export const CHECKPOINT_OF_VERSION = 4;
/** Of the whole record. */
export const CHECKPOINT_OF_BYTES = 8;
/** crc32 of everything behind this word, the tensors included. */
export const CHECKPOINT_OF_CRC = 12;
/** The program's hash64, two words. */
export const CHECKPOINT_OF_HASH = 16;
/** Grows with every record written. */
export const CHECKPOINT_OF_SEQUENCE = 24;
export const CHECKPOINT_OF_TENSOR_COUNT = 28;
/** A copy of the session's position, SESSION_POSITION_BYTES long. */
export const CHECKPOINT_OF_POSITION = 32;
