// What the core answers. Below ERROR_MIN the run goes on; from it upwards the session record says where.

/** The procedure, or the whole training, is over. */
export const DONE = 0;
/** Fill the rows named by the row order into the input and label tensors, then run again. */
export const ROWS = 1;
/** The budget is used up, possibly in mid-step; run again to go on. */
export const PAUSED = 2;
/** An epoch is over; run again to go on. */
export const EPOCH = 3;

export const ERROR_MIN = 16;

// A program is refused. The place is (section, index of the record or instruction, what)
export const BAD_MAGIC = 16;
export const BAD_VERSION = 17;
/** A size in the header is impossible, or larger than the arena that was given. */
export const BAD_SIZE = 18;
export const BAD_HASH = 19;
/** A section lies outside the file, overlaps another, or is missing. */
export const BAD_SECTION = 20;
export const BAD_CRC = 21;
export const BAD_TENSOR = 22;
export const BAD_OPCODE = 23;
/** An operand does not exist, has the wrong type or size, may not be written, or overlaps another. */
export const BAD_OPERAND = 24;
export const BAD_ATTRIBUTE = 25;
export const BAD_PROCEDURE = 26;
export const BAD_PHASE = 27;
export const BAD_STATE = 28;

// A run stops
/** A label lies outside 0 … classes − 1; place: instruction, row, label. */
export const LABEL_RANGE = 32;
/** A loss or a tensor is not finite; place: instruction, tensor. */
export const NON_FINITE = 33;
/** More rows than the program was planned for, or none. */
export const BAD_ROWS = 34;
/** A call that the state of the session does not allow (run before begin, a procedure in mid-step). */
export const BAD_CALL = 35;

// A checkpoint is refused
export const CHECKPOINT_MAGIC = 48;
export const CHECKPOINT_VERSION = 49;
/** It belongs to another program. */
export const CHECKPOINT_HASH = 50;
export const CHECKPOINT_CRC = 51;
/** A position or count in it is impossible. */
export const CHECKPOINT_STATE = 52;
