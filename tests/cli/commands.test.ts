import { readFileSync, writeFileSync } from "node:fs";
import { zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../src/data/npy.js";
import { bytes, info, intAttribute, node, type Parts, weight } from "../onnx/model.js";
import { DIGITS, digits, parityCase, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const dense = parityCase("dense-bn-adam");
const save = (name: string, parts: Parts) => workspace.write(name, bytes(parts));
const softmax = save("softmax.onnx", {
  nodes: [
    node("MatMul", ["x", "w"], ["h"]),
    node("Add", ["h", "b"], ["z"]),
    node("Softmax", ["z"], ["y"], [intAttribute("axis", -1)]),
  ],
  initializers: [weight("w", 3, 4), weight("b", 4)],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 4])],
});
const gelu = save("nonzero.onnx", {
  nodes: [
    node("MatMul", ["x", "w"], ["h"]),
    node("NonZero", ["h"], ["g"], [], "middle"),
    node("Gemm", ["g", "v"], ["y"]),
  ],
  initializers: [weight("w", 3, 4), weight("v", 4, 2)],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 2])],
});

describe("inspect", () => {
  test("JSON: inputs, outputs, nodes, and what is trained", async () => {
    const { inputs, outputs, nodes, parameters, unsupported } = await stropJson([
      "inspect",
      DIGITS,
    ]);
    expect(inputs).toEqual([{ name: "input", shape: ["N", 784] }]);
    expect(outputs).toEqual([{ name: "logits", shape: ["N", 10] }]);
    expect(nodes).toHaveLength(9);
    expect(nodes[8]).toMatchObject({ name: "/fc3/Gemm", op: "Gemm", shape: ["N", 10] });
    expect(unsupported).toEqual([]);
    expect(parameters).toContainEqual({
      name: "fc1.weight",
      shape: [64, 784],
      role: "parameter",
      trainable: true,
    });
    const names = (trainable: boolean) =>
      parameters
        .filter((p: { trainable: boolean }) => p.trainable === trainable)
        .map((p: { name: string }) => p.name);
    expect(names(true)).toHaveLength(8);
    expect(names(false)).toEqual(
      ["bn1", "bn2"].flatMap((bn) => [`${bn}.running_mean`, `${bn}.running_var`]),
    );
  });

  test("words: the names of the file", async () => {
    const { code, stdout, stderr } = await strop(["inspect", DIGITS, "--freeze", "fc*"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\nfc1\.weight +\[64, 784\] +frozen\n/);
    expect(stdout).toMatch(/\nbn1\.weight +\[64\] +trained\n/);
    expect(stdout).toMatch(/\nbn1\.running_var +\[64\] +running statistic\n/);
  });

  test("--train-only, and everything frozen, are shown", async () => {
    const trained = async (...args: string[]) => {
      const { parameters } = await stropJson(["inspect", DIGITS, ...args]);
      return parameters
        .filter((p: { trainable: boolean }) => p.trainable)
        .map((p: { name: string }) => p.name);
    };
    expect(await trained("--train-only", "fc3.*")).toEqual(["fc3.weight", "fc3.bias"]);
    expect(await trained("--freeze", "*")).toEqual([]);
  });

  test("an op that Strop lacks is listed with its node, exit 0; train refuses the model", async () => {
    const description = await stropJson(["inspect", gelu]);
    expect(description.unsupported).toEqual([{ name: "middle", op: "NonZero" }]);
    expect(description.parameters.map((p: { name: string }) => p.name)).toEqual(["w", "v"]);
    const words = await strop(["inspect", gelu]);
    expect(words.code).toBe(0);
    expect(words.stdout).toMatch(/not supported yet.*:\n {2}middle {2}NonZero\n/);
    const { code, stderr } = await strop(["plan", gelu]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^strop: .*nonzero\.onnx: node 'middle' is a NonZero, which Strop does not support yet\.\n$/,
    );
  });
});

describe("plan", () => {
  test("JSON: the keys of INTERFACES, and the bytes that training takes", async () => {
    const args = [dense.model, ...dense.data, "--clip-norm", "1", "--validation", "0.2"];
    const plan = await stropJson(["plan", ...args]);
    const categories = [
      "weights",
      "gradients",
      "optimizer",
      "activations",
      "scratch",
      "rows",
      "program",
    ];
    expect(Object.keys(plan.bytes).sort()).toEqual(categories.sort());
    const used = Object.values<number>(plan.bytes).reduce((a, b) => a + b, 0);
    expect(used + plan.unusedBytes).toBe(plan.arenaBytes);
    expect(plan.lowerBoundBytes).toBeLessThanOrEqual(plan.arenaBytes);
    expect(plan.pageBytes % 65536).toBe(0);
    expect(plan.workPerStep).toBeGreaterThan(plan.longestInstruction.work);
    expect(plan.peakInstruction).toMatchObject({ procedure: "step", op: expect.any(String) });
    const trained = await stropJson(["train", ...args, "--out", workspace.at("planned.onnx")]);
    expect(trained.plannedBytes).toBe(plan.arenaBytes);
    expect(trained.usedBytes).toBeLessThanOrEqual(plan.arenaBytes);
  });

  test("words", async () => {
    const { stdout } = await strop(["plan", dense.model]);
    expect(stdout).toMatch(/^memory: [\d,]+ bytes/);
    for (const name of [
      "weights",
      "rows",
      "arena",
      "pages",
      "lower bound",
      "peak at",
      "longest instruction",
    ]) {
      expect(stdout).toContain(name);
    }
  });

  test("rows count: --rows, or those of --data that train", async () => {
    const arena = async (...args: string[]) => {
      return (await stropJson(["plan", dense.model, "--batch", "all", ...args])).arenaBytes;
    };
    expect(await arena("--data", dense.x)).toBe(await arena("--rows", "53"));
    expect(await arena(...dense.data, "--validation", "0.2")).toBe(await arena("--rows", "42"));
  });
});

describe("eval and predict", () => {
  test("eval: loss and accuracy over the rows, whatever the batch", async () => {
    const rows = digits(workspace, 100);
    const whole = await stropJson(["eval", DIGITS, ...rows, "--batch", "all"]);
    expect(whole).toMatchObject({ rows: 100, loss: expect.any(Number) });
    const right = whole.confusion.reduce(
      (sum: number, row: number[], i: number) => sum + row[i]!,
      0,
    );
    expect(right / 100).toBe(whole.accuracy);
    expect(whole["top-5"]).toBeGreaterThan(whole.accuracy);
    const parts = await stropJson(["eval", DIGITS, ...rows, "--batch", "7"]);
    expect(parts.accuracy).toBe(whole.accuracy);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    const { stdout } = await strop(["eval", DIGITS, ...rows, "--quiet"]);
    const share = `${(100 * whole.accuracy).toFixed(1)} %`;
    expect(stdout).toMatch(new RegExp(`^100 rows: loss [\\d.]+, accuracy ${share}\n0-1 error `));
    const confusion = stdout.trimEnd().split("\n").slice(-10);
    const rowOf = (line: string) => line.trim().split(/ +/).map(Number);
    expect(confusion.map(rowOf)).toEqual(
      whole.confusion.map((row: number[], i: number) => [i, ...row]),
    );
  });

  test("eval: a regression has no accuracy", async () => {
    const { model: regression, data } = parityCase("dense-residual-mse");
    const result = await stropJson(["eval", regression, ...data]);
    expect(Object.keys(result)).toEqual(["rows", "loss", "mae", "rmse", "r2"]);
    expect(result.rmse ** 2).toBeCloseTo(result.loss, 5);
  });

  test("x and y in one .npz", async () => {
    const files = { "x.npy": readFileSync(dense.x), "y.npy": readFileSync(dense.y) };
    const npz = workspace.write("xy.npz", zipSync(files));
    const [one, two] = [["--data", npz], dense.data];
    const result = await stropJson(["eval", dense.model, ...one]);
    expect(result).toEqual(await stropJson(["eval", dense.model, ...two]));
    const { code, stderr } = await strop(["eval", dense.model, ...one, "--labels", dense.y]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^strop: --labels: the labels of .*xy\.npz are in the file itself\. Leave it out\.\n$/,
    );
  });

  test("bytes are converted, and that is said", async () => {
    const x = workspace.write(
      "bytes.npy",
      writeNpy({ shape: [2, 7], data: new Uint8Array(14).fill(1) }),
    );
    const out = workspace.at("bytes-out.npy");
    const { code, stderr } = await strop(["predict", dense.model, "--data", x, "--out", out]);
    expect(code).toBe(0);
    expect(stderr).toBe(`note: ${x}: uint8 converted to float32\n`);
  });

  test("predict: float32 in the model's own shape", async () => {
    const out = workspace.at("y-out.npy");
    const result = await stropJson(["predict", dense.model, "--data", dense.x, "--out", out]);
    expect(result).toEqual({ rows: 53, shape: [53, 5], out });
    const { type, shape, data } = readNpy(readFileSync(out), out);
    expect([type, shape]).toEqual(["float32", [53, 5]]);
    expect(data.every((value) => Number.isFinite(Number(value)))).toBe(true);
  });

  test("a model that ends in Softmax gives probabilities, and is trained on what goes into it", async () => {
    const x = workspace.npy(
      "three.npy",
      [6, 3],
      Float32Array.from({ length: 18 }, (_, i) => (i % 5) / 50),
    );
    const y = workspace.npy("four.npy", [6], Int32Array.of(0, 1, 2, 3, 0, 1));
    const out = workspace.at("p.npy");
    await stropJson(["predict", softmax, "--data", x, "--out", out]);
    const { shape, data } = readNpy(readFileSync(out), out);
    expect(shape).toEqual([6, 4]);
    for (let row = 0; row < 6; row++) {
      const sum = [...(data as Float32Array).subarray(4 * row, 4 * row + 4)].reduce(
        (a, b) => a + b,
        0,
      );
      expect(sum).toBeCloseTo(1, 6);
    }
    const tuned = workspace.at("tuned.onnx");
    const { code, stderr } = await strop([
      "train",
      softmax,
      "--data",
      x,
      "--labels",
      y,
      "--out",
      tuned,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      "note: the model ends in Softmax 'softmax': the cross-entropy is taken on its input; the node stays in the export\n",
    );
    const { nodes } = await stropJson(["inspect", tuned]);
    expect(nodes.map(({ op }: { op: string }) => op)).toEqual(["MatMul", "Add", "Softmax"]);
  });
});

test("build and plan: a loss that is a guess is told", async () => {
  const folder = workspace.at("device");
  const { code, stderr } = await strop(["build", dense.model, "--rows", "9", "--out", folder]);
  expect(code).toBe(0);
  expect(stderr).toBe("note: without labels, the loss is taken to be cross-entropy: see --loss\n");
  const told = await strop(["plan", dense.model, "--loss", "mse"]);
  expect([told.code, told.stderr]).toEqual([0, ""]);
});

test("merge of a file that is damaged", async () => {
  writeFileSync(workspace.at("OUT"), new Uint8Array(300));
  const { code, stderr } = await strop([
    "merge",
    dense.model,
    workspace.at("OUT"),
    "--out",
    workspace.at("no.onnx"),
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/OUT: this is not a checkpoint\./);
});

test("--version and --help", async () => {
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(await strop(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  const { code, stdout } = await strop(["train", "--help"]);
  expect(code).toBe(0);
  for (const flag of ["--no-shuffle", "--no-decay <GLOB>", "--eps-inside", "--clip-norm <X>"]) {
    expect(stdout).toContain(flag);
  }
});
