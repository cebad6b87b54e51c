import fc from "fast-check";
import { type Zippable, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { writeNpy } from "../../src/data/npy.js";
import { readNpz } from "../../src/data/npz.js";
import { StropError } from "../../src/errors.js";

const x = writeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
const y = writeNpy({ shape: [2], data: Int32Array.of(0, 1) });
const zip = (files: Zippable, level: 0 | 6 = 6) => zipSync(files, { level });
const read = (bytes: Uint8Array) => readNpz(bytes, "d.npz");

/** The file with a number in its first central directory entry replaced. */
function edited(at: number, value: number, bytes: 2 | 4): Uint8Array {
  const file = zip({ "x.npy": x });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const entry = view.getUint32(file.length - 22 + 16, true);
  if (bytes === 2) view.setUint16(entry + at, value, true);
  else view.setUint32(entry + at, value, true);
  return file;
}

describe("readNpz", () => {
  test.each([0, 6] as const)("stored and deflated, level %i", (level) => {
    const arrays = read(zip({ "x.npy": x, "y.npy": y }, level));
    expect([...arrays.keys()]).toEqual(["x", "y"]);
    expect(arrays.get("x")).toMatchObject({ type: "float32", shape: [2, 3] });
    expect([...arrays.get("y")!.data]).toEqual([0, 1]);
  });

  test("a broken array is named with its file", () => {
    expect(() => read(zip({ "x.npy": x.slice(0, -1) }))).toThrow(
      "d.npz (x): the file is truncated",
    );
  });

  test.each([
    ["encrypted", edited(8, 1, 2), "d.npz (x.npy): it is encrypted"],
    ["another method", edited(10, 93, 2), "compression method 93 is not supported"],
    ["a wrong checksum", edited(16, 1, 4), "its checksum is wrong"],
    ["a size that no compression reaches", edited(24, 2 ** 30, 4), "cannot hold the 1073741824"],
    ["a size too small", edited(24, 10, 4), "damaged"],
    ["a size too large", edited(24, 200, 4), "damaged"],
    ["data beyond the end", edited(20, 2 ** 20, 4), "it is truncated"],
    ["an entry that is elsewhere", edited(42, 7, 4), "not where the directory says"],
    ["no zip", x, "this is not a .npz file"],
    ["nothing", new Uint8Array(), "this is not a .npz file"],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(StropError);
    expect(() => read(bytes)).toThrow(message);
  });

  test("a bomb is refused by its declared sizes", () => {
    const zeros = writeNpy({ shape: [100_000], data: new Float32Array(100_000) });
    const bomb = zip({ "a.npy": zeros, "b.npy": zeros });
    expect(bomb.length).toBeLessThan(3000);
    expect(() => readNpz(bomb, "d.npz", 500_000)).toThrow("where 500000 are the most");
  });

  test("bytes changed or cut", () => {
    const valid = zip({ "x.npy": x, "y.npy": y });
    const tryRead = (bytes: Uint8Array) => {
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof StropError)) throw error;
      }
    };
    for (let length = 0; length < valid.length; length++) tryRead(valid.slice(0, length));
    const flips = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1 });
    fc.assert(
      fc.property(flips, (changes) => {
        const damaged = valid.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        tryRead(damaged);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
