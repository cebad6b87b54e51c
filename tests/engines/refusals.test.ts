import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { setMemoryPages } from "../../src/runtime/wasm-memory.js";
import { describeEngines, ENGINES, engine, lastLine, type Outcome, runCommand } from "./engines.js";
import {
  BATCH,
  CLASSES,
  deviceDirectory,
  FEATURES,
  npy,
  npyOf,
  ROWS,
  smallProgram,
  smallRows,
  TRAIN,
} from "./workload.js";

const program = smallProgram();
const { x, y } = smallRows();
const EVAL = ["eval", "program.strop", "X.npy", "Y.npy"];
const PREDICT = ["predict", "program.strop", "X.npy", "P.npy"];

function usable(): { directory: string; put(name: string, bytes: Uint8Array): void } {
  const directory = deviceDirectory(program);
  return { directory, put: (name, bytes) => writeFileSync(join(directory, name), bytes) };
}

let { directory, put } = usable();
beforeEach(() => {
  rmSync(directory, { recursive: true });
  ({ directory, put } = usable());
});

const command = (args: readonly string[], name = "wasm3", module = "strop.scalar.wasm") =>
  runCommand(engine(name), directory, module, args);

function expectRefusal(outcome: Outcome, code: number, sentence: string | RegExp) {
  const line = lastLine(outcome.stderr);
  if (typeof sentence === "string") expect(line).toBe(`strop: error: ${sentence}`);
  else expect(line).toMatch(sentence);
  expect(line).toMatch(/^strop: error: .*\.$/);
  expect(outcome.code).toBe(code);
  expect(outcome.stdout).toBe("");
}

describeEngines("what is wrong is refused, with the exit code and one line", () => {
  test.each(ENGINES)("$name: exit codes and the last line", async ({ name, tellsExit }) => {
    const help = await command(["--help"], name);
    expect(help.stdout).toContain("strop train PROGRAM X.npy Y.npy OUT");
    expect([help.code, lastLine(help.stderr)]).toEqual([0, "strop: ok"]);
    const missing = ["eval", "none.strop", "X.npy", "Y.npy"];
    const noFile = "none.strop cannot be opened: no such file or directory.";
    expectRefusal(await command(missing, name), tellsExit ? 1 : 0, noFile);
    const usage = "unknown option --frehs. See --help.";
    expectRefusal(await command([...TRAIN, "--frehs"], name), tellsExit ? 2 : 0, usage);
    const away = ["eval", "/program.strop", "X.npy", "Y.npy"];
    const giveDir = "/program.strop: the engine gave no directory that holds it: give --dir, and a path below it.";
    expectRefusal(await command(away, name), tellsExit ? 1 : 0, giveDir);
  });

  test.each([
    [[], "no command is given"],
    [["fit"], "unknown command fit"],
    [["train", "program.strop", "X.npy", "Y.npy"], "too few files are given to train"],
    [[...EVAL, "more"], "one file too many: more"],
    [[...TRAIN, "--every", "0"], "--every wants a number of steps, not 0"],
    [[...TRAIN, "--every", "1e3"], "--every wants a number of steps, not 1e3"],
    [[...TRAIN, "--every"], "a value is missing after --every"],
    [[...EVAL, "--fresh"], "unknown option --fresh"],
    [[...TRAIN, "--checkpoint", "OUT"], "unknown option --checkpoint"],
    [Array(17).fill("x"), "the command line is too long"],
  ])("usage: %j", async (args, sentence) => {
    expectRefusal(await command(args), 2, `${sentence}. See --help.`);
    expect(existsSync(join(directory, "OUT"))).toBe(false);
  });

  test("paths: ./, below a directory, and a name that begins alike", async () => {
    mkdirSync(join(directory, "data"));
    put("data/X.npy", npy("<f4", [ROWS, FEATURES], x));
    const near = ["predict", ".//program.strop", "./data/X.npy", "data/P.npy"];
    for (const { name } of ENGINES) {
      expect(lastLine((await command(near, name)).stderr)).toBe("strop: ok");
    }
    const wasmtime = { ...engine("wasmtime"), command: [...engine("wasmtime").command] };
    const dirs = ["--dir=data::/data", "--dir=.::/", "--dir=data::d"];
    const command2 = [wasmtime.command[0]!, "run", ...dirs] as [string, ...string[]];
    const args = ["predict", "/program.strop", "/data/X.npy", "d/Q.npy"];
    const outcome = await runCommand({ ...wasmtime, command: command2 }, directory, "strop.simd.wasm", args);
    expect(lastLine(outcome.stderr)).toBe("strop: ok");
    expect(existsSync(join(directory, "data/Q.npy"))).toBe(true);
    const alike = ["predict", "/program.strop", "/data/X.npy", "dd/Q.npy"];
    const refused = await runCommand({ ...wasmtime, command: command2 }, directory, "strop.simd.wasm", alike);
    expectRefusal(refused, 1, /dd\/Q\.npy: the engine gave no directory/);
  });

  test("no directory is given at all", async () => {
    const bare = { ...engine("wasmtime"), command: [engine("wasmtime").command[0], "run"] as [string, ...string[]] };
    expectRefusal(await runCommand(bare, directory, "strop.simd.wasm", EVAL), 1, /give --dir/);
  });

  const ints = (values: number[]) => Int32Array.from({ length: ROWS }, (_, i) => values[i] ?? 0);
  const dict = (descr: string, order: string, shape: string) =>
    npyOf(`{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`, x);
  const shape = `(${ROWS}, ${FEATURES})`;
  const npyCases: [string, string, Uint8Array, string | RegExp][] = [
    ["X.npy", "empty", new Uint8Array(), "X.npy is not a .npy file."],
    ["X.npy", "no .npy", new TextEncoder().encode("hello, this is text"), "X.npy is not a .npy file."],
    ["X.npy", "truncated", npy("<f4", [ROWS, FEATURES], x).subarray(0, -1), /X\.npy is truncated: it has 2671 bytes/],
    ["X.npy", "too long", npy("<f4", [ROWS - 1, FEATURES], x), /X\.npy is too long/],
    ["X.npy", "header cut", npy("<f4", [ROWS, FEATURES], x).subarray(0, 50), /header is not whole/],
    ["X.npy", "Fortran order", dict("'<f4'", "True", shape), "X.npy is in Fortran order: save it in C order."],
    ["X.npy", "big-endian", dict("'>f4'", "False", shape), "X.npy is big-endian: save it as little-endian."],
    ["X.npy", "objects", dict("'|O'", "False", shape), "X.npy holds Python objects: save plain numbers."],
    ["X.npy", "fields", dict("[('a', '<f4')]", "False", shape), /X\.npy has records of several fields/],
    ["X.npy", "f8", dict("'<f8'", "False", shape), /X\.npy holds <f8, which this command does not read/],
    ["X.npy", "type without end", npyOf("{'descr': '<f4", x), /header cannot be read/],
    ["X.npy", "no shape", npyOf("{'descr': '<f4', 'fortran_order': False}", x), /header cannot be read/],
    ["X.npy", "unknown key", npyOf("{'descr': '<f4', 'x': 1}", x), /header cannot be read/],
    ["X.npy", "scalar", dict("'<f4'", "False", "()"), "X.npy has no rows."],
    ["X.npy", "no rows", npy("<f4", [0, FEATURES], x.subarray(0, 0)), "X.npy has no rows."],
    ["X.npy", "huge", dict("'<f4'", "False", "(99999999999999999999, 2)"), "X.npy is too large."],
    ["X.npy", "huge rows", dict("'<f4'", "False", "(2147483647, 268435456)"), /X\.npy is truncated/],
    ["X.npy", "narrow", npy("<f4", [ROWS, FEATURES - 1], x.subarray(ROWS)), "X.npy: a row has 11 numbers, but the model takes 12."],
    ["X.npy", "integers", npy("<i4", [ROWS, FEATURES], new Int32Array(x.length)), /X\.npy holds integers/],
    ["Y.npy", "fewer rows", npy("<i4", [ROWS - 1], y.subarray(1)), "Y.npy has 52 rows, but X.npy has 53."],
    ["Y.npy", "fractions", npy("<f4", [ROWS], new Float32Array(ROWS)), /Y\.npy holds fractions/],
    ["Y.npy", "two labels", npy("<i4", [ROWS, 2], new Int32Array(2 * ROWS)), "Y.npy: a row has 2 numbers, but the model takes 1."],
    ["Y.npy", "label 5", npy("<i4", [ROWS], ints([0, 0, 0, CLASSES])), "Y.npy row 3: label 5, but the model has 5 classes. Fix the labels."],
    ["Y.npy", "label -1", npy("<i4", [ROWS], ints([0, -1])), "Y.npy row 1: label -1, but the model has 5 classes. Fix the labels."],
    [
      "Y.npy",
      "label 2^40",
      npy("<i8", [ROWS], BigInt64Array.from({ length: ROWS }, (_, i) => (i === 50 ? 1n << 40n : 0n))),
      "Y.npy row 50: label 1099511627776 is no class. Fix the labels.",
    ],
    ["X.npy", "NaN", npy("<f4", [ROWS, FEATURES], x.with(37 * FEATURES + 4, Number.NaN)), "X.npy row 37 holds NaN or infinity. Fix or leave out the row."],
    ["X.npy", "infinity", npy("<f4", [ROWS, FEATURES], x.with(52 * FEATURES, Number.NEGATIVE_INFINITY)), "X.npy row 52 holds NaN or infinity. Fix or leave out the row."],
  ];
  test.each(npyCases)("%s, %s", async (name, _case, bytes, sentence) => {
    put(name, bytes);
    for (const args of [TRAIN, EVAL]) expectRefusal(await command(args), 1, sentence);
    const out = join(directory, "OUT");
    expect(existsSync(out) ? readFileSync(out).length : 0).toBe(0);
  });

  test("types: |u1 rows, <i8 and |u1 labels give what <f4 and <i4 do", async () => {
    const bytes = Uint8Array.from(x, (value) => Math.round((value + 1) * 127));
    put("X.npy", npy("<f4", [ROWS, FEATURES], Float32Array.from(bytes)));
    const expected = (await command(EVAL)).stdout;
    put("X.npy", npy("|u1", [ROWS, 3, FEATURES / 3], bytes));
    put("Y.npy", npy("<i8", [ROWS, 1], BigInt64Array.from(y, BigInt)));
    expect((await command(EVAL)).stdout).toBe(expected);
    put("Y.npy", npy("|u1", [ROWS], Uint8Array.from(y)));
    expect((await command(EVAL)).stdout).toBe(expected);
  });

  test("more rows than the program was built for", async () => {
    put("X.npy", npy("<f4", [2 * ROWS, FEATURES], Float32Array.from([...x, ...x])));
    put("Y.npy", npy("<i4", [2 * ROWS], Int32Array.from([...y, ...y])));
    expectRefusal(await command(TRAIN), 1, /X\.npy has 106 rows, but the program was built for 53 at most/);
    expect(lastLine((await command(EVAL)).stderr)).toBe("strop: ok");
  });

  test("targets: a regression takes <f4 and no labels", async () => {
    const regression = smallProgram({ loss: "mse" });
    put("program.strop", regression.bytes);
    put("strop.scalar.wasm", readFileSync(join(deviceDirectory(regression), "strop.scalar.wasm")));
    expectRefusal(await command(EVAL), 1, /Y\.npy: a row has 1 numbers, but the model takes 5/);
    put("Y.npy", npy("<i4", [ROWS, CLASSES], new Int32Array(ROWS * CLASSES)));
    expectRefusal(await command(EVAL), 1, /Y\.npy holds labels/);
    const targets = new Float32Array(ROWS * CLASSES);
    put("Y.npy", npy("<f4", [ROWS, CLASSES], targets.with(90, Number.NaN)));
    expectRefusal(await command(EVAL), 1, "Y.npy row 18 holds NaN or infinity. Fix or leave out the row.");
    put("Y.npy", npy("<f4", [ROWS, CLASSES], targets));
    expect((await command(EVAL)).stdout).toMatch(/^rows 53\nloss [\d.]+\n$/);
  });

  test("programs: not one, damaged, truncated, for more memory", async () => {
    const flipped = (at: number, mask = 1) => program.bytes.map((byte, i) => (i === at ? byte ^ mask : byte));
    const cases: [Uint8Array, string | RegExp][] = [
      [new Uint8Array(20), /cannot be read as a program: it ends early/],
      [new Uint8Array(100), "program.strop is not a Strop program."],
      [flipped(4), /is a program of version 1, and this strop\.wasm reads version 0/],
      [flipped(300), "program.strop is damaged: copy or build it again."],
      [flipped(12), /program\.strop is not sound: status 18 in section 0/],
      [flipped(15, 0x40), /needs \d+ bytes, but this strop\.wasm was built with \d+: rebuild it with 'strop build'/],
      [flipped(9, 0x80), /its sizes are impossible/],
      [program.bytes.subarray(0, program.residentBytes - 1), /cannot be read whole: it ends early/],
    ];
    for (const [bytes, sentence] of cases) {
      put("program.strop", bytes);
      for (const args of [TRAIN, EVAL, PREDICT]) expectRefusal(await command(args), 1, sentence);
    }
    put("program.strop", smallProgram({ batch: BATCH * 64, rows: 1 << 20 }).bytes);
    put("small.wasm", setMemoryPages(readFileSync(join(directory, "strop.simd.wasm")), 2));
    expectRefusal(await command(TRAIN, "wasmtime", "small.wasm"), 1, /rebuild it with 'strop build'/);
    put("program.strop", smallProgram({ training: false }).bytes);
    expectRefusal(await command(TRAIN), 1, /has no training/);
    expect(existsSync(join(directory, "OUT"))).toBe(false);
  });

  test("OUT: someone's file, another program's, not writable", async () => {
    const note = new TextEncoder().encode("my thesis, do not touch".repeat(2000));
    for (const bytes of [note, note.subarray(0, 3), new Uint8Array(9000)]) {
      put("OUT", bytes);
      for (const args of [TRAIN, [...TRAIN, "--fresh"], [...EVAL, "--checkpoint", "OUT"]]) {
        expectRefusal(await command(args), 1, /^strop: error: OUT is not a checkpoint/);
      }
      expect(new Uint8Array(readFileSync(join(directory, "OUT")))).toEqual(bytes);
    }
    const own = program.bytes;
    put("program.strop", smallProgram({ seed: 8 }).bytes);
    rmSync(join(directory, "OUT"));
    expect(lastLine((await command(TRAIN)).stderr)).toBe("strop: ok");
    const others = readFileSync(join(directory, "OUT"));
    put("program.strop", own);
    expectRefusal(await command(TRAIN), 1, /OUT is a checkpoint of another program; it was left as it is/);
    expectRefusal(await command([...PREDICT, "--checkpoint", "OUT"]), 1, /another program/);
    expect(existsSync(join(directory, "P.npy"))).toBe(false);
    expect(readFileSync(join(directory, "OUT"))).toEqual(others);
    const fresh = await command([...TRAIN, "--fresh"]);
    expect(lastLine(fresh.stderr)).toBe("strop: ok");
    mkdirSync(join(directory, "folder"));
    for (const { name, tellsExit } of ENGINES) {
      for (const out of ["folder", "missing/OUT", "program.strop/OUT"]) {
        const outcome = await command([...TRAIN.slice(0, -1), out], name);
        expectRefusal(outcome, tellsExit ? 1 : 0, /cannot be opened|is not a file/);
      }
    }
  });

  test("OUT: begun with other rows", async () => {
    put("X.npy", npy("<f4", [30, FEATURES], x.subarray(0, 30 * FEATURES)));
    put("Y.npy", npy("<i4", [30], y.subarray(0, 30)));
    expect(lastLine((await command(TRAIN)).stderr)).toBe("strop: ok");
    put("X.npy", npy("<f4", [ROWS, FEATURES], x));
    put("Y.npy", npy("<i4", [ROWS], y));
    expectRefusal(await command(TRAIN), 1, /X\.npy has 53 rows, but the training in OUT began with 30/);
  });

  test("predict does not write over its input", async () => {
    const args = ["predict", "program.strop", "X.npy", "X.npy"];
    expectRefusal(await command(args), 1, "X.npy is also the input: give another OUT.npy.");
    expect(readFileSync(join(directory, "X.npy")).length).toBe(128 + 4 * x.length);
  });

  test("a rate that makes the weights infinite: the step and the tensor, the last save stays", async () => {
    const wild = smallProgram({ optimizer: { name: "sgd", lr: 1e30 }, clipNorm: undefined, clipValue: undefined } as never);
    put("program.strop", wild.bytes);
    expectRefusal(await command(TRAIN), 1, /training diverged at step \d+ \(epoch \d+\): tensor \d+ is not finite at instruction \d+/);
  });
});
