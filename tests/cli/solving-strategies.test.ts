import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { runDevice } from "./run-device.js";
import { parityCase, strop, stropJson, Workspace } from "./strop.js";

// `--strategy bcd` and `--strategy last-layer` from the command line to the device and back.

const workspace = new Workspace();
afterAll(() => workspace.remove());

/** Gemm, Relu, Gemm on 50 rows of 6 features and class labels. */
const { model, x, y, data } = parityCase("dense-sgd");

test("bcd tells its objective by epochs on stderr and by steps in --metrics", async () => {
  const [out, metrics] = [workspace.at("bcd.onnx"), workspace.at("bcd.jsonl")];
  const words = ["--strategy", "bcd", "--sweeps", "2", "--epochs", "3", "--batch", "20"];
  const args = ["train", model, ...data, ...words, "--out", out, "--metrics", metrics];
  const { code, stderr } = await strop(args);
  expect(code).toBe(0);
  expect(stderr.match(/objective [\d.e-]+ → [\d.e-]+ → [\d.e-]+/g)).toHaveLength(3);
  const lines = readFileSync(metrics, "utf8").trim().split("\n");
  for (const line of lines) {
    const [before, first, second] = JSON.parse(line).objective;
    expect(first).toBeLessThan(before);
    expect(second).toBeLessThan(first);
  }
  expect(lines).toHaveLength(3 * 3 + 3);
});

test("the loss is the squared error unless --loss says so, and another is refused", async () => {
  const train = (...words: string[]) => {
    return strop(["train", model, ...data, "--out", workspace.at("x.onnx"), ...words]);
  };
  for (const strategy of ["bcd", "last-layer"]) {
    const out = ["--out", workspace.at(`${strategy}.onnx`)];
    const { options } = await stropJson(["train", model, ...data, ...out, "--strategy", strategy]);
    expect(options.loss).toBe("mse");
    const refused = await train("--strategy", strategy, "--loss", "cross-entropy");
    expect(refused.code).toBe(2);
    const told = await train("--strategy", strategy, "--lr", "0.1", "--clip-norm", "1");
    expect(told.stderr).toContain(`note: ${strategy} solves, and does without --lr, --clip-norm\n`);
    expect(refused.stderr).toContain(`--loss: cross-entropy is no loss that ${strategy} can solve`);
  }
});

test("plan and build need no data to know what the labels are", async () => {
  const words = ["--rows", "50", "--strategy", "bcd", "--batch", "20"];
  const known = await stropJson(["plan", model, ...data, ...words]);
  const { arenaBytes, steps } = await stropJson(["plan", model, ...words]);
  expect(arenaBytes).toBe(known.arenaBytes);
  expect(steps).toHaveLength(1);
});

describe("on a device", () => {
  const train = ["train", "/d/program.strop", "/d/x.npy", "/d/y.npy", "/d/OUT"];
  const put = (folder: string, rows: Uint8Array) => {
    workspace.write(`${folder}/x.npy`, rows);
    workspace.write(`${folder}/y.npy`, readFileSync(y));
  };

  test.each([["bcd"], ["last-layer"]])(
    "%s: the model that the host's training gives",
    async (name) => {
      const folder = workspace.at(name);
      const args = [...data, "--strategy", name, "--batch", "20", "--epochs", "2"];
      await stropJson(["build", model, ...args, "--out", folder]);
      put(name, readFileSync(x));
      expect(await runDevice(folder, "strop.wasm", [...train, "--every", "2"])).toBe(0);
      const [merged, trained] = [`${folder}/merged.onnx`, `${folder}/trained.onnx`];
      await stropJson(["merge", model, `${folder}/OUT`, "--out", merged]);
      await stropJson(["train", model, ...args, "--out", trained]);
      expect(readFileSync(merged).equals(readFileSync(trained))).toBe(true);
      expect(readFileSync(trained).equals(readFileSync(model))).toBe(false);
    },
  );

  test("singular equations: the device says so, and so does the host", async () => {
    const zeros = workspace.npy("zeros.npy", [50, 6], new Float32Array(300));
    const folder = workspace.at("singular");
    const words = ["--strategy", "last-layer", "--ridge", "0"];
    await stropJson(["build", model, "--rows", "50", ...words, "--out", folder]);
    put("singular", readFileSync(zeros));
    expect(await runDevice(folder, "strop.scalar.wasm", train)).toBe(1);
    const said = readFileSync(`${folder}/said`, "utf8");
    expect(said).toMatch(/the equations are singular at input 0 of the layer\. .*--ridge/);
    const args = ["train", model, "--data", zeros, "--labels", y, ...words];
    const { code, stderr } = await strop([...args, "--out", workspace.at("none.onnx")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the equations are singular: input 0 of the layer .*--ridge/);
  });
});
