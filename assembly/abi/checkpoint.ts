// Layout of a checkpoint record: header, the program's STATE section, then the bytes of
// its tensors (f32), one behind the other. docs/checkpoint-format.md tells it in prose.
// A file may hold two records of equal length side by side; the valid one of higher sequence counts.

export const CHECKPOINT_MAGIC: u32 = 0x4b435453; // "STCK"
export const CHECKPOINT_VERSION: u32 = 0;

export const CHECKPOINT_HEADER_BYTES: u32 = 120;
export const CHECKPOINT_OF_MAGIC: u32 = 0;
export const CHECKPOINT_OF_VERSION: u32 = 4;
/** Of the whole record. */
export const CHECKPOINT_OF_BYTES: u32 = 8;
/** crc32 of everything behind this word, the tensors included. */
export const CHECKPOINT_OF_CRC: u32 = 12;
/** The program's hash64, two words. */
export const CHECKPOINT_OF_HASH: u32 = 16;
/** Grows with every record written. */
export const CHECKPOINT_OF_SEQUENCE: u32 = 24;
export const CHECKPOINT_OF_TENSOR_COUNT: u32 = 28;
/** A copy of the session's position, SESSION_POSITION_BYTES long. */
export const CHECKPOINT_OF_POSITION: u32 = 32;
