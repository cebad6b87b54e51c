import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { parityCase, strop, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const { model, x, y, data } = parityCase("dense-bn-adam");
const ROWS = 53;
const out = workspace.at("out.onnx");
const train = (...more: string[]) => ["train", model, ...data, "--out", out, ...more];

const floats = new Float32Array(ROWS * 7).fill(0.5);
const labels = new Int32Array(ROWS);
const bytes = readFileSync(model);
const garbage = Uint8Array.from({ length: 600 }, (_, i) => (i * 167 + 13) & 255);
const files = {
  truncated: workspace.write("truncated.onnx", bytes.subarray(0, 400)),
  garbage: workspace.write("garbage.onnx", garbage),
  empty: workspace.write("empty.onnx", ""),
  shortNpy: workspace.write("short.npy", readFileSync(x).subarray(0, 500)),
  badNpz: workspace.write("bad.npz", garbage),
  wide: workspace.npy("wide.npy", [ROWS, 8], new Float32Array(ROWS * 8)),
  few: workspace.npy("few.npy", [ROWS - 1], labels.subarray(1)),
  high: workspace.npy("high.npy", [ROWS], labels.with(17, 12)),
  nan: workspace.npy("nan.npy", [ROWS, 7], floats.with(7 * 3 + 2, Number.NaN)),
  csv: workspace.write("table.csv", "a,b\n1,2\n"),
  badJson: workspace.write("bad.json", "{"),
  unknownKey: workspace.write("unknown.json", '{"epoch": 3}'),
  badValue: workspace.write("value.json", '{"lr": "fast"}'),
  laterKey: workspace.write("later.json", '{"schedule": "cosine"}'),
  text: workspace.write("text", "a file"),
};
const given = (d: string, l = y) => ["train", model, "--data", d, "--labels", l, "--out", out];

/** Command line, exit code, and what stderr says after "strop: ". */
const CASES: readonly [string, string[], number, RegExp][] = [
  [
    "truncated ONNX",
    ["train", files.truncated, ...data, "--out", out],
    1,
    /^.*truncated\.onnx: this is not an ONNX model .*\. The file may be truncated or damaged\.$/,
  ],
  ["garbage ONNX", ["inspect", files.garbage], 1, /^.*garbage\.onnx: this is not an ONNX model/],
  ["an empty file", ["plan", files.empty], 1, /^.*empty\.onnx: this is not an ONNX model/],
  ["no such model", ["eval", "no.onnx", ...data], 1, /^no\.onnx: no such file or directory\.$/],
  [
    "truncated .npy",
    given(files.shortNpy),
    1,
    /^.*short\.npy: the file is truncated: it has \d+ bytes/,
  ],
  [
    "garbage .npz",
    ["train", model, "--data", files.badNpz, "--out", out],
    1,
    /^.*bad\.npz: this is not a \.npz file/,
  ],
  [
    "rows of a wrong shape",
    given(files.wide),
    1,
    /wide\.npy: rows of shape \[53, 8\], but the model's input is \[N, 7\]\.$/,
  ],
  ["too few labels", given(x, files.few), 1, /few\.npy: 52 rows, but .*x\.npy has 53\.$/],
  [
    "a label out of range",
    given(x, files.high),
    1,
    /high\.npy row 17: label 12, but the model has 5 classes\. Fix the labels or give --head 13\.$/,
  ],
  ["NaN", given(files.nan), 1, /nan\.npy row 3: value is NaN\.$/],
  [
    "NaN in predict",
    ["predict", model, "--data", files.nan, "--out", out],
    1,
    /nan\.npy row 3: value is NaN\.$/,
  ],
  [
    "targets of a wrong shape",
    train("--loss", "mse"),
    1,
    /y\.npy: targets of shape \[53\], but the model's output is \[N, 5\]\.$/,
  ],
  [
    "divergence",
    train("--lr", "1e30"),
    1,
    /^step \d+, tensor .+: the loss is not finite: training diverged\. Lower --lr/,
  ],
  [
    "an output in a missing folder",
    given(x).with(-1, workspace.at("no/out.onnx")),
    1,
    /no\/out\.onnx: no such file or directory\.$/,
  ],
  [
    "an output below a file",
    given(x).with(-1, `${files.text}/out.onnx`),
    1,
    /text\/out\.onnx: a part of the path is not a directory\.$/,
  ],
  ["an output that is a folder", given(x).with(-1, workspace.path), 1, /: it is a directory\.$/],
  [
    "unwritable metrics",
    train("--metrics", workspace.at("no/m.jsonl")),
    1,
    /no\/m\.jsonl: no such file or directory\.$/,
  ],
  [
    "predict to a missing folder",
    ["predict", model, "--data", x, "--out", workspace.at("no/y.npy")],
    1,
    /no\/y\.npy: no such file/,
  ],
  [
    "build below a file",
    ["build", model, "--rows", "9", "--out", `${files.text}/dir`],
    1,
    /text\/dir: a part of the path is not a directory\.$/,
  ],
  [
    "a batch of one row before batch-norm",
    train("--batch", "1"),
    1,
    /^node '\/bn1\/BatchNormalization' \(BatchNormalization\): a batch of 1 has one value per channel/,
  ],
  [
    "a run beyond 4 GiB",
    ["plan", model, "--batch", "100000000"],
    1,
    /model\.onnx: the run needs \d+ bytes; a WASM memory holds 4 GiB\. Give a smaller --batch/,
  ],
  [
    "merging what is no checkpoint",
    ["merge", model, x, "--out", out],
    1,
    /x\.npy: this is not a checkpoint\. Give what 'strop\.wasm train' wrote to OUT\.$/,
  ],

  [
    "an unknown option",
    train("--epoch", "3"),
    2,
    /^--epoch: unknown option\. Did you mean --epochs\?$/,
  ],
  ["an unknown command", ["trian", model], 2, /^trian: unknown command\. Did you mean train\?$/],
  ["no model", ["train"], 2, /^model: it is missing\. See strop --help\.$/],
  ["two models", ["inspect", model, model], 2, /^inspect: 2 files are given where it takes 1\./],
  ["an option without its value", ["train", model, "--lr"], 2, /^--lr: its value is missing\./],
  ["no --out", ["train", model, ...data], 2, /^--out: it is missing\. Say where/],
  ["no --data", ["train", model, "--out", out], 2, /^--data: it is missing\. Give the rows/],
  ["no labels", ["eval", model, "--data", x], 2, /^--labels: there are no labels for /],
  [
    "a build for no rows",
    ["build", model, "--out", out],
    2,
    /^--rows: it is missing\. Say for how many/,
  ],
  [
    "a pattern that matches nothing",
    train("--freeze", "conv*"),
    2,
    /^--freeze: the pattern 'conv\*' matches no parameter\. The names are fc1\.weight, /,
  ],
  [
    "--train-only that matches nothing",
    train("--train-only", "x"),
    2,
    /^--train-only: the pattern 'x' matches no/,
  ],
  [
    "--no-decay that matches nothing",
    train("--no-decay", "x"),
    2,
    /^--no-decay: the pattern 'x' matches no/,
  ],
  [
    "inspect with a pattern that matches nothing",
    ["inspect", model, "--freeze", "x"],
    2,
    /^--freeze: the pattern 'x'/,
  ],
  ["everything frozen", train("--freeze", "*"), 2, /^--freeze: nothing is left to train\.$/],
  ["a negative rate", train("--lr", "-1"), 2, /^--lr: '-1' is not a number from 0 up\.$/],
  ["a rate that is no number", train("--lr", "NaN"), 2, /^--lr: 'NaN' is not a number/],
  ["a rate beyond float32", train("--lr", "1e39"), 2, /^--lr: '1e39' is not a number/],
  [
    "a batch of 0",
    train("--batch", "0"),
    2,
    /^--batch: '0' is neither a whole number from 1 nor 'all'\.$/,
  ],
  ["half a batch", train("--batch", "2.5"), 2, /^--batch: '2\.5' is neither/],
  [
    "0 epochs",
    train("--epochs", "0"),
    2,
    /^--epochs: '0' is not a whole number from 1 to 2147483647\.$/,
  ],
  ["half a step", train("--steps", "0.5"), 2, /^--steps: '0\.5' is not a whole number/],
  ["a negative seed", train("--seed", "-1"), 2, /^--seed: '-1' is not a whole number from 0/],
  [
    "a fraction of 1",
    train("--validation", "1"),
    2,
    /^--validation: '1' is not a number above 0 and below 1\.$/,
  ],
  ["a beta of 1", train("--beta1", "1"), 2, /^--beta1: '1' is not a number from 0 and below 1\.$/],
  [
    "clipping to nothing",
    train("--clip-norm", "0"),
    2,
    /^--clip-norm: '0' is not a number above 0 up|^--clip-norm: '0' is not a number above 0\.$/,
  ],
  [
    "a head of 0",
    train("--head", "0"),
    2,
    /^--head: '0' is not a whole number from 1 to 1048576\.$/,
  ],
  [
    "both validations",
    train("--validation", "0.2", "--validation-data", x),
    2,
    /^--validation: --validation-data is given too\. Give one of them\.$/,
  ],
  [
    "labels of no validation",
    train("--validation-labels", y),
    2,
    /^--validation-labels: it needs --validation-data\.$/,
  ],
  [
    "--beta1 with sgd",
    train("--optimizer", "sgd", "--beta1", "0.8"),
    2,
    /^--beta1: it does not belong to the optimizer sgd\. It is an option of adam\.$/,
  ],
  [
    "--momentum with adam",
    train("--momentum", "0.9"),
    2,
    /^--momentum: it does not belong to the optimizer adam\. It is an option of sgd and momentum\.$/,
  ],
  [
    "--nesterov without momentum",
    train("--optimizer", "sgd", "--nesterov"),
    2,
    /^--nesterov: it needs a momentum\. Give --momentum 0\.9\.$/,
  ],
  [
    "an optimizer that is not there yet",
    train("--optimizer", "lion"),
    2,
    /^--optimizer: 'lion' is not there yet\. There are sgd, momentum, adam\.$/,
  ],
  [
    "a loss that is not there yet",
    train("--loss", "huber"),
    2,
    /^--loss: 'huber' is not there yet\. There are cross-entropy, /,
  ],
  [
    "an option that is not there yet",
    train("--schedule=cosine"),
    2,
    /^--schedule: this option is not there yet\./,
  ],
  [
    "a command that is not there yet",
    ["pretrain", model],
    2,
    /^pretrain: this command is not there yet\./,
  ],
  [
    "a table",
    ["train", model, "--data", files.csv, "--out", out],
    2,
    /table\.csv: tables are not supported yet\. Give \.npy or \.npz\.$/,
  ],
  [
    "an input of another name",
    train("--input-shape", "z=1,7"),
    2,
    /^--input-shape: the model has no input 'z'\. Its inputs are input\.$/,
  ],
  [
    "an input of another size",
    train("--input-shape", "input=1,8"),
    2,
    /^--input-shape input=1,8: the file says /,
  ],
  [
    "a shape that is none",
    train("--input-shape", "input:7"),
    2,
    /^--input-shape: 'input:7' is no shape\./,
  ],
  [
    "--config of no JSON",
    train("--config", files.badJson),
    2,
    /bad\.json: this is not JSON \(.+\)\.$/,
  ],
  [
    "an unknown key in --config",
    train("--config", files.unknownKey),
    2,
    /unknown\.json: the key 'epoch' is unknown\. Did you mean epochs\?$/,
  ],
  [
    "a bad value in --config",
    train("--config", files.badValue),
    2,
    /value\.json, lr: 'fast' is not a number from 0 up\.$/,
  ],
  [
    "a key that is not there yet",
    train("--config", files.laterKey),
    2,
    /later\.json: 'schedule' is not there yet\.$/,
  ],
  [
    "results that overwrite the data",
    ["train", model, ...data, "--out", x],
    2,
    /^--out: '.+x\.npy' is another file of this run too\.$/,
  ],
  [
    "JSON and a model on one stdout",
    given(x).with(-1, "/dev/stdout").concat("--json"),
    2,
    /^--json: stdout is taken by --out \/dev\/stdout\.$/,
  ],
];

describe.concurrent("bad input: one line, no file, no stack", () => {
  const before = readdirSync(workspace.path).sort();

  test.each(CASES)("%s", async (_, args, code, line) => {
    const finished = await strop(args);
    expect(finished.stderr).toMatch(/^strop: [^\n]+: [^\n]+[.?]\n$/);
    expect(finished.stderr.slice("strop: ".length, -1)).toMatch(line);
    expect(finished.code).toBe(code);
    if (!args.includes("--json")) expect(finished.stdout).toBe("");
    expect(readdirSync(workspace.path).sort()).toEqual(before);
  });
});

test("--json: the error is the one object on stdout", async () => {
  const { code, stdout, stderr } = await strop([...given(x, files.high), "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: "label-range",
      message: stderr.slice("strop: ".length, -1),
      where: `${files.high} row 17`,
      hint: "Fix the labels or give --head 13.",
    },
  });
});

test("--json of an unknown option", async () => {
  const { code, stdout } = await strop([...train("--epoch", "3"), "--json"]);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error).toMatchObject({ code: "usage", where: "--epoch" });
});

test("--debug shows the stack", async () => {
  const { code, stderr } = await strop([...train("--lr", "-1"), "--debug"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^strop: --lr: .*\n(.*\n)* {4}at /);
});

test("no command: the help on stderr", async () => {
  const { code, stdout, stderr } = await strop([]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^Usage: strop/);
});
