import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  add,
  averagePool1d,
  averagePool2d,
  batchNorm,
  celu,
  clip,
  concat,
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  dropout,
  elu,
  flatten,
  gelu,
  globalAveragePool,
  globalMaxPool,
  groupNorm,
  hardSwish,
  input,
  instanceNorm,
  layerNorm,
  leakyRelu,
  logSoftmax,
  Model,
  type ModelOptions,
  maxPool1d,
  maxPool2d,
  mish,
  pad2d,
  prelu,
  relu,
  selu,
  sequential,
  sigmoid,
  slice,
  softmax,
  tanh,
  upsample2d,
} from "../../src/index.js";
import { TestRandom } from "../helpers/random.js";
import { runOnnx } from "../helpers/run-onnx.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const STEPS = 20;
const BATCH = 16;
const ROWS = 50;

const fixtures = fileURLToPath(new URL("../fixtures/parity/", import.meta.url));
const read = (path: string) => new Uint8Array(readFileSync(path));

interface Case {
  readonly name: string;
  readonly make: () => Model;
  readonly options?: ModelOptions;
}

/** The models that PyTorch exported, with the options of their cases. */
const exported: Case[] = readdirSync(fixtures)
  .filter((name) => readdirSync(`${fixtures}${name}`).includes("model.onnx"))
  .map((name) => {
    const { options } = JSON.parse(readFileSync(`${fixtures}${name}/case.json`, "utf8"));
    const { freeze, trainOnly, bn, loss } = options;
    return {
      name,
      make: () => Model.fromOnnx(read(`${fixtures}${name}/model.onnx`)),
      options: {
        ...(freeze && { freeze }),
        ...(trainOnly && { trainOnly }),
        // The rows are not the case's own: a loss with options of its own may want other targets.
        ...(typeof loss === "string" && { loss }),
        bn,
      },
    };
  });

const digits = fileURLToPath(new URL("../../examples/models/digits.onnx", import.meta.url));

const built: Case[] = [
  {
    name: "sequential: dense, batch-norm, softmax",
    make: () =>
      sequential([
        input({ shape: [7] }),
        dense({ units: 9 }),
        batchNorm(),
        relu(),
        dense({ units: 5, activation: "sigmoid" }),
        dense({ units: 4 }),
        softmax(),
      ]),
  },
  {
    name: "sequential: conv, batch-norm, strides, padding",
    make: () =>
      sequential([
        input({ shape: [2, 9, 7] }),
        conv2d({ filters: 5, kernelSize: 3, padding: "same", strides: 2 }),
        batchNorm(),
        relu(),
        conv2d({ filters: 4, kernelSize: [2, 1], padding: 1 }),
        tanh(),
        flatten(),
        dense({ units: 3 }),
      ]),
  },
  {
    name: "sequential: pads of every mode, nearest and bilinear",
    make: () =>
      sequential([
        pad2d({ padding: [1, 0, 2, 1], value: 0.5, inputShape: [2, 6, 5] }),
        conv2d({ filters: 4, kernelSize: 3 }),
        upsample2d({ scale: 2 }),
        pad2d({ padding: 1, mode: "reflect" }),
        relu(),
        upsample2d({ scale: [0.5, 0.75], mode: "bilinear" }),
        pad2d({ padding: [0, 2, -1, 1], mode: "edge" }),
        conv2d({ filters: 2, kernelSize: 3 }),
        flatten(),
        dense({ units: 3 }),
      ]),
  },
  {
    name: "sequential: batch-norm with other eps and momentum, sigmoid, mse",
    make: () =>
      sequential([
        input({ shape: [6] }),
        dense({ units: 8 }),
        batchNorm({ eps: 1e-2, momentum: 0.5 }),
        sigmoid(),
        dense({ units: 2 }),
      ]),
    options: { loss: "mse" },
  },
  {
    name: "sequential: layer-norm, dropout, softmax in the middle, log-softmax",
    make: () =>
      sequential([
        input({ shape: [6] }),
        dense({ units: 8 }),
        layerNorm(),
        dropout({ rate: 0.3 }),
        relu(),
        dense({ units: 7 }),
        softmax(),
        dense({ units: 4 }),
        logSoftmax(),
      ]),
  },
  {
    name: "sequential: layer-norm and dropout of images",
    make: () =>
      sequential([
        input({ shape: [2, 6, 5] }),
        conv2d({ filters: 3, kernelSize: 3 }),
        layerNorm({ eps: 1e-3 }),
        dropout({ rate: 0.2 }),
        tanh(),
        flatten(),
        dense({ units: 3 }),
      ]),
  },
  {
    name: "sequential: a residual block, halves of the channels joined, rows backwards",
    make: () =>
      sequential([
        input({ shape: [2, 6, 5] }),
        conv2d({ filters: 4, kernelSize: 3, padding: "same" }),
        add({ branches: [[conv2d({ filters: 4, kernelSize: 1 }), batchNorm(), tanh()], []] }),
        concat({
          branches: [[slice({ end: 2 })], [slice({ start: 2 }), slice({ axis: 2, step: -1 })]],
        }),
        flatten(),
        dense({ units: 3 }),
      ]),
  },
  {
    name: "sequential: depthwise, dilated and grouped convolutions",
    make: () =>
      sequential([
        input({ shape: [4, 9, 8] }),
        conv2d({ filters: 8, kernelSize: 3, groups: 4, padding: "same", dilations: [2, 1] }),
        batchNorm(),
        relu(),
        conv2d({ filters: 6, kernelSize: [2, 3], groups: 2, dilations: 2, strides: [1, 2] }),
        flatten(),
        dense({ units: 3 }),
      ]),
  },
  ...[instanceNorm({ eps: 1e-3 }), groupNorm({ groups: 2 })].map(
    (norm): Case => ({
      name: `sequential: ${norm.kind} of images`,
      make: () =>
        sequential([
          input({ shape: [2, 7, 6] }),
          conv2d({ filters: 4, kernelSize: 3 }),
          norm,
          tanh(),
          flatten(),
          dense({ units: 3 }),
        ]),
    }),
  ),
];

const pools: Case[] = [
  {
    name: "sequential: pools of images, a transposed convolution",
    make: () =>
      sequential([
        input({ shape: [2, 11, 9] }),
        conv2d({ filters: 4, kernelSize: 3, activation: "relu" }),
        maxPool2d({ poolSize: 3, strides: 2, padding: 1 }),
        convTranspose2d({ filters: 5, kernelSize: 3, strides: 2, padding: 1, outputPadding: 1 }),
        tanh(),
        averagePool2d({ poolSize: [3, 2], strides: 1, padding: "same", countIncludePad: true }),
        convTranspose2d({ filters: 3, kernelSize: [1, 2], strides: 2, padding: "same" }),
        maxPool2d({ poolSize: 2, strides: 3, ceilMode: true }),
        globalAveragePool(),
        dense({ units: 3 }),
      ]),
  },
  {
    name: "sequential: signals",
    make: () =>
      sequential([
        input({ shape: [3, 23] }),
        conv1d({ filters: 6, kernelSize: 5, strides: 2, padding: "same" }),
        batchNorm(),
        relu(),
        maxPool1d({ poolSize: 2 }),
        conv1d({ filters: 5, kernelSize: 3, padding: 1, activation: "tanh" }),
        averagePool1d({ poolSize: 3, strides: 2, padding: 1 }),
        globalMaxPool(),
        dense({ units: 3 }),
      ]),
  },
];

const activations: Case[] = [
  ...(["selu", "hardSwish", "swish", "mish", "softplus", "softsign", "hardSigmoid"] as const).map(
    (activation): Case => ({
      name: `sequential: ${activation}`,
      make: () =>
        sequential([input({ shape: [6] }), dense({ units: 8, activation }), dense({ units: 3 })]),
    }),
  ),
  {
    name: "sequential: activations with options",
    make: () =>
      sequential([
        input({ shape: [6] }),
        dense({ units: 8 }),
        leakyRelu({ alpha: 0.2 }),
        dense({ units: 8 }),
        prelu({ perChannel: true }),
        dense({ units: 8 }),
        elu({ alpha: 0.5 }),
        dense({ units: 8 }),
        celu({ alpha: 0.7 }),
        dense({ units: 8 }),
        gelu(),
        dense({ units: 8 }),
        gelu({ approximate: "tanh" }),
        dense({ units: 3 }),
      ]),
  },
  {
    name: "sequential: convolutions with activations",
    make: () =>
      sequential([
        input({ shape: [2, 7, 6] }),
        conv2d({ filters: 4, kernelSize: 3 }),
        prelu({ perChannel: true }),
        conv2d({ filters: 5, kernelSize: 3, padding: 1 }),
        clip({ min: 0, max: 6 }),
        conv2d({ filters: 4, kernelSize: 2 }),
        hardSwish(),
        mish(),
        selu(),
        flatten(),
        dense({ units: 3 }),
      ]),
  },
];

/** Random rows for the model's input, and labels or targets for its output. */
function randomRows(model: Model, loss: ModelOptions["loss"]) {
  const random = new TestRandom(9);
  const shape = model.graph.inputs[0]!.shape.slice(1).map(Number);
  const elements = shape.reduce((a, b) => a * b, 1);
  const x = { shape: [ROWS, ...shape], data: random.array(ROWS * elements) };
  const [, ...output] = model.predict(x).shape as number[];
  const width = output.reduce((a, b) => a * b, 1);
  const y =
    loss === "mse"
      ? { shape: [ROWS, ...output], data: random.array(ROWS * width) }
      : Int32Array.from(random.labels(ROWS, width));
  return { x, y };
}

describe("what we export, in ONNX Runtime, after twenty steps", () => {
  const digitsCase: Case = { name: "digits.onnx", make: () => Model.fromOnnx(read(digits)) };

  test.each([digitsCase, ...exported, ...built, ...pools, ...activations])(
    "$name",
    async ({ make, options = {} }) => {
      const model = make().compile(options);
      const { x, y } = randomRows(model, options.loss);
      const before = model.predict(x);
      const run = model.fit(x, y, { steps: STEPS, batchSize: BATCH, dropLast: true });
      for await (const _ of run);
      expect(model.lastFit?.steps).toBe(STEPS);
      const ours = model.predict(x);
      const theirs = await runOnnx(model.toOnnx(), x);
      expect(theirs.shape).toEqual(ours.shape);
      const off = largestDifference(theirs.data, ours.data as Float32Array);
      expect(off).toBeLessThanOrEqual(TOLERANCES.onnxRuntime);
      const moved = largestDifference(before.data as Float32Array, ours.data as Float32Array);
      expect(moved).toBeGreaterThan(100 * TOLERANCES.onnxRuntime);
    },
  );
});

describe("a standardised model takes raw rows there too", () => {
  test.each([...exported, ...built])("$name", async ({ make, options = {} }) => {
    const model = make();
    const { x } = randomRows(model, options.loss);
    const raw = { ...x, data: x.data.map((value, i) => 30 * value + 100 * (i % 3)) };
    model.standardize(raw);
    const ours = model.predict(raw);
    const theirs = await runOnnx(model.toOnnx(), raw);
    const off = largestDifference(theirs.data, ours.data as Float32Array);
    expect(off).toBeLessThanOrEqual(TOLERANCES.onnxRuntime);
  });
});
