import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DIGITS, refuses, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const program = workspace.at("built/program.strop");
beforeAll(async () => {
  await stropJson(["build", DIGITS, "--rows", "100", "--out", workspace.at("built")]);
});

test("in words: header, sections, tensors, instructions, phases, state", async () => {
  const { code, stdout, stderr } = await strop(["dump", program]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^program {3}version 0, hash [0-9a-f]{16}\n/);
  expect(stdout).toMatch(
    /\n +1 {2}fc1\.weight +f32 {3}50,176 +[\d,]+ {2}200,704 {2}always, predict 0–0/,
  );
  expect(stdout).toMatch(
    /procedure step \(step\): batch 32, work [\d,]+, peak [\d,]+ bytes at \d+\n {2}x input, y y, loss loss, weight [^\n]+\n/,
  );
  expect(stdout).toMatch(/ GEMM_NN +input, fc1\.weight → \/fc1\/MatMul_output_0 \(n=64 k=784\)\n/);
  expect(stdout).toMatch(
    / ADAM .*\(beta1=0\.9 .* eps=1e-8 weightDecay=0 epsInside=0 decoupled=0\)\n/,
  );
  expect(stdout).toMatch(
    /\nphases\n {2}step {2}batch 32 {2}10 epochs {2}shuffled, seed 0 {2}lr 0\.001, constant\n/,
  );
  expect(stdout).toMatch(/\nstate, what a checkpoint holds\n {2}fc1\.weight +parameter +50,176\n/);
});

test("--procedure: only that one, and what it needs", async () => {
  const all = await stropJson(["dump", program]);
  const step = await stropJson(["dump", program, "--procedure", "predict"]);
  expect(step.procedures).toEqual([all.procedures[0]]);
  expect(step.tensors.length).toBeLessThan(all.tensors.length / 2);
  expect(all.tensors).toEqual(expect.arrayContaining(step.tensors));
  expect([step.phases.length, all.phases.length]).toEqual([0, 1]);
});

test.each([
  [
    "no such procedure",
    ["--procedure", "walk"],
    2,
    /^--procedure: 'walk' is not in the program\. There are predict, evaluate, step\.$/,
  ],
])("%s", (_, args, exitCode, line) =>
  refuses(workspace, ["dump", program, ...args], exitCode, line),
);

test("a model, a cut program, a folder: one sentence, exit 1", async () => {
  const cut = workspace.write("cut.strop", readFileSync(program).subarray(0, 5000));
  await refuses(workspace, ["dump", DIGITS], 1, /digits\.onnx: it is no program of Strop's\.$/);
  await refuses(workspace, ["dump", cut], 1, /cut\.strop: section \d lies outside the file\.$/);
  await refuses(workspace, ["dump", workspace.path], 1, /: it is a directory\.$/);
});

test("names that move a terminal's cursor are made harmless", async () => {
  const bytes = readFileSync(program);
  const at = bytes.lastIndexOf("fc1.weight");
  const evil = Buffer.from(bytes);
  evil.write("\\u001b[2J", at);
  const { code, stdout } = await strop(["dump", workspace.write("evil.strop", evil)]);
  expect(code).toBe(0);
  expect(stdout).toContain("�[2J");
  expect(stdout).not.toContain("\u001b");
});
