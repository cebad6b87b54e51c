import { crc32 } from "../../assembly/base/crc32";
import {
  HASH64_BEGIN,
  hash64Final,
  hash64Update,
  hashElement,
  hashRow,
} from "../../assembly/base/hash";
import { PCG32_BYTES, pcg32Below, pcg32Next, pcg32Seed } from "../../assembly/base/pcg32";

const RANDOM = memory.data(PCG32_BYTES, 16);
const TEXT = memory.data<u8>([0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39]);
const WORDS = memory.data<u32>([1, 2, 3, 4, 5, 6, 7, 8]);
const COUNTS = memory.data(4 * 6, 16);

function hash64Of(data: usize, bytes: u32): u64 {
  return hash64Final(hash64Update(HASH64_BEGIN, data, bytes), bytes);
}

describe("pcg32", () => {
  test("seed 42, sequence 54, as the demo of the reference code", () => {
    pcg32Seed(RANDOM, 42, 54);
    expect<u32>(pcg32Next(RANDOM)).toBe(0xa15c02b7);
    expect<u32>(pcg32Next(RANDOM)).toBe(0x7b47f409);
    expect<u32>(pcg32Next(RANDOM)).toBe(0xba1d3330);
    expect<u32>(pcg32Next(RANDOM)).toBe(0x83d2f293);
    expect<u32>(pcg32Next(RANDOM)).toBe(0xbfa4784b);
    expect<u32>(pcg32Next(RANDOM)).toBe(0xcbed606e);
  });

  test("below 6, 60 000 draws, each value 10 000 times within 4 sigma", () => {
    pcg32Seed(RANDOM, 1, 1);
    for (let i: u32 = 0; i < 60000; ++i) {
      const at = COUNTS + (pcg32Below(RANDOM, 6) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
    for (let value: u32 = 0; value < 6; ++value) {
      const count = load<i32>(COUNTS + (value << 2));
      expect<bool>(abs(count - 10000) < 366).toBe(true);
    }
  });

  test("below 0 and 1 is 0, below 2³¹ + 1 stays below", () => {
    expect<u32>(pcg32Below(RANDOM, 0)).toBe(0);
    expect<u32>(pcg32Below(RANDOM, 1)).toBe(0);
    for (let i = 0; i < 1000; ++i) {
      expect<bool>(pcg32Below(RANDOM, 0x80000001) <= 0x80000000).toBe(true);
    }
  });
});

describe("crc32", () => {
  test("123456789, the check value", () => {
    expect<u32>(crc32(0, TEXT, 9)).toBe(0xcbf43926);
  });

  test("in two ranges, the same", () => {
    expect<u32>(crc32(crc32(0, TEXT, 4), TEXT + 4, 5)).toBe(0xcbf43926);
  });

  test("no bytes, 0", () => {
    expect<u32>(crc32(0, TEXT, 0)).toBe(0);
  });
});

describe("hash", () => {
  test("hash64 of two ranges in sequence is that of the whole", () => {
    const half = hash64Update(HASH64_BEGIN, WORDS, 12);
    expect<u64>(hash64Final(hash64Update(half, WORDS + 12, 20), 32)).toBe(hash64Of(WORDS, 32));
  });

  test("hash64 depends on order and length", () => {
    expect<bool>(hash64Of(WORDS, 32) != hash64Of(WORDS, 28)).toBe(true);
    const late = hash64Update(hash64Update(HASH64_BEGIN, WORDS + 4, 4), WORDS, 4);
    expect<bool>(hash64Final(late, 8) != hash64Of(WORDS, 8)).toBe(true);
  });

  test("hash64 has fixed values, for the host's copy", () => {
    expect<u64>(hash64Of(WORDS, 0)).toBe((u64(0xcef6f217) << 32) | 0x8e62523d);
    expect<u64>(hash64Of(WORDS, 32)).toBe((u64(0x60e80859) << 32) | 0x2424faff);
  });

  test("hashElement is a function of its five counters and the element", () => {
    const row = hashRow(1, 2, 3, 4, 5);
    expect<u32>(hashElement(row, 6)).toBe(hashElement(hashRow(1, 2, 3, 4, 5), 6));
    expect<bool>(hashElement(row, 6) != hashElement(row, 7)).toBe(true);
    expect<bool>(row != hashRow(2, 1, 3, 4, 5)).toBe(true);
    expect<bool>(row != hashRow(1, 2, 3, 5, 4)).toBe(true);
  });

  test("hashElement over 65 536 elements, half the bits set within 4 sigma", () => {
    const row = hashRow(0, 0, 0, 0, 0);
    let bits: u32 = 0;
    for (let i: u32 = 0; i < 65536; ++i) bits += popcnt<u32>(hashElement(row, i));
    expect<bool>(abs(i32(bits) - 1048576) < 2896).toBe(true);
  });
});
