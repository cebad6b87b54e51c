import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../src/data/npy.js";
import { StropError } from "../../src/errors.js";
import { npyBytes, npyHeader } from "./arrays.js";

const read = (bytes: Uint8Array) => readNpy(bytes, "x.npy");

describe("readNpy", () => {
  test.each([
    ["<f4", 4, "float32"],
    ["|u1", 1, "uint8"],
    ["<f8", 8, "float64"],
    ["<i4", 4, "int32"],
    ["<i8", 8, "int64"],
  ])("%s", (descr, bytes, type) => {
    const array = read(npyBytes(npyHeader(descr, "(2, 3)"), 6 * bytes));
    expect(array).toMatchObject({ type, shape: [2, 3] });
    expect(new Uint8Array(new Uint8Array(array.data.buffer).slice(-6 * bytes))).toEqual(
      Uint8Array.from({ length: 6 * bytes }, (_, i) => i),
    );
    expect(array.data).toHaveLength(6);
  });

  test("versions 2 and 3, a scalar, a vector, no rows, any quotes and order of keys", () => {
    for (const version of [1, 2, 3]) {
      expect(read(npyBytes(npyHeader("|u1", "(3,)"), 3, version)).shape).toEqual([3]);
    }
    expect(read(npyBytes(npyHeader("|u1", "()"), 1)).shape).toEqual([]);
    expect(read(npyBytes(npyHeader("|u1", "(0, 4)"), 0)).shape).toEqual([0, 4]);
    const header = `{"shape": (2,), "fortran_order": False, "descr": "|u1"}`;
    expect(read(npyBytes(header, 2)).shape).toEqual([2]);
  });

  test("data at any offset of any buffer", () => {
    const file = writeNpy({ shape: [2], data: Float32Array.of(1, 2) });
    for (let offset = 0; offset < 9; offset++) {
      const room = Buffer.alloc(file.length + offset);
      room.set(file, offset);
      expect([...read(room.subarray(offset)).data]).toEqual([1, 2]);
    }
  });

  test.each([
    ["Fortran order", npyHeader("<f4", "(2, 3)", "True"), 24, "is in Fortran order. Save it with"],
    ["objects", npyHeader("|O", "(2,)"), 16, "it holds Python objects, which is not supported"],
    ["big-endian", npyHeader(">f4", "(2,)"), 8, "is big-endian ('>f4')"],
    ["float16", npyHeader("<f2", "(2,)"), 4, "it holds the type '<f2'"],
    ["strings", npyHeader("<U3", "(2,)"), 24, "it holds the type '<U3'"],
    ["a name of JavaScript", npyHeader("__proto__", "(2,)"), 2, "it holds the type '__proto__'"],
    ["records", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8, "records"],
    ["too little data", npyHeader("<f4", "(2, 3)"), 23, "has 23 bytes of data where"],
    ["too much data", npyHeader("<f4", "(2, 3)"), 25, "the file is too long"],
    ["absurd sizes", npyHeader("<f4", "(999999999999, 999999999999)"), 4, "is truncated"],
    ["a negative size", npyHeader("<f4", "(-1,)"), 4, "its header is malformed"],
    ["a shape that is no tuple", npyHeader("<f4", "(4)"), 16, "its header is malformed"],
    ["a key twice", "{'shape': (2,), 'shape': (2,), 'descr': '|u1'}", 2, "is malformed"],
    ["a key less", "{'shape': (2,), 'descr': '|u1'}", 2, "is malformed"],
    ["a key more", npyHeader("|u1", "(2,), 'more': 'a'"), 2, "is malformed"],
    ["no dict", "hello", 2, "is malformed"],
  ])("%s: refused by name", (_, header, dataBytes, message) => {
    expect(() => read(npyBytes(header, dataBytes))).toThrow(StropError);
    expect(() => read(npyBytes(header, dataBytes))).toThrow(/^x\.npy: /);
    expect(() => read(npyBytes(header, dataBytes))).toThrow(message);
  });

  test("other files and other versions", () => {
    expect(() => read(new TextEncoder().encode("1,2,3\n4,5,6\n"))).toThrow("not a .npy file");
    expect(() => read(npyBytes(npyHeader("|u1", "(2,)"), 2, 4))).toThrow("version 4 of .npy");
    const endless = npyBytes(npyHeader("|u1", "(2,)"), 2, 2);
    new DataView(endless.buffer).setUint32(8, 0xffffffff, true);
    expect(() => read(endless)).toThrow("its header is too long");
  });
});

describe("writeNpy", () => {
  test("what is written is read, and its data lies at a multiple of 64", () => {
    const arrays = [
      { shape: [2, 3], data: Float32Array.of(1, -0, Number.NaN, 4, 5, Infinity) },
      { shape: [3], data: Int32Array.of(-1, 0, 1) },
      { shape: [2, 1, 1], data: Uint8Array.of(0, 255) },
      { shape: [], data: Float32Array.of(7) },
    ];
    for (const array of arrays) {
      const bytes = writeNpy(array);
      expect((bytes.length - array.data.byteLength) % 64).toBe(0);
      expect(read(bytes)).toMatchObject(array);
    }
  });
});

describe("hostile bytes", () => {
  const valid = writeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  const tryRead = (bytes: Uint8Array) => {
    try {
      read(bytes);
    } catch (error) {
      if (!(error instanceof StropError)) throw error;
    }
  };

  test("every truncation is refused", () => {
    for (let length = 0; length < valid.length; length++) {
      expect(() => read(valid.slice(0, length))).toThrow(StropError);
    }
  });

  test("bytes changed", () => {
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

  test("a header of blanks does not take for ever", () => {
    tryRead(npyBytes(`{${" ".repeat(9000)}`, 0));
    tryRead(npyBytes(`{'shape':${" ".repeat(9000)}}`, 0));
    tryRead(npyBytes(npyHeader("|u1", `(${"1,".repeat(4000)})`), 1));
  });
});
