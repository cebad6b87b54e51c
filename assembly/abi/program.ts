// Layout of a program file. All words are little-endian u32; offsets named *_WORD count words within a
// record, all others bytes. The file is loaded at the start of the arena and used where it lies: weights
// are trained in the DATA section itself. docs/program-format.md tells it in prose.

export const MAGIC: u32 = 0x50525453; // "STRP"
export const VERSION: u32 = 0;

// Header
export const HEADER_BYTES: u32 = 64;
export const HEADER_MAGIC: u32 = 0;
export const HEADER_VERSION: u32 = 4;
/** hash64 of the resident part from HASHED_FROM on; two words, low first. */
export const HEADER_HASH: u32 = 8;
export const HASHED_FROM: u32 = 16;
/** The part of the file that a machine loads; NAMES lies behind it. A multiple of 16. */
export const HEADER_RESIDENT_BYTES: u32 = 16;
/** What the whole run needs: the resident part, state, activations, rows. A multiple of 16. */
export const HEADER_ARENA_BYTES: u32 = 20;
/** The largest batch of any procedure. */
export const HEADER_BATCH_MAX: u32 = 24;
/** How many rows a training set may have: the size of the row order. */
export const HEADER_ROWS_MAX: u32 = 28;
export const HEADER_SECTION_COUNT: u32 = 32;
/** Tensor id of the row order (i32, rowsMax elements), or NONE. */
export const HEADER_ROW_ORDER: u32 = 36;
// 40 … 63 are zero.

// Section table, directly behind the header: kind, offset, bytes, crc32. Ascending, 16-byte aligned,
// DATA last of the resident ones.
export const SECTION_TABLE: u32 = 64;
export const SECTION_BYTES: u32 = 16;
export const SECTION_TENSORS: u32 = 1;
export const SECTION_CODE: u32 = 2;
export const SECTION_PROCEDURES: u32 = 3;
export const SECTION_PHASES: u32 = 4;
export const SECTION_STATE: u32 = 5;
export const SECTION_DATA: u32 = 6;
/** Not resident: a JSON object {"tensors": [name…], "procedures": [name…]}, for people. */
export const SECTION_NAMES: u32 = 7;

export const NONE: u32 = 0xffffffff;

// Tensor record. elements = c0 + c1·batch; its bytes are padded to 16.
export const TENSOR_BYTES: u32 = 20;
export const TENSOR_TYPE: u32 = 0;
/** From the start of the arena, a multiple of 16. */
export const TENSOR_OFFSET: u32 = 4;
export const TENSOR_C0: u32 = 8;
export const TENSOR_C1: u32 = 12;
export const TENSOR_FLAGS: u32 = 16;
export const TYPE_F32: u32 = 0;
export const TYPE_I32: u32 = 1;
export const TYPE_U8: u32 = 2;
export const TYPE_I8: u32 = 3;
/** Instructions may write it. */
export const FLAG_WRITABLE: u32 = 1;

// Instruction: opcode, work, operands…, attributes… (opcodes.ts)
/** Cost at the full batch, in multiply-adds or their like; at least 1. */
export const INSTRUCTION_WORK: u32 = 4;
export const INSTRUCTION_OPERANDS: u32 = 8;

// Procedure record
export const PROCEDURE_BYTES: u32 = 44;
export const PROCEDURE_KIND: u32 = 0;
/** Of its first instruction, within CODE. */
export const PROCEDURE_OFFSET: u32 = 4;
/** Of its instructions together. */
export const PROCEDURE_CODE_BYTES: u32 = 8;
/** Tensor ids, each or NONE: rows in, labels or targets in, rows out. */
export const PROCEDURE_X: u32 = 12;
export const PROCEDURE_Y: u32 = 16;
export const PROCEDURE_OUTPUT: u32 = 20;
/** Mean loss of the batch, and what it was divided by if that is not the rows: f32, one element each. */
export const PROCEDURE_LOSS: u32 = 24;
export const PROCEDURE_WEIGHT: u32 = 28;
/** Right answers and all answers: f32, two elements. */
export const PROCEDURE_CORRECT: u32 = 32;
/** Gradient norm: f32, one element. */
export const PROCEDURE_NORM: u32 = 36;
/** The batch it was planned for. */
export const PROCEDURE_BATCH: u32 = 40;
export const KIND_PREDICT: u32 = 1;
export const KIND_EVALUATE: u32 = 2;
export const KIND_STEP: u32 = 3;
/** What a phase runs before steps: it fills what lives for the phase only, or scores blocks. Nothing is read of it. */
export const KIND_BEGIN: u32 = 4;

// Phase record
export const PHASE_BYTES: u32 = 104;
/** Index of its step procedure; of the first one, if it has several blocks. */
export const PHASE_STEP: u32 = 0;
export const PHASE_BATCH: u32 = 4;
/** The phase ends after this many epochs; 0 if steps decide. */
export const PHASE_EPOCHS: u32 = 8;
/** The phase ends after this many steps; 0 if epochs decide. */
export const PHASE_STEPS: u32 = 12;
export const PHASE_FLAGS: u32 = 16;
export const PHASE_SHUFFLE: u32 = 1;
/** Leave out an epoch's last, smaller batch. */
export const PHASE_DROP_LAST: u32 = 2;
/** A plateau is seen by what the embedder gives to plateauMetric(), not by the epoch's own loss. */
export const PHASE_METRIC: u32 = 4;
/** Two words, low first. */
export const PHASE_SEED: u32 = 20;
/** Tensor id of the learning rate, a scalar that the trainer writes before each step. */
export const PHASE_LR_TENSOR: u32 = 28;
/** No batch may be smaller: 2 where batch-norm takes statistics of one value a row, else 1. */
export const PHASE_BATCH_MIN: u32 = 32;
/** SCHEDULE_*: how the rate goes on from PHASE_LR (train/schedule.ts). */
export const PHASE_SCHEDULE: u32 = 36;
/** Steps of a linear rise to PHASE_LR, before the schedule. */
export const PHASE_WARMUP: u32 = 40;
/** STEP: epochs from one fall to the next. POLYNOMIAL: whole part of the power. PLATEAU: patience, in epochs. */
export const PHASE_PERIOD: u32 = 44;
/** f64. The rate that the schedule starts from. */
export const PHASE_LR: u32 = 48;
/** f64. STEP, PLATEAU: what the rate is multiplied by. POLYNOMIAL: the power less its whole part. ONE_CYCLE: the rising part. */
export const PHASE_FACTOR: u32 = 56;
/** f64. POLYNOMIAL, COSINE, ONE_CYCLE: the rate at the end. PLATEAU: the smallest one. */
export const PHASE_LR_END: u32 = 64;
/** f64. ONE_CYCLE: the first rate. */
export const PHASE_LR_START: u32 = 72;
/** f64. PLATEAU: by which part of the best metric a better one is smaller. */
export const PHASE_THRESHOLD: u32 = 72;
/** How many step procedures there are, one behind the other: each trains a block of the parameters. */
export const PHASE_BLOCKS: u32 = 80;
/** Steps that one block does before the next is chosen. */
export const PHASE_BLOCK_STEPS: u32 = 84;
/** BLOCK_ORDER_* */
export const PHASE_BLOCK_ORDER: u32 = 88;
/** Index of the first of as many begin procedures: what runs before a block's first step. NONE: nothing. */
export const PHASE_BEGIN: u32 = 92;
/** GAUSS_SOUTHWELL: the begin procedure that scores the blocks on the rows of the step, and the id of the first
 * score; the scores are scalars of consecutive ids. */
export const PHASE_SCORE: u32 = 96;
export const PHASE_SCORES: u32 = 100;

/** Block after block. */
export const BLOCK_ORDER_CYCLIC: u32 = 0;
/** Each choice by chance, from the phase's seed. */
export const BLOCK_ORDER_RANDOM: u32 = 1;
/** The block of the highest score. */
export const BLOCK_ORDER_GAUSS_SOUTHWELL: u32 = 2;

export const SCHEDULE_CONSTANT: u32 = 0;
/** Falls by a factor every few epochs; every one: PyTorch's ExponentialLR. */
export const SCHEDULE_STEP: u32 = 1;
export const SCHEDULE_POLYNOMIAL: u32 = 2;
export const SCHEDULE_COSINE: u32 = 3;
export const SCHEDULE_ONE_CYCLE: u32 = 4;
export const SCHEDULE_PLATEAU: u32 = 5;

// State record: what a checkpoint holds, in this order. A checkpoint repeats this section as it is
export const STATE_BYTES: u32 = 16;
export const STATE_TENSOR: u32 = 0;
/** fnv1a32 of the initializer's name in UTF-8 (role PARAMETER, STATISTIC), of "<state>:<name>" for OPTIMIZER. */
export const STATE_NAME_HASH: u32 = 4;
export const STATE_ROLE: u32 = 8;
/** The tensor's c0; its c1 is 0. */
export const STATE_ELEMENTS: u32 = 12;
export const ROLE_PARAMETER: u32 = 1;
export const ROLE_STATISTIC: u32 = 2;
export const ROLE_OPTIMIZER: u32 = 3;
