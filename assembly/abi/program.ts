// Layout of a program file. All words are little-endian u32; offsets named *_WORD count words within a
// record, all others bytes. The file is loaded at the start of the arena and used where it lies: weights
// are trained in the DATA section itself. docs/program-format.md tells it in prose.

export const MAGIC = 0x50525453; // "STRP"
export const VERSION = 0;

// Header
export const HEADER_BYTES = 64;
export const HEADER_MAGIC = 0;
export const HEADER_VERSION = 4;
/** The part of the file that a machine loads; NAMES lies behind it. A multiple of 16. */
export const HEADER_RESIDENT_BYTES = 8;
/** What the whole run needs: the resident part, state, activations, rows. A multiple of 16. */
export const HEADER_ARENA_BYTES = 12;
/** hash64 of the resident part from SECTION_TABLE on; two words, low first. */
export const HEADER_HASH = 16;
/** The largest batch of any procedure. */
export const HEADER_BATCH_MAX = 24;
/** How many rows a training set may have: the size of the row order. */
export const HEADER_ROWS_MAX = 28;
export const HEADER_SECTION_COUNT = 32;
/** Tensor id of the row order (i32, rowsMax elements), or NONE. */
export const HEADER_ROW_ORDER = 36;
// 40 … 63 are zero.

// Section table, directly behind the header: kind, offset, bytes, crc32. Ascending, 16-byte aligned,
// DATA last of the resident ones.
export const SECTION_TABLE = 64;
export const SECTION_BYTES = 16;
export const SECTION_TENSORS = 1;
export const SECTION_CODE = 2;
export const SECTION_PROCEDURES = 3;
export const SECTION_PHASES = 4;
export const SECTION_STATE = 5;
export const SECTION_DATA = 6;
/** Not resident: a JSON object {"tensors": [name…], "procedures": [name…]}, for people. */
export const SECTION_NAMES = 7;

export const NONE = 0xffffffff;

// Tensor record. elements = c0 + c1·batch; its bytes are padded to 16.
export const TENSOR_BYTES = 20;
export const TENSOR_TYPE = 0;
/** From the start of the arena, a multiple of 16. */
export const TENSOR_OFFSET = 4;
export const TENSOR_C0 = 8;
export const TENSOR_C1 = 12;
export const TENSOR_FLAGS = 16;
export const TYPE_F32 = 0;
export const TYPE_I32 = 1;
export const TYPE_U8 = 2;
export const TYPE_I8 = 3;
/** Instructions may write it. */
export const FLAG_WRITABLE = 1;

// Instruction: opcode, work, operands…, attributes… (opcodes.ts)
export const INSTRUCTION_OPCODE = 0;
/** Cost at the full batch, in multiply-adds or their like; at least 1. */
export const INSTRUCTION_WORK = 4;
export const INSTRUCTION_OPERANDS = 8;

// Procedure record
export const PROCEDURE_BYTES = 40;
export const PROCEDURE_KIND = 0;
/** Of its first instruction, within CODE. */
export const PROCEDURE_OFFSET = 4;
/** Of its instructions together. */
export const PROCEDURE_CODE_BYTES = 8;
/** Tensor ids, each or NONE: rows in, labels or targets in, rows out, mean loss of the batch, right answers, gradient norm. */
export const PROCEDURE_X = 12;
export const PROCEDURE_Y = 16;
export const PROCEDURE_OUTPUT = 20;
export const PROCEDURE_LOSS = 24;
export const PROCEDURE_CORRECT = 28;
export const PROCEDURE_NORM = 32;
/** The batch it was planned for. */
export const PROCEDURE_BATCH = 36;
export const KIND_PREDICT = 1;
export const KIND_EVALUATE = 2;
export const KIND_STEP = 3;

// Phase record
export const PHASE_BYTES = 48;
/** Index of its step procedure. */
export const PHASE_STEP = 0;
export const PHASE_BATCH = 4;
/** The phase ends after this many epochs; 0 if steps decide. */
export const PHASE_EPOCHS = 8;
/** The phase ends after this many steps; 0 if epochs decide. */
export const PHASE_STEPS = 12;
export const PHASE_FLAGS = 16;
export const PHASE_SHUFFLE = 1;
/** Leave out an epoch's last, smaller batch. */
export const PHASE_DROP_LAST = 2;
/** Two words, low first. */
export const PHASE_SEED = 20;
/** Tensor id of the learning rate, a scalar that the trainer writes before each step. */
export const PHASE_LR_TENSOR = 28;
/** f32 */
export const PHASE_LR = 32;
// 36 … 47 are zero: the schedule's place.

// State record: what a checkpoint holds, in this order. A checkpoint repeats this section as it is
export const STATE_BYTES = 16;
export const STATE_TENSOR = 0;
/** fnv1a32 of the initializer's name in UTF-8 (role PARAMETER, STATISTIC), of "<state>:<name>" for OPTIMIZER. */
export const STATE_NAME_HASH = 4;
export const STATE_ROLE = 8;
/** The tensor's c0; its c1 is 0. */
export const STATE_ELEMENTS = 12;
export const ROLE_PARAMETER = 1;
export const ROLE_STATISTIC = 2;
export const ROLE_OPTIMIZER = 3;
