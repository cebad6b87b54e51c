import * as layout from "../../assembly/abi/checkpoint.js";
import * as program from "../../assembly/abi/program.js";
import { SESSION_PHASE, SESSION_POSITION, SESSION_STEP } from "../../assembly/abi/session.js";
import { crc32 } from "../compile/hash.js";
import { StropError } from "../errors.js";

/** What a device saved. */
export interface Checkpoint {
  /** Grows with every save. */
  readonly sequence: number;
  /** Counted from 0. */
  readonly phase: number;
  /** Finished steps of the phase. */
  readonly steps: number;
  readonly tensors: readonly CheckpointTensor[];
}

export interface CheckpointTensor {
  /** fnv1a32 of the initializer's name. */
  readonly nameHash: number;
  /** ROLE_PARAMETER, ROLE_STATISTIC or ROLE_OPTIMIZER. */
  readonly role: number;
  /** In the layout of the arena. */
  readonly data: Float32Array;
}

/**
 * The newest valid record of a checkpoint file: assembly/abi/checkpoint.ts.
 *
 * A file holds one record or two of equal length, written in turn, so that one is whole whatever happens
 * while the other is written. The second begins where the first ends; should the first be torn so badly
 * that it does not tell its length, at half the file.
 *
 * @param name of the file, for errors
 */
export function readCheckpoint(file: Uint8Array, name: string): Checkpoint {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const whole = file.length >= layout.CHECKPOINT_HEADER_BYTES;
  const length = whole ? view.getUint32(layout.CHECKPOINT_OF_BYTES, true) : 0;
  const starts = new Set([0, length, file.length / 2]);
  const records = [...starts].map((start) => readRecord(file.subarray(start)));
  let best: Checkpoint | undefined;
  for (const record of records) {
    if (typeof record === "string") continue;
    if (!best || record.sequence > best.sequence) best = record;
  }
  if (best) return best;
  const problem = records[0] as Problem;
  throw new StropError(PROBLEMS[problem], {
    code: `checkpoint-${problem}`,
    where: name,
    ...(problem === "magic" && { hint: "Give what 'strop.wasm train' wrote to OUT." }),
  });
}

type Problem = keyof typeof PROBLEMS;

const PROBLEMS = {
  magic: "this is not a checkpoint",
  version: "it is a checkpoint of another version of Strop",
  damaged: "the checkpoint is damaged or truncated",
} as const;

/** The record at the beginning of the bytes, or what is wrong with it. */
function readRecord(bytes: Uint8Array): Checkpoint | Problem {
  if (bytes.length < layout.CHECKPOINT_HEADER_BYTES) return "magic";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => view.getUint32(at, true);
  if (word(layout.CHECKPOINT_OF_MAGIC) !== layout.CHECKPOINT_MAGIC) return "magic";
  if (word(layout.CHECKPOINT_OF_VERSION) !== layout.CHECKPOINT_VERSION) return "version";
  const length = word(layout.CHECKPOINT_OF_BYTES);
  const count = word(layout.CHECKPOINT_OF_TENSOR_COUNT);
  const dataStart = layout.CHECKPOINT_HEADER_BYTES + count * program.STATE_BYTES;
  if (length > bytes.length || dataStart > length) return "damaged";
  const checked = bytes.subarray(layout.CHECKPOINT_OF_CRC + 4, length);
  if (crc32(checked) !== word(layout.CHECKPOINT_OF_CRC)) return "damaged";
  const tensors: CheckpointTensor[] = [];
  let at = dataStart;
  for (let i = 0; i < count; i++) {
    const entry = layout.CHECKPOINT_HEADER_BYTES + i * program.STATE_BYTES;
    const end = at + 4 * word(entry + program.STATE_ELEMENTS);
    if (end > length) return "damaged";
    tensors.push({
      nameHash: word(entry + program.STATE_NAME_HASH),
      role: word(entry + program.STATE_ROLE),
      data: new Float32Array(new Uint8Array(bytes.subarray(at, end)).buffer),
    });
    at = end;
  }
  if (at !== length) return "damaged";
  const position = layout.CHECKPOINT_OF_POSITION;
  return {
    sequence: word(layout.CHECKPOINT_OF_SEQUENCE),
    phase: word(position + SESSION_PHASE - SESSION_POSITION),
    steps: word(position + SESSION_STEP - SESSION_POSITION),
    tensors,
  };
}
