// Layout of the session record, the core's only mutable state of its own. A host reads it at
// sessionStart(). All u32 but where said.

export const SESSION_BYTES = 208;
/** The last status. */
export const SESSION_STATUS = 0;
/** Where it arose: a section or 0; the record or the instruction's index in its procedure; a detail (operand, row); a value. */
export const SESSION_SECTION = 4;
export const SESSION_INDEX = 8;
export const SESSION_DETAIL = 12;
export const SESSION_VALUE = 16;
/** Of the running procedure: its index, the byte offset of the next instruction in it, its batch. */
export const SESSION_PROCEDURE = 20;
export const SESSION_PC = 24;
export const SESSION_BATCH = 28;
/** What the machine is in the middle of: IDLE, ONE_SHOT, TRAINING. */
export const SESSION_MODE = 32;
/** Where in a step the trainer stands. */
export const SESSION_STAGE = 36;
/** hash64 of parameters and running statistics, written by fingerprint(); two words, low first. */
export const SESSION_FINGERPRINT = 40;
/** Last finished step: mean loss of its batch (f32), gradient norm before clipping (f32, 0 if not computed), rows. */
export const SESSION_LOSS = 48;
export const SESSION_NORM = 52;
export const SESSION_STEP_ROWS = 56;

// What a checkpoint keeps
export const SESSION_POSITION = 64;
export const SESSION_POSITION_BYTES = 64;
export const SESSION_PHASE = 64;
/** Rows of the training set. */
export const SESSION_ROWS = 68;
/** Finished epochs of this phase. */
export const SESSION_EPOCH = 72;
/** Finished steps of this phase. */
export const SESSION_STEP = 76;
/** Rows of this epoch that are done. */
export const SESSION_ROW = 80;
/** 1 when the last phase is over. */
export const SESSION_FINISHED = 84;
/** PCG32 state (u64) as it stood before this epoch's shuffle, and its increment (u64). */
export const SESSION_RANDOM = 88;
export const SESSION_RANDOM_INCREMENT = 96;
/** f64: Σ loss·rows over this epoch's steps; of the last full epoch the mean. */
export const SESSION_EPOCH_LOSS = 104;
export const SESSION_LAST_EPOCH_LOSS = 112;
// 120 … 127 are zero.

// The reader's notes: addresses (absolute) and counts of the loaded program's tables
export const SESSION_ARENA_BYTES = 128;
export const SESSION_TENSORS = 132;
export const SESSION_TENSOR_COUNT = 136;
export const SESSION_CODE = 140;
export const SESSION_CODE_BYTES = 144;
export const SESSION_PROCEDURES = 148;
export const SESSION_PROCEDURE_COUNT = 152;
export const SESSION_PHASES = 156;
export const SESSION_PHASE_COUNT = 160;
export const SESSION_STATE = 164;
export const SESSION_STATE_COUNT = 168;
/** First byte that instructions may write. */
export const SESSION_WRITABLE = 172;
/** Of the row order, and of the rows wanted now within it. */
export const SESSION_ROW_ORDER = 176;
export const SESSION_WANTED = 180;
/** The shuffle's PCG32 as it stands now. */
export const SESSION_SHUFFLE = 184;
export const SESSION_SHUFFLE_INCREMENT = 192;
// 200 … 207 are zero.

export const MODE_IDLE = 0;
export const MODE_ONE_SHOT = 1;
export const MODE_TRAINING = 2;

/** No training under way. */
export const STAGE_NONE = 0;
/** The next thing is to shuffle. */
export const STAGE_EPOCH = 1;
/** The next thing is to ask for rows. */
export const STAGE_ASK = 2;
/** Rows were asked for; the next run takes them as filled. */
export const STAGE_ROWS = 3;
/** In mid-step. */
export const STAGE_STEP = 4;
