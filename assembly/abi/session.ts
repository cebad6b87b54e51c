// Layout of the session record, the core's only mutable state of its own. A host reads it at
// sessionStart(). All u32 but where said.

export const SESSION_BYTES: u32 = 288;
/** The last status. */
export const SESSION_STATUS: u32 = 0;
/** Where it arose: a section or 0; the record or the instruction's index in its procedure; a detail (operand, row); a value. */
export const SESSION_SECTION: u32 = 4;
export const SESSION_INDEX: u32 = 8;
export const SESSION_DETAIL: u32 = 12;
export const SESSION_VALUE: u32 = 16;
/** Of the running procedure: its index, the byte offset of the next instruction in it, its batch. */
export const SESSION_PROCEDURE: u32 = 20;
export const SESSION_PC: u32 = 24;
export const SESSION_BATCH: u32 = 28;
/** What the machine is in the middle of: IDLE, ONE_SHOT, TRAINING. */
export const SESSION_MODE: u32 = 32;
/** Where in a step the trainer stands. */
export const SESSION_STAGE: u32 = 36;
/** hash64 of parameters and running statistics, written by fingerprint(); two words, low first. */
export const SESSION_FINGERPRINT: u32 = 40;
/** Last finished step: mean loss of its batch (f32), gradient norm before clipping (f32, 0 if not computed), rows. */
export const SESSION_LOSS: u32 = 48;
export const SESSION_NORM: u32 = 52;
export const SESSION_STEP_ROWS: u32 = 56;

// What a checkpoint keeps
export const SESSION_POSITION: u32 = 64;
export const SESSION_POSITION_BYTES: u32 = 88;
export const SESSION_PHASE: u32 = 64;
/** Rows of the training set. */
export const SESSION_ROWS: u32 = 68;
/** Finished epochs of this phase. */
export const SESSION_EPOCH: u32 = 72;
/** Finished steps of this phase. */
export const SESSION_STEP: u32 = 76;
/** Rows of this epoch that are done. */
export const SESSION_ROW: u32 = 80;
/** 1 when the last phase is over. */
export const SESSION_FINISHED: u32 = 84;
/** PCG32 state (u64) as it stood before this epoch's shuffle, and its increment (u64). */
export const SESSION_RANDOM: u32 = 88;
export const SESSION_RANDOM_INCREMENT: u32 = 96;
/** f64: Σ loss·weight over this epoch's steps, its mean as the last step left it, and Σ weight. */
export const SESSION_EPOCH_LOSS: u32 = 104;
export const SESSION_LAST_EPOCH_LOSS: u32 = 112;
/** Of a plateau schedule: the best metric (f64), epochs since it, how often the rate was cut. */
export const SESSION_PLATEAU_BEST: u32 = 120;
export const SESSION_PLATEAU_BAD: u32 = 128;
export const SESSION_PLATEAU_CUTS: u32 = 132;
export const SESSION_EPOCH_WEIGHT: u32 = 136;
/** The block of parameters that is being trained. */
export const SESSION_BLOCK: u32 = 144;
// 148 … 151 are zero.

// The reader's notes: addresses (absolute) and counts of the loaded program's tables
export const SESSION_ARENA_BYTES: u32 = 152;
export const SESSION_TENSORS: u32 = 156;
export const SESSION_TENSOR_COUNT: u32 = 160;
export const SESSION_CODE: u32 = 164;
export const SESSION_CODE_BYTES: u32 = 168;
export const SESSION_PROCEDURES: u32 = 172;
export const SESSION_PROCEDURE_COUNT: u32 = 176;
export const SESSION_PHASES: u32 = 180;
export const SESSION_PHASE_COUNT: u32 = 184;
export const SESSION_STATE: u32 = 188;
export const SESSION_STATE_COUNT: u32 = 192;
/** First byte that instructions may write. */
export const SESSION_WRITABLE: u32 = 196;
/** Of the row order, and of the rows wanted now within it. */
export const SESSION_ROW_ORDER: u32 = 200;
export const SESSION_WANTED: u32 = 204;
/** The shuffle's PCG32 as it stands now. */
export const SESSION_SHUFFLE: u32 = 208;
/** Of the instruction at work: for each of its operands, up to eight, address and elements. */
export const SESSION_OPERANDS: u32 = 224;

export const MODE_IDLE: u32 = 0;
export const MODE_ONE_SHOT: u32 = 1;
export const MODE_TRAINING: u32 = 2;

/** No training under way. */
export const STAGE_NONE: u32 = 0;
/** The next thing is to shuffle. */
export const STAGE_EPOCH: u32 = 1;
/** The next thing is to ask for rows. */
export const STAGE_ASK: u32 = 2;
/** Rows were asked for; the next run takes them as filled. */
export const STAGE_ROWS: u32 = 3;
/** In mid-step. */
export const STAGE_STEP: u32 = 4;
/** Before a step: the blocks are being scored; what lives for the block only is being filled. */
export const STAGE_SCORE: u32 = 5;
export const STAGE_BEGIN: u32 = 6;
