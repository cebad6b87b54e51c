import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { Model } from "../../src/node.js";
import { runDevice } from "./run-device.js";
import { parityCase, refuses, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const { model, x, y } = parityCase("dense-bn-adam");
const rows = readNpy(readFileSync(x), x);
const raw = workspace.npy(
  "raw.npy",
  [...rows.shape],
  (rows.data as Float32Array).map((value) => 1000 * value + 500),
);
const data = ["--data", raw, "--labels", y];
const FIT = ["--epochs", "3", "--standardize"];
const means = (path: string) => {
  const { graph } = Model.fromOnnx(readFileSync(path));
  return graph.initializers.get(`${graph.inputs[0]!.name}_mean`)?.data;
};

test("train: the model takes raw rows, of which those held out were not looked at", async () => {
  const [all, part] = [workspace.at("all.onnx"), workspace.at("part.onnx")];
  const { options, fingerprint } = await stropJson(["train", model, ...data, ...FIT, "--out", all]);
  expect(options.standardize).toBe(true);
  const rawly = ["train", model, ...data, "--epochs", "3", "--out", part];
  expect((await stropJson(rawly)).fingerprint).not.toBe(fingerprint);
  expect(means(part)).toBeUndefined();
  await stropJson([...rawly, "--standardize", "--validation", "0.3"]);
  expect(means(all)).toHaveLength(rows.shape[1]!);
  expect(means(part)).not.toEqual(means(all));
  const before = await stropJson(["eval", model, ...data]);
  const after = await stropJson(["eval", all, ...data]);
  expect(after.loss).toBeLessThan(before.loss);
});

test("plan: without data", async () => {
  const plain = await stropJson(["plan", model]);
  const more = await stropJson(["plan", model, "--standardize"]);
  expect(more.arenaBytes).toBeGreaterThan(plain.arenaBytes);
});

test("build, train on the device, merge into the model that build left", async () => {
  const folder = workspace.at("device");
  await stropJson(["build", model, ...data, ...FIT, "--out", folder]);
  workspace.write("device/x.npy", readFileSync(raw));
  workspace.write("device/y.npy", readFileSync(y));
  const command = ["train", "/d/program.strop", "/d/x.npy", "/d/y.npy", "/d/OUT"];
  expect(await runDevice(folder, "strop.wasm", command)).toBe(0);
  const [merged, trained] = [`${folder}/merged.onnx`, `${folder}/trained.onnx`];
  await stropJson(["merge", `${folder}/model.onnx`, `${folder}/OUT`, "--out", merged]);
  await stropJson(["train", model, ...data, ...FIT, "--out", trained]);
  expect(readFileSync(merged).equals(readFileSync(trained))).toBe(true);
});

test("build needs the rows", async () => {
  const args = ["build", model, "--rows", "10", "--standardize", "--out", workspace.at("none")];
  await refuses(workspace, args, 2, /^--data: it is missing\. Give the rows whose mean/);
});
