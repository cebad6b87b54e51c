import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parityCase, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const dense = parityCase("dense-bn-adam");
const BASE = ["--epochs", "2", "--batch", "16"];
const train = (name: string, ...more: string[]) => {
  const out = ["--out", workspace.at(`${name}.onnx`)];
  return stropJson(["train", dense.model, ...dense.data, ...out, ...BASE, ...more]);
};

interface TrainResult {
  fingerprint: string;
  plannedBytes: number;
  steps: number;
}
let base: TrainResult;
beforeAll(async () => {
  base = await train("base");
});

describe("every option changes what it should", () => {
  test.each([
    ["--lr 0.01"],
    ["--optimizer sgd"],
    ["--optimizer momentum"],
    ["--optimizer sgd --momentum 0.5"],
    ["--optimizer momentum --nesterov"],
    ["--beta1 0.5"],
    ["--beta2 0.9"],
    ["--eps 1e-3"],
    ["--eps 1e-3 --eps-inside"],
    ["--weight-decay 0.1"],
    ["--weight-decay 0.1 --no-decay *.bias --no-decay bn*"],
    ["--clip-value 1e-3"],
    ["--clip-norm 1e-3"],
    ["--clip-tensor-norm 1e-3"],
    ["--optimizer momentum --dampening 0.5"],
    ["--optimizer momentum --momentum-form ema"],
    ["--optimizer adagrad"],
    ["--optimizer adagrad --eps 1e-2"],
    ["--optimizer adagrad --eps 1e-2 --eps-inside"],
    ["--optimizer adagrad --lr-decay 0.5"],
    ["--optimizer adagrad --initial-accumulator 0.5"],
    ["--optimizer rmsprop"],
    ["--optimizer rmsprop --alpha 0.5"],
    ["--optimizer rmsprop --centered"],
    ["--optimizer rmsprop --momentum 0.5"],
    ["--optimizer adadelta"],
    ["--optimizer adadelta --rho 0.5"],
    ["--optimizer amsgrad --beta2 0.5"],
    ["--optimizer adamw --weight-decay 1"],
    ["--optimizer nadam"],
    ["--optimizer nadam --momentum-decay 1"],
    ["--optimizer adamax"],
    ["--optimizer lion"],
    ["--group *.bias:lr=0"],
    ["--group fc1.*:lr=0.1 --group *.weight:weight-decay=0.5"],
    ["--warmup 3"],
    ["--schedule step"],
    ["--schedule step --step-size 1 --gamma 0.5"],
    ["--schedule exponential"],
    ["--schedule polynomial"],
    ["--schedule polynomial --power 2"],
    ["--schedule cosine"],
    ["--schedule cosine --min-lr 5e-4"],
    ["--schedule one-cycle"],
    ["--schedule one-cycle --pct-start 0.5 --div-factor 2 --final-div-factor 2"],
    [
      "--epochs 3 --schedule plateau --plateau-patience 0 --plateau-threshold 0.9 --plateau-factor 0.7",
    ],
    ["--batch 8"],
    ["--batch all"],
    ["--drop-last"],
    ["--epochs 3"],
    ["--steps 3"],
    ["--no-shuffle"],
    ["--seed 1"],
    ["--freeze fc1.*"],
    ["--freeze fc1.* --freeze bn1.*"],
    ["--train-only fc3.*"],
    ["--bn frozen"],
    ["--head 6"],
    ["--validation 0.3"],
    ["--loss cross-entropy --label-smoothing 0.1"],
    ["--loss cross-entropy --class-weights balanced"],
    ["--loss cross-entropy --class-weights 1,2,1,1,3"],
    ["--loss cross-entropy --ignore-label 2"],
    ["--loss hinge"],
  ])("%s: other weights", async (options) => {
    const name = options.replace(/\W+/g, "-");
    const { fingerprint } = await train(name, ...options.split(" "));
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    const others = fingerprints.get(fingerprint);
    expect(others).toBeUndefined();
    expect(fingerprint).not.toBe(base.fingerprint);
    fingerprints.set(fingerprint, options);
  });
  const fingerprints = new Map<string, string>();

  test.each([
    ["--freeze fc1.*", "less"],
    ["--optimizer sgd", "less"],
    ["--optimizer lion", "less"],
    ["--optimizer amsgrad", "more"],
    ["--batch 32", "more"],
    ["--clip-norm 1", "more"],
  ])("%s: %s memory", async (options, which) => {
    const name = `memory-${options.replace(/\W+/g, "-")}`;
    const { plannedBytes } = await train(name, ...options.split(" "));
    if (which === "less") expect(plannedBytes).toBeLessThan(base.plannedBytes);
    else expect(plannedBytes).toBeGreaterThan(base.plannedBytes);
  });

  test.each([
    ["--flavour scalar"],
    ["--flavour simd"],
    ["--loss softmax-cross-entropy"],
    ["--loss cross-entropy --class-weights 1,1,1,1,1 --label-smoothing 0 --ignore-label -100"],
    ["--metrics /dev/null"],
    ["--clip-norm 1e9 --clip-tensor-norm 1e9 --clip-value 1e9"],
    ["--schedule constant --warmup 0"],
    ["--schedule plateau"],
    ["--group *.weight:lr=1e-3 --group fc*:weight-decay=0"],
    ["--optimizer adam --lr 1e-3 --beta1 0.9 --beta2 0.999 --eps 1e-8 --weight-decay 0 --seed 0"],
  ])("%s: the same weights", async (options) => {
    const name = `same-${options.replace(/\W+/g, "-")}`;
    const { fingerprint } = await train(name, ...options.split(" "));
    expect(fingerprint).toBe(base.fingerprint);
  });
});

test("same command, same bytes", async () => {
  await train("again");
  const [first, second] = ["base", "again"].map((name) =>
    readFileSync(workspace.at(`${name}.onnx`)),
  );
  expect(second!.equals(first!)).toBe(true);
});

test("--lr 0 changes nothing", async () => {
  const args = ["--lr", "0", "--bn", "frozen", "--weight-decay", "0.1"];
  const { fingerprint } = await train("still", ...args);
  const predict = (model: string) => {
    const out = workspace.at("y.npy");
    return stropJson(["predict", model, "--data", dense.x, "--out", out]).then(() =>
      readFileSync(out),
    );
  };
  expect(await predict(workspace.at("still.onnx"))).toEqual(await predict(dense.model));
  const { fingerprint: other } = await train("still-2", ...args, "--epochs", "5");
  expect(other).toBe(fingerprint);
});

test("the resolved options run again through --config", async () => {
  const first = await train("first", "--validation", "0.25", "--clip-norm", "1", "--no-shuffle");
  const config = workspace.write("resolved.json", JSON.stringify(first.options));
  const before = readFileSync(workspace.at("first.onnx"));
  writeFileSync(workspace.at("first.onnx"), "");
  const second = await stropJson(["train", dense.model, "--config", config]);
  expect(second).toEqual({ ...first, stepMs: expect.any(Number) });
  expect(readFileSync(workspace.at("first.onnx")).equals(before)).toBe(true);
  expect(first.options).toMatchObject({
    data: dense.x,
    labels: dense.y,
    loss: "cross-entropy",
    optimizer: "adam",
    lr: 1e-3,
    beta1: 0.9,
    batch: 16,
    epochs: 2,
    noShuffle: true,
    validation: 0.25,
  });
});

test.each([
  ["rmsprop", "step", { momentum: 0, alpha: 0.99, eps: 1e-8, stepSize: 1, gamma: 0.1, warmup: 0 }],
  ["adamw", "plateau", { weightDecay: 0.01, plateauPatience: 10, plateauFactor: 0.1, minLr: 0 }],
  ["momentum", "one-cycle", { momentum: 0.9, lr: 0.01, momentumForm: "classical", pctStart: 0.3 }],
  ["lion", "cosine", { beta2: 0.99, lr: 1e-3 }],
])("defaults of %s and %s are resolved, and run again", async (optimizer, schedule, defaults) => {
  const group = ["--group", "fc3.*:lr=1e-4", "--group", "*.bias:weight-decay=0.5"];
  const rule = ["--optimizer", optimizer, "--schedule", schedule, ...group];
  const first = await train(`first-${optimizer}`, ...rule);
  expect(first.options).toMatchObject({ optimizer, schedule, ...defaults });
  const config = workspace.write("rule.json", JSON.stringify(first.options));
  const second = await stropJson(["train", dense.model, "--config", config]);
  expect(second).toEqual({ ...first, stepMs: expect.any(Number) });
});

test("--metrics holds the rate of each step", async () => {
  const metrics = workspace.at("rates.jsonl");
  const schedule = ["--schedule", "polynomial", "--warmup", "2", "--lr", "0.06"];
  await train("rates", ...schedule, "--metrics", metrics);
  const lines = readFileSync(metrics, "utf8").trim().split("\n");
  const rates = lines.flatMap((line) => JSON.parse(line).lr ?? []);
  expect(rates).toEqual([0.03, 0.06, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01]);
});

test("keys of --config may be in kebab-case, and the command line wins", async () => {
  const options = { "weight-decay": 0.1, noDecay: ["*.bias", "bn*"], lr: 7, "eps-inside": false };
  const config = workspace.write("kebab.json", JSON.stringify(options));
  const viaConfig = await train("via-config", "--config", config, "--lr", "0.01");
  const direct = ["--weight-decay", "0.1", "--no-decay", "*.bias", "--no-decay", "bn*"];
  const { fingerprint } = await train("direct", ...direct, "--lr", "0.01");
  expect(viaConfig.fingerprint).toBe(fingerprint);
});

test("--json: exactly one object, with the keys of INTERFACES", async () => {
  const args = ["--out", workspace.at("json.onnx"), "--validation", "0.2", "--json"];
  const { code, stdout, stderr } = await strop(["train", dense.model, ...dense.data, ...args]);
  expect(code).toBe(0);
  expect(stdout.trimEnd()).not.toContain("\n");
  expect(JSON.parse(stdout)).toEqual({
    steps: 20,
    epochs: 10,
    loss: expect.any(Number),
    validation: {
      rows: 11,
      loss: expect.any(Number),
      accuracy: expect.any(Number),
      zeroOneError: expect.any(Number),
    },
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    plannedBytes: expect.any(Number),
    usedBytes: expect.any(Number),
    stepMs: expect.any(Number),
    interrupted: false,
    stoppedEarly: false,
    phases: [{ name: "train", steps: 20, epochs: 10, loss: expect.any(Number) }],
    options: expect.objectContaining({ validation: 0.2, epochs: 10 }),
  });
  expect(stderr).toMatch(/^note: .*y\.npy: int64 converted to int32\nepoch 1\/10 {2}loss \d/);
  expect(stderr).toMatch(
    /epoch 10\/10 {2}loss [\d.]+ {2}validation loss [\d.]+, accuracy [\d.]+ %\n$/,
  );
});

test("--patience: stops early, keeps the best, and needs held-out rows", async () => {
  const held = ["--validation", "0.2", "--epochs", "200", "--lr", "0.05"];
  const result = await train("patient", ...held, "--patience", "2");
  expect(result).toMatchObject({ stoppedEarly: true, epochs: result.bestEpoch + 2 });
  expect(result.epochs).toBeLessThan(200);
  const args = ["--out", workspace.at("never.onnx"), "--patience", "2"];
  const { code, stderr } = await strop(["train", dense.model, ...dense.data, ...args]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    "strop: --patience: there are no held-out rows to watch. Give --validation 0.2, or --validation-data.\n",
  );
});

test("in words on stdout; --quiet leaves stderr empty", async () => {
  const args = ["--out", workspace.at("words.onnx"), "--quiet"];
  const { stdout, stderr } = await strop(["train", dense.model, ...dense.data, ...args]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(
    /^steps {8}20, 10 whole epochs\nloss {9}[\d.]+\nfingerprint {2}[0-9a-f]{16}\n/,
  );
});

test("validation rows of their own", async () => {
  const { x, y } = dense;
  const args = ["--validation-data", x, "--validation-labels", y];
  const { validation, fingerprint, loss } = await train("validated", ...args);
  expect(fingerprint).toBe(base.fingerprint);
  const tuned = workspace.at("validated.onnx");
  const evaluated = await stropJson(["eval", tuned, ...dense.data, "--batch", "16"]);
  expect(evaluated).toMatchObject(validation);
  expect(validation.rows).toBe(53);
  expect(loss).not.toBe(validation.loss);
});
