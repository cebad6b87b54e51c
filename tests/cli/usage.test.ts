import { afterAll, describe, expect, test } from "vitest";
import { parityCase, type Refusal, refuses, strop, stropProcess, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const { model, x, y, data } = parityCase("dense-bn-adam");
const out = workspace.at("out.onnx");
const train = (...more: string[]) => ["train", model, ...data, "--out", out, ...more];

const files = {
  csv: workspace.write("table.csv", "a,b\n1,2\n"),
  badJson: workspace.write("bad.json", "{"),
  unknownKey: workspace.write("unknown.json", '{"epoch": 3}'),
  noWeight: workspace.write("weights.json", '{"loss": "cross-entropy", "classWeights": [1, null]}'),
  nested: workspace.write("nested.json", '{"config": "other.json"}'),
  badValue: workspace.write("value.json", '{"lr": "fast"}'),
};

/** Command line, and what stderr says after "strop: ". */
const CASES: readonly Refusal[] = [
  [
    "an unknown option",
    train("--epoch", "3"),
    /^--epoch: unknown option\. Did you mean --epochs\?$/,
  ],
  ["an unknown command", ["trian", model], /^trian: unknown command\. Did you mean train\?$/],
  ["no model", ["train"], /^model: it is missing\. See strop --help\.$/],
  ["two models", ["inspect", model, model], /^inspect: 2 files are given where it takes 1\./],
  ["an option without its value", ["train", model, "--lr"], /^--lr: its value is missing\./],
  ["no --out", ["train", model, ...data], /^--out: it is missing\. Say where/],
  ["no --data", ["train", model, "--out", out], /^--data: it is missing\. Give the rows/],
  ["no labels", ["eval", model, "--data", x], /^--labels: there are no labels for /],
  [
    "a build for no rows",
    ["build", model, "--out", out],
    /^--rows: it is missing\. Say for how many/,
  ],
  [
    "a pattern that matches nothing",
    train("--freeze", "conv*"),
    /^--freeze: the pattern 'conv\*' matches no parameter\. The names are fc1\.weight, /,
  ],
  [
    "--train-only that matches nothing",
    train("--train-only", "x"),
    /^--train-only: the pattern 'x' matches no/,
  ],
  [
    "--no-decay that matches nothing",
    train("--no-decay", "x"),
    /^--no-decay: the pattern 'x' matches no/,
  ],
  [
    "inspect with a pattern that matches nothing",
    ["inspect", model, "--freeze", "x"],
    /^--freeze: the pattern 'x'/,
  ],
  ["everything frozen", train("--freeze", "*"), /^--freeze: nothing is left to train\.$/],
  ["a negative rate", train("--lr", "-1"), /^--lr: '-1' is not a number from 0 up\.$/],
  ["a rate that is no number", train("--lr", "NaN"), /^--lr: 'NaN' is not a number/],
  ["a rate beyond float32", train("--lr", "1e39"), /^--lr: '1e39' is not a number/],
  [
    "a batch of 0",
    train("--batch", "0"),
    /^--batch: '0' is neither a whole number from 1 nor 'all'\.$/,
  ],
  ["half a batch", train("--batch", "2.5"), /^--batch: '2\.5' is neither/],
  [
    "0 epochs",
    train("--epochs", "0"),
    /^--epochs: '0' is not a whole number from 1 to 2147483647\.$/,
  ],
  ["half a step", train("--steps", "0.5"), /^--steps: '0\.5' is not a whole number/],
  ["a negative seed", train("--seed", "-1"), /^--seed: '-1' is not a whole number from 0/],
  [
    "a fraction of 1",
    train("--validation", "1"),
    /^--validation: '1' is not a number above 0 and below 1\.$/,
  ],
  ["a beta of 1", train("--beta1", "1"), /^--beta1: '1' is not a number from 0 and below 1\.$/],
  [
    "clipping to nothing",
    train("--clip-norm", "0"),
    /^--clip-norm: '0' is not a number above 0 up|^--clip-norm: '0' is not a number above 0\.$/,
  ],
  ["a head of 0", train("--head", "0"), /^--head: '0' is not a whole number from 1 to 1048576\.$/],
  [
    "both validations",
    train("--validation", "0.2", "--validation-data", x),
    /^--validation: --validation-data is given too\. Give one of them\.$/,
  ],
  [
    "labels of no validation",
    train("--validation-labels", y),
    /^--validation-labels: it needs --validation-data\.$/,
  ],
  [
    "--beta1 with sgd",
    train("--optimizer", "sgd", "--beta1", "0.8"),
    /^--beta1: it does not belong to the optimizer sgd\. It is an option of --optimizer adam, .+, lion\.$/,
  ],
  [
    "--momentum with adam",
    train("--momentum", "0.9"),
    /^--momentum: it does not belong to the optimizer adam\. It is an option of --optimizer sgd, momentum, rmsprop\.$/,
  ],
  [
    "--nesterov without momentum",
    train("--optimizer", "sgd", "--nesterov"),
    /^--nesterov: it needs a momentum\. Give a momentum, such as 0\.9\.$/,
  ],
  [
    "an unknown optimizer",
    train("--optimizer", "tiger"),
    /^--optimizer: 'tiger' is not known\. There are sgd, momentum, .+, lion\.$/,
  ],
  [
    "an epsilon of 0 where that cannot be",
    train("--optimizer", "adadelta", "--eps", "0"),
    /^--eps: '?0'? is not a number above 0\.$/,
  ],
  [
    "--gamma without a schedule that has it",
    train("--gamma", "0.5"),
    /^--gamma: it does not belong to the schedule constant\. It is an option of --schedule step, exponential\.$/,
  ],
  [
    "--plateau-patience of half an epoch",
    train("--schedule", "plateau", "--plateau-patience", "0.5"),
    /^--plateau-patience: '0\.5' is not a whole number from 0 to 2147483647\.$/,
  ],
  [
    "a group without a setting",
    train("--group", "fc*"),
    /^--group: 'fc\*' is no group\. Write a pattern and what is special: /,
  ],
  [
    "a group with another setting",
    train("--group", "*:momentum=1"),
    /^--group: '\*:momentum=1' is no group\./,
  ],
  [
    "a group with an impossible rate",
    train("--group", "*:lr=-1"),
    /^--group \*:lr: '-1' is not a number from 0 up\.$/,
  ],
  [
    "a group of no parameter",
    train("--group", "zz:lr=1"),
    /^--group: the pattern 'zz' matches no parameter\. The names are /,
  ],
  [
    "an unknown loss",
    train("--loss", "l1"),
    /^--loss: 'l1' is not known\. There are cross-entropy, binary-cross-entropy, mse, mae, huber, hinge, softmax-cross-entropy\.$/,
  ],
  [
    "--huber-delta with mse",
    train("--loss", "mse", "--huber-delta", "2"),
    /^--huber-delta: it does not belong to the loss mse\. It is an option of --loss huber\.$/,
  ],
  [
    "--label-smoothing without a loss",
    train("--label-smoothing", "0.1"),
    /^--label-smoothing: no loss is named\. It is an option of --loss cross-entropy\.$/,
  ],
  [
    "--pos-weight with eval of mae",
    ["eval", model, ...data, "--loss", "mae", "--pos-weight", "2"],
    /^--pos-weight: it does not belong to the loss mae\. It is an option of --loss binary-cross-entropy\.$/,
  ],
  [
    "too much smoothing",
    train("--loss", "cross-entropy", "--label-smoothing", "2"),
    /^--label-smoothing: '2' is not a number from 0 to 1\.$/,
  ],
  [
    "class weights that are none",
    train("--loss", "cross-entropy", "--class-weights", "1,x"),
    /^--class-weights: '1,x' is neither 'balanced' nor a number from 0 up for each class\.$/,
  ],
  [
    "class weights of another number of classes",
    train("--loss", "cross-entropy", "--class-weights", "1,2"),
    /^--class-weights: 2 are given, but the model has 5 classes\.$/,
  ],
  [
    "an option of another strategy",
    train("--method=supervised"),
    /^--method: it does not belong to the strategy joint\./,
  ],
  [
    "a command that is not there yet",
    ["bisect", model],
    /^bisect: this command is not there yet\./,
  ],
  [
    "a table without a target",
    ["train", model, "--data", files.csv, "--out", out],
    /^--labels: there are no labels for .*table\.csv\./,
  ],
  [
    "an input of another name",
    train("--input-shape", "z=1,7"),
    /^--input-shape: the model has no input 'z'\. Its inputs are input\.$/,
  ],
  [
    "an input of another size",
    train("--input-shape", "input=1,8"),
    /^--input-shape input=1,8: the file says /,
  ],
  [
    "a shape that is none",
    train("--input-shape", "input:7"),
    /^--input-shape: 'input:7' is no shape\./,
  ],
  [
    "--config of no JSON",
    train("--config", files.badJson),
    /bad\.json: this is not JSON \(.+\)\.$/,
  ],
  [
    "blanks for class weights",
    train("--loss", "cross-entropy", "--class-weights", "1, ,2"),
    /^--class-weights: '1, ,2' is neither 'balanced' nor a number from 0 up for each class\.$/,
  ],
  [
    "no number among the class weights of --config",
    train("--config", files.noWeight),
    /weights\.json, classWeights: \[1,null\] is neither 'balanced' nor/,
  ],
  [
    "a config within --config",
    train("--config", files.nested),
    /nested\.json: the key 'config' is unknown\.$/,
  ],
  ["a value for a switch", train("--json=1"), /^--json: it takes no value\. See strop --help\.$/],
  [
    "the same setting of a group twice",
    train("--group", "fc1.*:lr=1,lr=2"),
    /^--group: 'lr' is there twice in 'fc1\.\*:lr=1,lr=2'\.$/,
  ],
  [
    "an unknown key in --config",
    train("--config", files.unknownKey),
    /unknown\.json: the key 'epoch' is unknown\. Did you mean epochs\?$/,
  ],
  [
    "a bad value in --config",
    train("--config", files.badValue),
    /value\.json, lr: 'fast' is not a number from 0 up\.$/,
  ],
  [
    "results that overwrite the data",
    ["train", model, ...data, "--out", x],
    /^--out: '.+x\.npy' is the file of --data too\.$/,
  ],
  [
    "JSON and a model on one stdout",
    ["train", model, ...data, "--out", "/dev/stdout", "--json"],
    /^--json: stdout is taken by \/dev\/stdout\.$/,
  ],
];

describe("usage: exit 2, one line, no file, no stack", () => {
  test.each(CASES)("%s", (_, args, line) => refuses(workspace, args, 2, line));
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

test("the exit codes of a process", async () => {
  const codes = [["--version"], ["inspect", "no.onnx"], ["inspect"]].map((args) =>
    stropProcess(args),
  );
  expect((await Promise.all(codes)).map(({ code }) => code)).toEqual([0, 1, 2]);
});

test("no command: the help on stderr", async () => {
  const { code, stdout, stderr } = await strop([]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^Usage: strop/);
});
