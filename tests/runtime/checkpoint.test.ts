import { expect, test } from "vitest";
import * as layout from "../../assembly/abi/checkpoint.js";
import * as program from "../../assembly/abi/program.js";
import { SESSION_POSITION, SESSION_STEP } from "../../assembly/abi/session.js";
import { crc32, fnv1a32 } from "../../src/compile/hash.js";
import { readCheckpoint } from "../../src/runtime/checkpoint.js";

const NAMES = ["w", "b"] as const;

/** A record as the core writes it, with tensors of 5 and 2 values from `first` up. */
function record(sequence: number, first: number): Uint8Array<ArrayBuffer> {
  const sizes = [5, 2];
  const dataStart = layout.CHECKPOINT_HEADER_BYTES + 2 * program.STATE_BYTES;
  const view = new DataView(new ArrayBuffer(dataStart + 4 * 7));
  const word = (at: number, value: number) => view.setUint32(at, value, true);
  word(layout.CHECKPOINT_OF_MAGIC, layout.CHECKPOINT_MAGIC);
  word(layout.CHECKPOINT_OF_VERSION, layout.CHECKPOINT_VERSION);
  word(layout.CHECKPOINT_OF_BYTES, view.byteLength);
  word(layout.CHECKPOINT_OF_SEQUENCE, sequence);
  word(layout.CHECKPOINT_OF_TENSOR_COUNT, 2);
  word(layout.CHECKPOINT_OF_POSITION + SESSION_STEP - SESSION_POSITION, 10 * sequence);
  for (const [i, name] of NAMES.entries()) {
    const entry = layout.CHECKPOINT_HEADER_BYTES + i * program.STATE_BYTES;
    word(entry + program.STATE_TENSOR, 40 + i);
    word(entry + program.STATE_NAME_HASH, fnv1a32(name));
    word(entry + program.STATE_ROLE, program.ROLE_PARAMETER);
    word(entry + program.STATE_ELEMENTS, sizes[i]!);
  }
  for (let i = 0; i < 7; i++) view.setFloat32(dataStart + 4 * i, first + i, true);
  const bytes = new Uint8Array(view.buffer);
  word(layout.CHECKPOINT_OF_CRC, crc32(bytes.subarray(layout.CHECKPOINT_OF_CRC + 4)));
  return bytes;
}

function file(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** The bytes with one of them changed. */
function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

const [older, newer] = [record(3, 100), record(4, 200)];
const LENGTH = older.length;

test("one record", () => {
  const { sequence, steps, tensors } = readCheckpoint(older, "OUT");
  expect([sequence, steps]).toEqual([3, 30]);
  expect(tensors.map(({ nameHash }) => nameHash)).toEqual(NAMES.map(fnv1a32));
  expect(tensors.map(({ data }) => [...data])).toEqual([
    [100, 101, 102, 103, 104],
    [105, 106],
  ]);
});

test.each([
  ["the second", file(older, newer)],
  ["the first", file(newer, older)],
])("the newer of two records is %s", (_, bytes) => {
  expect(readCheckpoint(bytes, "OUT").sequence).toBe(4);
});

test.each([
  ["cut off while the second was first written", file(older, newer.subarray(0, 50))],
  ["with a damaged second", file(older, changed(newer, LENGTH - 1, 1))],
  ["with a damaged first", file(changed(newer, LENGTH - 1, 1), older)],
  ["with a first whose header is gone", file(new Uint8Array(LENGTH), older)],
  [
    "with a first that tells a wrong length",
    file(changed(newer, layout.CHECKPOINT_OF_BYTES, 7), older),
  ],
])("a file %s: the other record counts", (_, bytes) => {
  expect(readCheckpoint(bytes, "OUT").sequence).toBe(3);
});

test("every single byte of a record is guarded", () => {
  for (let at = 0; at < LENGTH; at++) {
    const damaged = changed(older, at, older[at]! ^ 0x10);
    expect(() => readCheckpoint(damaged, "OUT"), `byte ${at}`).toThrow(/^OUT: /);
  }
});

test.each([
  ["nothing", new Uint8Array(0), "checkpoint-magic"],
  [
    "a text",
    Buffer.from("not a checkpoint, but long enough to be one".repeat(5)),
    "checkpoint-magic",
  ],
  ["another version", changed(older, layout.CHECKPOINT_OF_VERSION, 9), "checkpoint-version"],
  ["a record cut short", older.subarray(0, LENGTH - 1), "checkpoint-damaged"],
])("%s is refused", (_, bytes, code) => {
  expect(() => readCheckpoint(bytes, "OUT")).toThrow(
    expect.objectContaining({ code, where: "OUT" }),
  );
});
