import { spawn } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DIGITS,
  digits,
  MAIN,
  parityCase,
  strop,
  stropJson,
  stropProcess,
  Workspace,
} from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const { model, data } = parityCase("dense-sgd");
const train = (out: string, ...more: string[]) => {
  return strop(["train", model, ...data, "--epochs", "2", "--quiet", "--out", out, ...more]);
};

let expected: Buffer;
beforeAll(async () => {
  await train(workspace.at("expected.onnx"));
  expected = readFileSync(workspace.at("expected.onnx"));
});

test("a symbolic link is followed: its target is replaced, with its mode, and the link stays", async () => {
  mkdirSync(workspace.at("folder"));
  const target = workspace.write("folder/target.onnx", "old");
  chmodSync(target, 0o640);
  symlinkSync("folder/target.onnx", workspace.at("link.onnx"));
  expect((await train(workspace.at("link.onnx"))).code).toBe(0);
  expect(readlinkSync(workspace.at("link.onnx"))).toBe("folder/target.onnx");
  expect(lstatSync(target).isFile()).toBe(true);
  expect(statSync(target).mode & 0o777).toBe(0o640);
  expect(readFileSync(target).equals(expected)).toBe(true);
  expect(readdirSync(workspace.at("folder"))).toEqual(["target.onnx"]);
});

test("a link that leads to nothing yet: what it leads to appears", async () => {
  mkdirSync(workspace.at("new"));
  symlinkSync("new/target.onnx", workspace.at("dangling.onnx"));
  expect((await train(workspace.at("dangling.onnx"))).code).toBe(0);
  expect(lstatSync(workspace.at("dangling.onnx")).isSymbolicLink()).toBe(true);
  expect(readFileSync(workspace.at("new/target.onnx")).equals(expected)).toBe(true);
});

test("a device file is written straight", async () => {
  expect((await train("/dev/null")).code).toBe(0);
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("/dev/stdout gets the bytes of the model, and stderr the words", async () => {
  const args = ["train", model, ...data, "--epochs", "2", "--out", "/dev/stdout"];
  const { code, bytes, stderr } = await stropProcess(args);
  expect(code).toBe(0);
  expect(bytes.equals(expected)).toBe(true);
  expect(stderr).toMatch(/\nfingerprint {2}[0-9a-f]{16}\n/);
});

test("a reader that stops early is no error", async () => {
  const child = spawn("bash", [
    "-c",
    `'${process.execPath}' '${MAIN}' inspect '${model}' | head -1`,
  ]);
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  await new Promise((resolve) => child.on("close", resolve));
  expect(stderr).toBe("");
});

test("--metrics: a line a step and an epoch", async () => {
  const metrics = workspace.at("metrics.jsonl");
  const held = ["--validation", "0.25", "--batch", "8", "--metrics", metrics];
  const args = [...data, "--epochs", "2", "--out", workspace.at("m.onnx"), ...held];
  const result = await stropJson(["train", model, ...args]);
  const lines = readFileSync(metrics, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const steps = lines.filter(({ step }) => step !== undefined);
  const epochs = lines.filter(({ step }) => step === undefined);
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
  expect(steps.length).toBe(result.steps);
  for (const step of steps) {
    expect(Object.keys(step)).toEqual(["step", "epoch", "loss", "lr", "gradNorm"]);
    expect(step.gradNorm).toBeGreaterThan(0);
  }
  expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(epochs[1]).toEqual({ epoch: 2, trainLoss: result.loss, validation: result.validation });
});

test("SIGINT: ends after the step, saves what was learned, exit 130; a second run is the same so far", async () => {
  const rows = digits(workspace, 300);
  const [out, metrics] = [workspace.at("cut.onnx"), workspace.at("cut.jsonl")];
  const args = ["train", DIGITS, ...rows, "--epochs", "100000", "--out", out, "--metrics", metrics];
  let running = false;
  const { code, stdout, stderr } = await stropProcess([...args, "--json"], (child) => {
    if (!running) setTimeout(() => child.kill("SIGINT"), 100);
    running = true;
  });
  expect(code).toBe(130);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ interrupted: true });
  expect(stderr).toMatch(new RegExp(`interrupted after step ${result.steps}\n$`));
  const lines = readFileSync(metrics, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ step }) => step !== undefined).at(-1).step).toBe(result.steps);

  const whole = workspace.at("whole.onnx");
  const steps = ["--steps", `${result.steps}`];
  const again = await stropJson(["train", DIGITS, ...rows, ...steps, "--out", whole]);
  expect(again.fingerprint).toBe(result.fingerprint);
  expect(readFileSync(whole).equals(readFileSync(out))).toBe(true);
});
