import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { runDevice } from "./run-device.js";
import { parityCase, refuses, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

/** Three dense layers, two of them with batch-norm. */
const { model, x, y, data } = parityCase("dense-bn-adam");
const rows = ["--data", x];
const SHORT = ["--epochs", "2", "--batch", "16"];
const UNLABELLED = ["--method", "denoising", "--fine-tune-epochs", "0"];
const at = (name: string) => workspace.at(name);
const namesOf = (phases: readonly { name: string }[]) => phases.map(({ name }) => name);
const bytesOf = (file: string) => readFileSync(file).toString("base64");

describe("strop pretrain", () => {
  test("is train by the strategy of this name; what --json tells runs again", async () => {
    const args = [model, ...data, ...SHORT, "--head-layers", "2"];
    const result = await stropJson(["pretrain", ...args, "--out", at("a.onnx")]);
    expect(namesOf(result.phases)).toEqual(["layer 1", "layers 2-3", "joint"]);
    expect(result.phases[0]).toMatchObject({ steps: 8, epochs: 2, loss: expect.any(Number) });
    expect(result).toMatchObject({ steps: 24, epochs: 6, options: { strategy: "pretrain" } });
    const other = ["train", ...args, "--strategy", "pretrain", "--out", at("b.onnx")];
    expect((await stropJson(other)).fingerprint).toBe(result.fingerprint);
    const config = workspace.write("options.json", JSON.stringify(result.options));
    const again = ["pretrain", model, "--config", config, "--out", at("c.onnx")];
    expect((await stropJson(again)).fingerprint).toBe(result.fingerprint);
  });

  test("tells phase and epoch as it goes", async () => {
    const { stderr } = await strop(["pretrain", model, ...data, ...SHORT, "--out", at("d.onnx")]);
    const lines = stderr.split("\n").filter((line) => line.includes("  loss "));
    expect(lines.map((line) => line.split("  loss")[0])).toEqual([
      ...["layer 1  epoch 1", "layer 1  epoch 2", "layers 2-3  epoch 1", "layers 2-3  epoch 2"],
      ...["joint  epoch 1", "joint  epoch 2"],
    ]);
  });

  test("without labels, with a report and metrics", async () => {
    const [report, metrics] = [at("report.html"), at("metrics.jsonl")];
    const records = ["--report", report, "--metrics", metrics];
    const args = [model, ...rows, ...SHORT, ...UNLABELLED];
    const result = await stropJson(["pretrain", ...args, ...records, "--out", at("e.onnx")]);
    expect(namesOf(result.phases)).toEqual(["layer 1", "layer 2"]);
    expect(result.validation).toBeNull();
    expect(readFileSync(report, "utf8")).toContain(result.fingerprint);
    const lines = readFileSync(metrics, "utf8").trim().split("\n");
    expect(lines).toHaveLength(result.steps + result.epochs);
    const { plannedBytes } = result;
    expect(
      (await stropJson(["plan", model, ...rows, ...SHORT, ...UNLABELLED, "--strategy", "pretrain"]))
        .arenaBytes,
    ).toBeLessThanOrEqual(plannedBytes);
  });

  test.each([
    ["supervised", []],
    ["fine-tuned", ["--method", "autoencoder"]],
  ])("refused without labels: %s", (_, more) => {
    const args = ["pretrain", model, ...rows, ...more, "--out", at("f.onnx")];
    return refuses(workspace, args, 2, /^--labels: there are no labels for /);
  });

  test("refused: another strategy", () => {
    const args = ["pretrain", model, ...data, "--strategy", "blocks", "--out", at("f.onnx")];
    const line =
      /^--strategy: strop pretrain has the strategy pretrain\. Leave it out, or say strop train --strategy blocks\.$/;
    return refuses(workspace, args, 2, line);
  });
});

describe("--checkpoints", () => {
  test("is a whole model after each phase, the last one the result", async () => {
    const folder = at("phases");
    const out = at("g.onnx");
    const args = [model, ...data, ...SHORT, "--checkpoints", folder, "--out", out];
    await stropJson(["pretrain", ...args]);
    const names = ["1-layer-1.onnx", "2-layers-2-3.onnx", "3-joint.onnx"];
    expect(readdirSync(folder).sort()).toEqual(names);
    const files = names.map((name) => `${folder}/${name}`);
    expect(bytesOf(files[2]!)).toBe(bytesOf(out));
    expect(new Set(files.map(bytesOf)).size).toBe(3);
    const alone = ["--fine-tune-epochs", "0", "--out", at("h.onnx")];
    await stropJson(["pretrain", model, ...data, ...SHORT, ...alone]);
    expect(bytesOf(files[1]!)).toBe(bytesOf(at("h.onnx")));
  });

  test.each(["/proc/none/phases", "/proc"])("refused before the training: %s", (folder) => {
    const args = [model, ...data, ...SHORT, "--checkpoints", folder, "--out", at("i.onnx")];
    return refuses(workspace, ["pretrain", ...args], 1, new RegExp(`^${folder}.*: no such file`));
  });

  test("also of phases that end within an epoch", async () => {
    const folder = at("steps");
    const args = [model, ...data, "--steps", "5", "--checkpoints", folder, "--out", at("i.onnx")];
    await stropJson(["pretrain", ...args]);
    expect(readdirSync(folder)).toHaveLength(3);
    expect(bytesOf(`${folder}/3-joint.onnx`)).toBe(bytesOf(at("i.onnx")));
  });
});

test("plan: what each phase takes, beside training all at once", async () => {
  const args = ["plan", model, ...data, "--strategy", "pretrain"];
  const { steps, joint, arenaBytes } = await stropJson(args);
  expect(namesOf(steps)).toEqual(["step layer 1", "step layers 2-3", "step joint"]);
  expect(joint.bytes.optimizer).toBe(steps[2].bytes.optimizer);
  expect(steps[1].bytes.optimizer).toBeLessThan(joint.bytes.optimizer);
  expect(arenaBytes).toBe(Math.max(...steps.map((one: { arenaBytes: number }) => one.arenaBytes)));
  const { stdout } = await strop(args);
  expect(stdout).toMatch(/\nalone, in bytes +arena +gradients +optimizer +activations +work\n/);
  expect(stdout).toMatch(/\nall at once \(joint\) /);
  expect((await strop(["plan", model, ...data])).stdout).not.toContain("alone");
});

describe("build, train on the device, merge", () => {
  test.each([
    ["supervised", []],
    ["denoising", ["--method", "denoising", "--tied"]],
    ["without-labels", UNLABELLED],
  ])("%s: the model that the host's training gives", async (name, more) => {
    const folder = at(name);
    mkdirSync(folder);
    const isLabelled = name !== "without-labels";
    const given = isLabelled ? data : rows;
    const args = [...given, ...SHORT, "--strategy", "pretrain", ...more];
    await stropJson(["build", model, ...args, "--out", folder]);
    workspace.write(`${name}/x.npy`, readFileSync(x));
    if (isLabelled) workspace.write(`${name}/y.npy`, readFileSync(y));
    // A file of labels that no phase reads may be any with as many rows.
    const labels = isLabelled ? "/d/y.npy" : "/d/x.npy";
    const command = ["train", "/d/program.strop", "/d/x.npy", labels, "/d/OUT"];
    expect(await runDevice(folder, "strop.wasm", command)).toBe(0);
    await stropJson(["merge", model, `${folder}/OUT`, "--out", `${folder}/merged.onnx`]);
    await stropJson(["train", model, ...args, "--out", `${folder}/trained.onnx`]);
    expect(bytesOf(`${folder}/merged.onnx`)).toBe(bytesOf(`${folder}/trained.onnx`));
  });
});
