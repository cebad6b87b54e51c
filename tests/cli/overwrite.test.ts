import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parityCase, strop, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const source = parityCase("dense-sgd");
const copy = (from: string, name: string) => {
  copyFileSync(from, workspace.at(name));
  return workspace.at(name);
};
const model = copy(source.model, "model.onnx");
const x = copy(source.x, "x.npy");
const y = copy(source.y, "y.npy");
const held = copy(source.x, "held-x.npy");
const heldLabels = copy(source.y, "held-y.npy");
const config = workspace.write("config.json", JSON.stringify({ epochs: 1 }));
const checkpoint = workspace.write("device.checkpoint", "whatever");
symlinkSync("x.npy", workspace.at("link.npy"));
symlinkSync("not-yet", workspace.at("dangling"));
mkdirSync(workspace.at("folder"));
symlinkSync("..", workspace.at("folder/up"));
mkdirSync(workspace.at("device"));
const program = copy(source.model, "device/program.strop");
const out = workspace.at("out.onnx");

const train = ["train", model, "--data", x, "--labels", y, "--epochs", "1", "--quiet"];
const heldOut = ["--validation-data", held, "--validation-labels", heldLabels];
const dotted = relative(process.cwd(), join(dirname(x), ".", basename(x)));
const twice = (path: string) => `${dirname(path)}/./${basename(path)}`;

describe("a run does not overwrite what it reads", () => {
  test.each<[string, string[], string, RegExp]>([
    ["--metrics over --data", [...train, "--out", out, "--metrics", x], x, /^--metrics: .*--data/],
    ["./x for x", [...train, "--out", out, "--metrics", twice(x)], x, /^--metrics: .* --data/],
    ["a relative path", [...train, "--out", dotted], x, /^--out: .* --data/],
    ["a link to x", [...train, "--out", workspace.at("link.npy")], x, /^--out: .* --data/],
    ["by a linked folder", [...train, "--out", workspace.at("folder/up/y.npy")], y, /--labels/],
    ["--out over --validation-data", [...train, ...heldOut, "--out", held], held, /-data too/],
    [
      "--out over --validation-labels",
      [...train, ...heldOut, "--out", heldLabels],
      heldLabels,
      /^--out/,
    ],
    ["--metrics over MODEL", [...train, "--out", out, "--metrics", model], model, /MODEL too/],
    [
      "--out over --config",
      [...train, "--config", config, "--out", config],
      config,
      /--config too/,
    ],
    [
      "predict --out over --data",
      ["predict", model, "--data", x, "--out", x],
      x,
      /^--out: .*--data/,
    ],
    ["predict --out over MODEL", ["predict", model, "--data", x, "--out", model], model, /MODEL/],
    [
      "merge --out over CHECKPOINT",
      ["merge", model, checkpoint, "--out", checkpoint],
      checkpoint,
      /CHECKPOINT/,
    ],
    [
      "build over MODEL",
      ["build", program, "--rows", "8", "--out", workspace.at("device")],
      program,
      /^program\.strop: .*MODEL/,
    ],
  ])("%s", async (_, args, file, line) => {
    const before = readFileSync(file);
    const { code, stderr } = await strop(args);
    expect(stderr).toMatch(/^strop: [^\n]+ is the file of [^\n]+ too\.\n$/);
    expect(stderr.slice("strop: ".length, -1).replace(/\.$/, "")).toMatch(line);
    expect(code).toBe(2);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("two results in one file that is not there yet", async () => {
    const [dangling, end] = [workspace.at("dangling"), workspace.at("not-yet")];
    const { code, stderr } = await strop([...train, "--out", dangling, "--metrics", end]);
    expect(stderr).toMatch(/^strop: --out: '.*dangling' is the file of --metrics too\.\n$/);
    expect(code).toBe(2);
  });
});

test("train may write over its own model, also by another path", async () => {
  const own = copy(source.model, "own.onnx");
  const args = ["train", own, "--data", x, "--labels", y, "--epochs", "1", "--quiet"];
  expect((await strop([...args, "--out", twice(own)])).code).toBe(0);
  expect(readFileSync(own).equals(readFileSync(source.model))).toBe(false);
});
