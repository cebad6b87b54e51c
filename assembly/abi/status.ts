// What the core answers. Below ERROR_MIN the run goes on; from it upwards the session record says where.

/** The procedure, or the whole training, is over. */
export const DONE: u32 = 0;
/** Fill the rows named by the row order into the input and label tensors, then run again. */
export const ROWS: u32 = 1;
/** The budget is used up, possibly in mid-step; run again to go on. */
export const PAUSED: u32 = 2;
/** An epoch is over; run again to go on. */
export const EPOCH: u32 = 3;

export const ERROR_MIN: u32 = 16;

// A program is refused. The place is (section, index of the record or instruction, what)
export const BAD_MAGIC: u32 = 16;
export const BAD_VERSION: u32 = 17;
/** A size in the header is impossible, or larger than the arena that was given. */
export const BAD_SIZE: u32 = 18;
export const BAD_HASH: u32 = 19;
/** A section lies outside the file, overlaps another, or is missing. */
export const BAD_SECTION: u32 = 20;
export const BAD_CRC: u32 = 21;
export const BAD_TENSOR: u32 = 22;
export const BAD_OPCODE: u32 = 23;
/** An operand does not exist, has the wrong type or size, may not be written, or overlaps another. */
export const BAD_OPERAND: u32 = 24;
export const BAD_ATTRIBUTE: u32 = 25;
export const BAD_PROCEDURE: u32 = 26;
export const BAD_PHASE: u32 = 27;
export const BAD_STATE: u32 = 28;

// A run stops
/** A label lies outside 0 … classes − 1; place: instruction, row, label. */
export const LABEL_RANGE: u32 = 32;
/** A loss or a tensor is not finite; place: instruction, tensor. */
export const NON_FINITE: u32 = 33;
/** More rows than the program was planned for, or none. */
export const BAD_ROWS: u32 = 34;
/** A call that the state of the session does not allow (run before begin, a procedure in mid-step). */
export const BAD_CALL: u32 = 35;
/** An epoch's last batch would be smaller than the phase allows; place: phase, smallest, this. */
export const SMALL_BATCH: u32 = 36;
/** A matrix has a pivot that will not do; place: instruction, row of the pivot. */
export const SINGULAR: u32 = 37;
/** A table of a linear map has a start or an index out of range; place: instruction, operand. */
export const TABLE_RANGE: u32 = 38;

// A checkpoint is refused
export const CHECKPOINT_MAGIC: u32 = 48;
export const CHECKPOINT_VERSION: u32 = 49;
/** It belongs to another program. */
export const CHECKPOINT_HASH: u32 = 50;
export const CHECKPOINT_CRC: u32 = 51;
/** A position or count in it is impossible. */
export const CHECKPOINT_STATE: u32 = 52;
