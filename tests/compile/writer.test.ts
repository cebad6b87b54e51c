import { expect, test } from "vitest";
import { HASHED_FROM } from "../../assembly/abi/program.js";
import { crc32, fnv1a32, hash64 } from "../../src/compile/hash.js";
import { readProgram } from "../../src/compile/program-reader.js";
import { convNet } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

const compiled = compileForTest(convNet(), { optimizer: { name: "adam" }, seed: 2n ** 40n + 3n });
const program = readProgram(compiled.bytes);
const word = (at: number) => new DataView(compiled.bytes.buffer).getUint32(at, true);

test("what is written is what is read", () => {
  expect(program.tensors.map(({ offset, c0, c1 }) => ({ offset, c0, c1 }))).toEqual(
    compiled.tensors.map(({ offset, c0, c1 }) => ({ offset, c0, c1 })),
  );
  expect(program.tensorNames).toEqual(compiled.tensors.map(({ name }) => name));
  expect(program.procedures.map(({ name }) => name)).toEqual(["predict", "evaluate", "step"]);
  expect(program.batchMax).toBe(5);
  expect(program.rowsMax).toBe(10);
  expect(program.arenaBytes).toBe(compiled.plan.arenaBytes);
  expect(program.residentBytes).toBe(compiled.residentBytes);
});

test("the hash covers the resident part behind itself", () => {
  const { bytes, residentBytes } = compiled;
  expect(program.hash).toEqual(hash64(bytes.subarray(HASHED_FROM, residentBytes)));
});

test("every section lies on 16 bytes with its checksum, ascending", () => {
  let end = 64 + 7 * 16;
  for (let i = 0; i < 7; i++) {
    const [kind, offset, bytes, crc] = [0, 4, 8, 12].map((field) => word(64 + 16 * i + field));
    expect(kind).toBe(i + 1);
    expect(offset! % 16).toBe(0);
    expect(offset).toBeGreaterThanOrEqual(end);
    expect(crc).toBe(crc32(compiled.bytes.subarray(offset!, offset! + bytes!)));
    end = offset! + bytes!;
  }
  expect(end).toBe(compiled.bytes.length);
});

test("weights are in the file, as laid out", () => {
  for (const { offset, initializer } of compiled.parameters) {
    const data = new Float32Array(initializer.data.length);
    const view = new DataView(compiled.bytes.buffer, offset);
    data.forEach((_, i) => {
      data[i] = view.getFloat32(4 * i, true);
    });
    expect(data).toEqual(initializer.data);
  }
});

test("state entries are keyed by the hash of their names", () => {
  const hashes = program.states.map(({ nameHash }) => nameHash);
  expect(hashes).toContain(fnv1a32("conv1.weight"));
  expect(hashes).toContain(fnv1a32("v:fc.bias"));
  expect(hashes).toContain(fnv1a32("corrections:"));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("the same graph and options give the same bytes", () => {
  const again = compileForTest(convNet(), { optimizer: { name: "adam" }, seed: 2n ** 40n + 3n });
  expect(again.bytes).toEqual(compiled.bytes);
});

test("a cut file is refused", () => {
  for (const length of [0, 63, 100, 1000]) {
    expect(() => readProgram(compiled.bytes.slice(0, length))).toThrow(/program/);
  }
});

test("known hashes", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(fnv1a32("foobar")).toBe(0xbf9cf968);
});
