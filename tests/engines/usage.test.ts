import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Device, expectOk, expectRefusal } from "./device.js";
import { describeEngines, ENGINES, type Engine, engine } from "./engines.js";
import { EVAL, FEATURES, npy, ROWS, smallProgram, smallRows, TRAIN } from "./workload.js";

const program = smallProgram();
const { x } = smallRows();

describeEngines("the command line of the WASI command", () => {
  let device: Device;
  beforeEach(() => {
    device = new Device(program);
  });
  afterEach(() => device.close());

  test.each(ENGINES)("$name: exit codes and the last line", async (on) => {
    const help = await device.run(["--help"], on);
    expect(help.stdout).toContain("strop train PROGRAM X.npy Y.npy OUT");
    expectOk(help);
    const missing = ["eval", "none.strop", "X.npy", "Y.npy"];
    const noFile = "none.strop cannot be opened: no such file or directory.";
    expectRefusal(await device.run(missing, on), 1, noFile, on);
    const usage = "unknown option --frehs. See --help.";
    expectRefusal(await device.run([...TRAIN, "--frehs"], on), 2, usage, on);
    const away = ["eval", "/program.strop", "X.npy", "Y.npy"];
    const giveDir =
      "/program.strop: the engine gave no directory that holds it: give --dir, and a path below it.";
    expectRefusal(await device.run(away, on), 1, giveDir, on);
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
    [Array(33).fill("x"), "the command line is too long"],
  ])("usage: %j", async (args, sentence) => {
    expectRefusal(await device.run(args), 2, `${sentence}. See --help.`);
    expect(device.has("OUT")).toBe(false);
  });

  test("paths: ./, below a directory, and a name that begins alike", async () => {
    mkdirSync(device.path("data"));
    device.put("data/X.npy", npy("<f4", [ROWS, FEATURES], x));
    const near = ["predict", ".//program.strop", "./data/X.npy", "data/P.npy"];
    for (const on of ENGINES) expectOk(await device.run(near, on));
    const on = wasmtimeWith("--dir=data::/data", "--dir=.::/", "--dir=data::d");
    const args = ["predict", "/program.strop", "/data/X.npy"];
    expectOk(await device.run([...args, "d/Q.npy"], on));
    expect(device.has("data/Q.npy")).toBe(true);
    const alike = await device.run([...args, "dd/Q.npy"], on);
    expectRefusal(alike, 1, /dd\/Q\.npy: the engine gave no directory/);
  });

  test("no directory is given at all", async () => {
    expectRefusal(await device.run(EVAL, wasmtimeWith()), 1, /give --dir/);
  });
});

/** Wasmtime with other preopens. */
function wasmtimeWith(...dirs: string[]): Engine {
  const wasmtime = engine("wasmtime");
  return { ...wasmtime, command: [wasmtime.command[0], "run", ...dirs] };
}
