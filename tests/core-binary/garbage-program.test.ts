import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/program.js";
import { DONE, ERROR_MIN, ROWS } from "../../assembly/abi/status.js";
import { crc32, hash64 } from "../../src/compile/hash.js";
import { Embedder } from "../engines/embedder.js";
import { smallProgram, smallRows } from "../engines/workload.js";

const program = smallProgram({ epochs: 1 });
const rows = smallRows();
const view = new DataView(program.bytes.buffer);
const SECTIONS = view.getUint32(abi.HEADER_SECTION_COUNT, true);

/** Kind, offset and bytes of the resident sections. */
const entries = Array.from({ length: SECTIONS }, (_, i) => {
  const at = abi.SECTION_TABLE + i * abi.SECTION_BYTES;
  const word = (k: number) => view.getUint32(at + 4 * k, true);
  return { at, kind: word(0), offset: word(1), bytes: word(2) };
});
const data = entries.find(({ kind }) => kind === abi.SECTION_DATA)!;

function flipped(at: number, mask: number): Uint8Array {
  const file = program.bytes.slice();
  file[at] = file[at]! ^ mask;
  return file;
}

/** What an attacker does behind a change: makes the checksums right again. */
function sealed(file: Uint8Array): Uint8Array {
  const words = new DataView(file.buffer);
  for (const { at, kind, offset, bytes } of entries) {
    if (kind === abi.SECTION_NAMES) continue;
    words.setUint32(at + 12, crc32(file.subarray(offset, offset + bytes)), true);
  }
  const [low, high] = hash64(file.subarray(abi.HASHED_FROM, program.residentBytes));
  words.setUint32(abi.HEADER_HASH, low, true);
  words.setUint32(abi.HEADER_HASH + 4, high, true);
  return file;
}

/** Does with the program what an embedder would, for a while. True if it was accepted. */
function accepts(core: Embedder, file: Uint8Array): boolean {
  core.bytes.set(file.subarray(0, program.residentBytes), core.call("arenaStart"));
  const status = core.load();
  if (status >= ERROR_MIN) return false;
  expect(status).toBe(DONE);
  core.call("trainBegin", rows.y.length);
  for (let i = 0; i < 4; ++i) {
    const answer = core.call("run", 100_000);
    if (answer === ROWS) core.fill(rows);
    if (answer === DONE || answer >= ERROR_MIN) break;
  }
  for (let procedure = 0; procedure < 3; ++procedure) {
    if (core.call("procedureBegin", procedure, 5) === DONE) core.call("run", 100_000);
  }
  return true;
}

describe("a program that is not what it was", () => {
  test("every flipped bit of the tables is found", () => {
    const core = new Embedder(program, "simd");
    for (let at = abi.SECTION_TABLE; at < data.offset; ++at) {
      for (let bit = 0; bit < 8; ++bit) {
        if (accepts(core, flipped(at, 1 << bit))) expect(`byte ${at}, bit ${bit}`).toBe("refused");
      }
    }
  });

  test("a flipped bit of the weights is found", () => {
    const core = new Embedder(program, "simd");
    for (let at = data.offset; at < program.residentBytes; at += 97) {
      expect(accepts(core, flipped(at, 1))).toBe(false);
    }
  });

  test("every flipped bit of the header is found", () => {
    const core = new Embedder(program, "simd");
    for (let at = 0; at < abi.HEADER_BYTES; ++at) {
      for (let bit = 0; bit < 8; ++bit) {
        if (accepts(core, flipped(at, 1 << bit))) expect(`byte ${at}, bit ${bit}`).toBe("refused");
      }
    }
  });

  test.each([abi.PROCEDURE_X, abi.PROCEDURE_Y])(
    "rows that would be filled in over the tables, field %i",
    (field) => {
      const core = new Embedder(program, "simd");
      const [tensors, procedures] = [abi.SECTION_TENSORS, abi.SECTION_PROCEDURES].map(
        (kind) => entries.find((entry) => entry.kind === kind)!,
      );
      for (
        let at = procedures!.offset;
        at < procedures!.offset + procedures!.bytes;
        at += abi.PROCEDURE_BYTES
      ) {
        const id = view.getUint32(at + field, true);
        if (id === abi.NONE) continue;
        const file = program.bytes.slice();
        const words = new DataView(file.buffer);
        words.setUint32(
          tensors!.offset + id * abi.TENSOR_BYTES + abi.TENSOR_OFFSET,
          data.offset - 16,
          true,
        );
        expect(accepts(core, sealed(file))).toBe(false);
      }
    },
  );

  test.each(["scalar", "simd"] as const)(
    "%s: any word of the tables forged, checksums right, never traps",
    (flavour) => {
      const core = new Embedder(program, flavour);
      const guard = guardOf(core);
      let accepted = 0;
      for (let at = abi.SECTION_TABLE; at < data.offset; at += 4) {
        const word = view.getUint32(at, true);
        const forgeries = [
          0,
          1,
          word + 1,
          word - 1,
          word ^ 0x80000000,
          0x7fffffff,
          0xffffffff,
          word * 2,
          16,
        ];
        for (const forgery of forgeries) {
          const file = program.bytes.slice();
          new DataView(file.buffer).setUint32(at, forgery >>> 0, true);
          try {
            if (accepts(core, sealed(file))) ++accepted;
          } catch (error) {
            throw new Error(`word ${at} = ${forgery >>> 0}: ${error}`);
          }
        }
      }
      expect(guard()).toBe(true);
      expect(accepted).toBeGreaterThan(0);
    },
  );
});

/** Fills the memory behind the arena; the answer tells whether it is still so. */
function guardOf(core: Embedder): () => boolean {
  const start = core.call("arenaStart") + program.plan.arenaBytes;
  core.bytes.fill(0x5c, start);
  return () => core.bytes.subarray(start).every((byte) => byte === 0x5c);
}
