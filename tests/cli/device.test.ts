import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { PAGE_BYTES } from "../../src/runtime/wasm-memory.js";
import { runDevice } from "./run-device.js";
import { parityCase, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

/** A command line's words for options of case.json. */
function words(options: Record<string, unknown>): string[] {
  const config = workspace.write("config.json", JSON.stringify(options));
  return ["--config", config];
}

describe("build, train on the device, merge", () => {
  test.each([
    ["dense-bn-adam", "strop.wasm"],
    ["conv-bn-adam", "strop.scalar.wasm"],
    ["conv-residual-frozen-bn", "strop.wasm"],
    ["dense-residual-mse", "strop.scalar.wasm"],
  ])("%s with %s: the model that the host's training gives", async (name, wasm) => {
    const { model, x, y, data, options } = parityCase(name);
    const folder = workspace.at(name);
    const args = [...data, ...words({ ...options, steps: 20 })];
    const built = await stropJson(["build", model, ...args, "--out", folder]);
    expect(readdirSync(folder).sort()).toEqual([
      "program.strop",
      "strop.scalar.wasm",
      "strop.wasm",
    ]);
    expect(built.files.map((file: { name: string }) => file.name).sort()).toEqual(
      readdirSync(folder).sort(),
    );
    workspace.write(`${name}/x.npy`, readFileSync(x));
    workspace.write(`${name}/y.npy`, readFileSync(y));
    const command = ["train", "/d/program.strop", "/d/x.npy", "/d/y.npy", "/d/OUT", "--every", "7"];
    expect(await runDevice(folder, wasm, command)).toBe(0);

    const [merged, trained] = [`${folder}/merged.onnx`, `${folder}/trained.onnx`];
    const result = await stropJson(["merge", model, `${folder}/OUT`, "--out", merged]);
    expect(result).toMatchObject({ steps: 20, out: merged });
    await stropJson(["train", model, ...args, "--out", trained]);
    expect(readFileSync(merged).equals(readFileSync(trained))).toBe(true);
  });

  test.each([["--bn-only"], ["--bn-reestimate"]])("%s", async (flag) => {
    const { model, x, y, data } = parityCase("dense-bn-adam");
    const folder = workspace.at(flag.slice(2));
    const args = [...data, "--epochs", "2", "--batch", "10", flag];
    await stropJson(["build", model, ...args, "--out", folder]);
    const rows = `${flag.slice(2)}/`;
    workspace.write(`${rows}x.npy`, readFileSync(x));
    workspace.write(`${rows}y.npy`, readFileSync(y));
    const command = ["train", "/d/program.strop", "/d/x.npy", "/d/y.npy", "/d/OUT"];
    expect(await runDevice(folder, "strop.scalar.wasm", command)).toBe(0);

    const [merged, trained] = [`${folder}/merged.onnx`, `${folder}/trained.onnx`];
    await stropJson(["merge", model, `${folder}/OUT`, "--out", merged]);
    const { phases } = await stropJson(["train", model, ...args, "--out", trained]);
    const names = phases.map(({ name }: { name: string }) => name);
    expect(names).toEqual(flag === "--bn-only" ? ["statistics"] : ["train", "statistics"]);
    expect(readFileSync(merged).equals(readFileSync(trained))).toBe(true);
    expect(readFileSync(trained).equals(readFileSync(model))).toBe(false);
  });

  test("with a fresh head: merge needs the same --head", async () => {
    const { model, x, y } = parityCase("dense-bn-adam");
    const folder = workspace.at("head");
    const head = ["--head", "7", "--seed", "3"];
    await stropJson(["build", model, "--rows", "53", "--epochs", "1", ...head, "--out", folder]);
    workspace.write("head/x.npy", readFileSync(x));
    workspace.write("head/y.npy", readFileSync(y));
    const command = ["train", "/d/program.strop", "/d/x.npy", "/d/y.npy", "/d/OUT"];
    expect(await runDevice(folder, "strop.wasm", command)).toBe(0);

    const out = workspace.at("head/merged.onnx");
    const without = await strop(["merge", model, `${folder}/OUT`, "--out", out]);
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(
      /^strop: .*OUT: this checkpoint is of another model: it holds 42 values for 'fc3\.weight', which has 30\. .*give --head N\.\n$/,
    );
    expect(existsSync(out)).toBe(false);
    await stropJson(["merge", model, `${folder}/OUT`, ...head, "--out", out]);
    const { outputs } = await stropJson(["inspect", out]);
    expect(outputs).toEqual([{ name: "output", shape: ["N", 7] }]);
  });

  test("a checkpoint of another model is refused", async () => {
    const { model } = parityCase("conv-nesterov");
    const checkpoint = workspace.at("dense-bn-adam/OUT");
    const out = workspace.at("none.onnx");
    const { code, stderr } = await strop(["merge", model, checkpoint, "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/OUT: this checkpoint is of another model: it holds /);
    expect(existsSync(out)).toBe(false);
  });
});

test("build: the memory is the plan's pages, and cannot grow", async () => {
  const { model } = parityCase("dense-sgd");
  const folder = workspace.at("memory");
  const args = ["--rows", "1000", "--batch", "200"];
  const { arenaBytes } = await stropJson(["build", model, ...args, "--out", folder]);
  expect((await stropJson(["plan", model, ...args])).arenaBytes).toBe(arenaBytes);
  for (const name of ["strop.wasm", "strop.scalar.wasm"]) {
    const module = await WebAssembly.compile(readFileSync(`${folder}/${name}`));
    const nothing = new Proxy({}, { get: () => () => 0 });
    const imports = { wasi_snapshot_preview1: nothing };
    const { exports } = await WebAssembly.instantiate(module, imports);
    const memory = exports.memory as WebAssembly.Memory;
    const start = (exports.arenaStart as () => number)();
    expect(memory.buffer.byteLength).toBe(
      Math.ceil((start + arenaBytes) / PAGE_BYTES) * PAGE_BYTES,
    );
    expect(() => memory.grow(1)).toThrow(RangeError);
  }
});
