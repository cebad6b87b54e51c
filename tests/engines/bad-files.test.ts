import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as abi from "../../assembly/abi/program.js";
import { setMemoryPages } from "../../src/runtime/wasm-memory.js";
import { Device, expectOk, expectRefusal } from "./device.js";
import { describeEngines, ENGINES, engine } from "./engines.js";
import {
  BATCH,
  EVAL,
  FEATURES,
  npy,
  PREDICT,
  ROWS,
  smallProgram,
  smallRows,
  TRAIN,
} from "./workload.js";

const program = smallProgram();
const { x, y } = smallRows();

describeEngines("files that are wrong are refused, and left as they are", () => {
  let device: Device;
  beforeEach(() => {
    device = new Device(program);
  });
  afterEach(() => device.close());

  test("programs: not one, damaged, truncated, for more memory", async () => {
    const flipped = (at: number, mask = 1) =>
      program.bytes.map((byte, i) => (i === at ? byte ^ mask : byte));
    const cases: [Uint8Array, string | RegExp][] = [
      [new Uint8Array(20), /cannot be read as a program: it ends early/],
      [new Uint8Array(100), "program.strop is not a Strop program."],
      [
        flipped(abi.HEADER_VERSION),
        /is a program of version 1, and this strop\.wasm reads version 0/,
      ],
      [flipped(300), "program.strop is damaged: copy or build it again."],
      [flipped(abi.HEADER_ARENA_BYTES), /program\.strop is not sound: status 18 in section 0/],
      [
        flipped(abi.HEADER_ARENA_BYTES + 3, 0x40),
        /needs \d+ bytes, but this strop\.wasm was built with \d+: rebuild it with 'strop build'/,
      ],
      [flipped(abi.HEADER_RESIDENT_BYTES + 1, 0x80), /its sizes are impossible/],
      [program.bytes.subarray(0, program.residentBytes - 1), /cannot be read whole: it ends early/],
    ];
    for (const [bytes, sentence] of cases) {
      device.put("program.strop", bytes);
      for (const args of [TRAIN, EVAL, PREDICT]) expectRefusal(await device.run(args), 1, sentence);
    }
    device.put("program.strop", smallProgram({ batch: BATCH * 64, rows: 1 << 20 }).bytes);
    device.put("small.wasm", setMemoryPages(device.read("strop.simd.wasm"), 2));
    expectRefusal(
      await device.run(TRAIN, engine("wasmtime"), "small.wasm"),
      1,
      /rebuild it with 'strop build'/,
    );
    device.put("program.strop", smallProgram({ training: false }).bytes);
    expectRefusal(await device.run(TRAIN), 1, /has no training/);
    expect(device.has("OUT")).toBe(false);
  });

  test("OUT: someone's file, another program's, not writable", async () => {
    const note = new TextEncoder().encode("my thesis, do not touch".repeat(2000));
    for (const bytes of [note, note.subarray(0, 3), new Uint8Array(9000)]) {
      device.put("OUT", bytes);
      for (const args of [TRAIN, [...TRAIN, "--fresh"], [...EVAL, "--checkpoint", "OUT"]]) {
        expectRefusal(await device.run(args), 1, /^strop: error: OUT is not a checkpoint/);
      }
      expect(device.read("OUT")).toEqual(bytes);
    }
    const own = program.bytes;
    device.put("program.strop", smallProgram({ seed: 8 }).bytes);
    device.remove("OUT");
    expectOk(await device.run(TRAIN));
    const others = device.read("OUT");
    device.put("program.strop", own);
    expectRefusal(
      await device.run(TRAIN),
      1,
      /OUT is a checkpoint of another program; it was left as it is/,
    );
    expectRefusal(await device.run([...PREDICT, "--checkpoint", "OUT"]), 1, /another program/);
    expect(device.has("P.npy")).toBe(false);
    expect(device.read("OUT")).toEqual(others);
    const fresh = await device.run([...TRAIN, "--fresh"]);
    expectOk(fresh);
    mkdirSync(device.path("folder"));
    for (const on of ENGINES) {
      for (const out of ["folder", "missing/OUT", "program.strop/OUT"]) {
        const outcome = await device.run([...TRAIN.slice(0, -1), out], on);
        expectRefusal(outcome, 1, /cannot be opened|is not a file/, on);
      }
    }
  });

  test("OUT: begun with other rows", async () => {
    device.put("X.npy", npy("<f4", [30, FEATURES], x.subarray(0, 30 * FEATURES)));
    device.put("Y.npy", npy("<i4", [30], y.subarray(0, 30)));
    expectOk(await device.run(TRAIN));
    device.put("X.npy", npy("<f4", [ROWS, FEATURES], x));
    device.put("Y.npy", npy("<i4", [ROWS], y));
    expectRefusal(
      await device.run(TRAIN),
      1,
      /X\.npy has 53 rows, but the training in OUT began with 30/,
    );
  });

  test("predict does not write over its input", async () => {
    const args = ["predict", "program.strop", "X.npy", "X.npy"];
    expectRefusal(await device.run(args), 1, "X.npy is also the input: give another file.");
    expectRefusal(await device.run([...args.slice(0, 3), ".//X.npy"]), 1, / is also the input/);
    expect(device.read("X.npy").length).toBe(128 + 4 * x.length);
  });

  test("predict replaces a prediction, and no other file", async () => {
    device.put("program.strop", program.bytes);
    await device.run(TRAIN);
    for (const name of ["program.strop", "OUT"]) {
      const before = device.read(name);
      const args = ["predict", "program.strop", "X.npy", name, "--checkpoint", "OUT"];
      expectRefusal(await device.run(args), 1, / is not a \.npy file; it was left as it is/);
      expect(device.read(name)).toEqual(before);
    }
    for (const bytes of [new Uint8Array(128), npy("<f4", [1], Float32Array.of(1))]) {
      device.put("P.npy", bytes);
      const { code } = await device.run(["predict", "program.strop", "X.npy", "P.npy"]);
      expect(code).toBe(0);
    }
  });
});
