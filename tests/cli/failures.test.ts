import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { parityCase, type Refusal, refuses, strop, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const { model, x, y, data } = parityCase("dense-bn-adam");
const out = workspace.at("out.onnx");
const train = (...more: string[]) => ["train", model, ...data, "--out", out, ...more];
const given = (x: string, y: string) => ["train", model, "--data", x, "--labels", y, "--out", out];
const to = (path: string) => ["train", model, ...data, "--out", path];

const ROWS = 53;
const floats = new Float32Array(ROWS * 7).fill(0.5);
floats[7 * 3 + 2] = Number.NaN;
const labels = new Int32Array(ROWS);
labels[17] = 12;
const bytes = readFileSync(model);
const garbage = Uint8Array.from({ length: 600 }, (_, i) => (i * 167 + 13) & 255);
const files = {
  truncated: workspace.write("truncated.onnx", bytes.subarray(0, 400)),
  garbage: workspace.write("garbage.onnx", garbage),
  empty: workspace.write("empty.onnx", ""),
  shortNpy: workspace.write("short.npy", readFileSync(x).subarray(0, 500)),
  badNpz: workspace.write("bad.npz", garbage),
  wide: workspace.npy("wide.npy", [ROWS, 8], new Float32Array(ROWS * 8)),
  few: workspace.npy("few.npy", [ROWS - 1], new Int32Array(ROWS - 1)),
  high: workspace.npy("high.npy", [ROWS], labels),
  nan: workspace.npy("nan.npy", [ROWS, 7], floats),
  text: workspace.write("text", "a file"),
};

/** Command line, and what stderr says after "strop: ". */
const CASES: readonly Refusal[] = [
  [
    "truncated ONNX",
    ["train", files.truncated, ...data, "--out", out],
    /^.*truncated\.onnx: this is not an ONNX model .*\. The file may be truncated or damaged\.$/,
  ],
  ["garbage ONNX", ["inspect", files.garbage], /^.*garbage\.onnx: this is not an ONNX model/],
  ["an empty file", ["plan", files.empty], /^.*empty\.onnx: this is not an ONNX model/],
  ["no such model", ["eval", "no.onnx", ...data], /^no\.onnx: no such file or directory\.$/],
  [
    "truncated .npy",
    given(files.shortNpy, y),
    /^.*short\.npy: the file is truncated: it has \d+ bytes/,
  ],
  [
    "garbage .npz",
    ["train", model, "--data", files.badNpz, "--out", out],
    /^.*bad\.npz: this is not a \.npz file/,
  ],
  [
    "rows of a wrong shape",
    given(files.wide, y),
    /wide\.npy: rows of shape \[53, 8\], but the model's input is \[N, 7\]\.$/,
  ],
  ["too few labels", given(x, files.few), /few\.npy: 52 rows, but .*x\.npy has 53\.$/],
  [
    "a label out of range",
    given(x, files.high),
    /high\.npy row 17: label 12, but the model has 5 classes\. Fix the labels or give --head 13\.$/,
  ],
  ["NaN", given(files.nan, y), /nan\.npy row 3: value is NaN\.$/],
  [
    "NaN in predict",
    ["predict", model, "--data", files.nan, "--out", out],
    /nan\.npy row 3: value is NaN\.$/,
  ],
  [
    "targets of a wrong shape",
    given(x, files.wide),
    /wide\.npy: targets of shape \[53, 8\], but the model's output is \[N, 5\]\.$/,
  ],
  [
    "divergence",
    train("--lr", "1e30"),
    /^step \d+, tensor .+: not finite, training diverged\. Lower --lr/,
  ],
  [
    "an output in a missing folder",
    to(workspace.at("no/out.onnx")),
    /no\/out\.onnx: no such file or directory\.$/,
  ],
  [
    "an output below a file",
    to(`${files.text}/out.onnx`),
    /text\/out\.onnx: a part of the path is not a directory\.$/,
  ],
  ["an output that is a folder", to(workspace.path), /: it is a directory\.$/],
  [
    "unwritable metrics",
    train("--metrics", workspace.at("no/m.jsonl")),
    /no\/m\.jsonl: no such file or directory\.$/,
  ],
  [
    "predict to a missing folder",
    ["predict", model, "--data", x, "--out", workspace.at("no/y.npy")],
    /no\/y\.npy: no such file/,
  ],
  [
    "a folder that is a file",
    ["build", model, "--rows", "9", "--out", files.text],
    /: it is there already, and is no directory\.$/,
  ],
  [
    "build below a file",
    ["build", model, "--rows", "9", "--out", `${files.text}/dir`],
    /text\/dir: a part of the path is not a directory\.$/,
  ],
  [
    "a batch of one row before batch-norm",
    train("--batch", "1"),
    /^node '\/bn1\/BatchNormalization' \(BatchNormalization\): a batch of 1 has one value per channel/,
  ],
  [
    "a run beyond 4 GiB",
    ["plan", model, "--batch", "100000000"],
    /model\.onnx: the run needs \d+ bytes; a WASM memory holds 4 GiB\. Give a smaller --batch/,
  ],
  [
    "merging what is no checkpoint",
    ["merge", model, x, "--out", out],
    /x\.npy: this is not a checkpoint\. Give what 'strop\.wasm train' wrote to OUT\.$/,
  ],
];

describe("the run fails: exit 1, one line, no file, no stack", () => {
  test.each(CASES)("%s", (_, args, line) => refuses(workspace, args, 1, line));
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
