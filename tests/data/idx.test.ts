import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { isGzip, isIdx, readIdx } from "../../src/data/idx.js";
import { StropError } from "../../src/errors.js";

/** Each type: its code, bytes an element, and how it is written big-endian. */
const TYPES: [string, number, number, (view: DataView, at: number, value: number) => void][] = [
  ["uint8", 8, 1, (view, at, value) => view.setUint8(at, value)],
  ["int32", 9, 1, (view, at, value) => view.setInt8(at, value)],
  ["int32", 11, 2, (view, at, value) => view.setInt16(at, value)],
  ["int32", 12, 4, (view, at, value) => view.setInt32(at, value)],
  ["float32", 13, 4, (view, at, value) => view.setFloat32(at, value)],
  ["float64", 14, 8, (view, at, value) => view.setFloat64(at, value)],
];

function idx(code: number, shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, code, shape.length]);
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const small = idx(8, [2, 3], Uint8Array.of(1, 2, 3, 4, 5, 255));

test.each(TYPES)("%s, type %d", (type, code, bytes, write) => {
  const values = [0, 1, 100, 127, type === "uint8" ? 255 : -128, 5];
  const data = new DataView(new ArrayBuffer(bytes * values.length));
  for (const [i, value] of values.entries()) write(data, i * bytes, value);
  const file = idx(code, [3, 2], new Uint8Array(data.buffer));
  // Whatever the offset within a larger buffer.
  const shifted = new Uint8Array([7, ...file]).subarray(1);
  for (const one of [file, shifted, gzipSync(file)]) {
    const array = readIdx(one, "x");
    expect([array.type, array.shape]).toEqual([type, [3, 2]]);
    expect(Array.from(array.data as Float32Array)).toEqual(values);
  }
});

test("told from other files by the first bytes", () => {
  expect(isIdx(small)).toBe(true);
  expect(isGzip(gzipSync(small))).toBe(true);
  expect(isIdx(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d))).toBe(false);
  expect(isIdx(Uint8Array.of(0, 0, 10, 1))).toBe(false);
});

describe("refusals", () => {
  const packed = gzipSync(small);
  const declares = (size: number) => {
    const bytes = packed.slice();
    new DataView(bytes.buffer).setUint32(bytes.length - 4, size, true);
    return bytes;
  };
  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /^x: this is not an IDX file\.$/],
    ["an unknown type", idx(10, [1], Uint8Array.of(1)), /^x: this is not an IDX file\.$/],
    ["no axes", idx(8, [], Uint8Array.of(1)), /^x: it has 0 axes\.$/],
    ["too many axes", Uint8Array.of(0, 0, 8, 200, 1), /^x: it has 200 axes\.$/],
    ["sizes cut off", small.subarray(0, 9), /^x: the file is truncated\.$/],
    [
      "data cut off",
      small.subarray(0, 17),
      /^x: the file is truncated: it has 5 bytes of data where/,
    ],
    ["too long", new Uint8Array([...small, 1]), /^x: the file is too long: it has 7 bytes of data/],
    [
      "sizes beyond all memory",
      idx(14, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], new Uint8Array(8)),
      /^x: the file is truncated: it has 8 bytes of data where the shape/,
    ],
    ["gzip cut off", packed.subarray(0, 12), /^x: the file is truncated\.$/],
    ["gzip that says more", declares(19), /^x: its checksum is wrong: the file is damaged\.$/],
    ["gzip that says less", declares(17), /^x: its checksum is wrong: the file is damaged\.$/],
    ["gzip that says far more", declares(2 ** 31), /^x: \d+ bytes cannot hold the 2147483648 it/],
  ])("%s", (_, bytes, message) => {
    expect(() => readIdx(bytes, "x")).toThrow(message);
  });
});

test("whatever the bytes, an array or a StropError", () => {
  const start = fc.constantFrom([0, 0, 8, 1], [0, 0, 13, 2], [0x1f, 0x8b, 8, 0], []);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 60 }), (head, tail) => {
      try {
        const { shape, data } = readIdx(new Uint8Array([...head, ...tail]), "x");
        expect(data).toHaveLength(shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        if (!(error instanceof StropError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
