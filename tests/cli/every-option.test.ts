import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { flagOf, keyOf } from "../../src/cli/options/option.js";
import { generalOptions } from "../../src/cli/options/run.js";
import { trainOptions } from "../../src/cli/options/train.js";
import { png } from "../helpers/image-files.js";
import { parityCase, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const dense = parityCase("dense-bn-adam");
const chain = parityCase("dense-sgd");
const regression = parityCase("dense-residual-mse");
const binary = parityCase("loss-binary-cross-entropy-weight");

let runs = 0;
/** A short run of a model with the given words behind. */
function train(given: { model: string; data: string[] }, words: string) {
  const out = ["--out", workspace.at(`${++runs}.onnx`), "--epochs", "3", "--batch", "16"];
  const more = words === "" ? [] : words.split(" ");
  return stropJson(["train", given.model, ...given.data, ...out, ...more]);
}

const table = { model: dense.model, data: [] as string[] };
const wave = (i: number, k = 1) => Math.sin((i * k) / 2).toFixed(3);
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("");
/** Seven features, as the model has, and a class; and one feature, for windows of seven records. */
const wide = workspace.write(
  "wide.csv",
  `p,q,r,s,t,u,v,state\n${lines(40, (i) => `${[1, 2, 3, 4, 5, 6, 7].map((k) => wave(i, k))},${i % 3}`)}`,
);
const long = workspace.write("long.csv", `p,state\n${lines(60, (i) => `${wave(i)},s${i % 5}`)}`);

/** Oblong images, grey 5 × 5 once they are read, in a folder for each class. */
const folder = workspace.at("images");
for (const [i, name] of ["a", "b", "c"].entries()) {
  mkdirSync(join(folder, name), { recursive: true });
  for (let k = 0; k < 6; k++) {
    const grey = (x: number, y: number) => (i * 40 + 7 * x * (k + 1) + 11 * y) % 256;
    const image = png(9, 6, (x, y) => [grey(x, y), grey(x, y), grey(x, y)]);
    workspace.write(join("images", name, `${k}.png`), image);
  }
}
const images = { model: parityCase("conv-residual-frozen-bn").model, data: ["--data", folder] };

interface Change {
  readonly of?: { model: string; data: string[] };
  /** What both runs have. */
  readonly base?: string;
  readonly words: string;
}

/** These change the weights that are learned, each beside a run that differs in it alone. */
const CHANGES: Partial<Record<keyof typeof trainOptions, Change>> = {
  standardize: { words: "--standardize" },
  imageScale: { of: images, words: "--image-scale 100" },
  imageMean: { of: images, words: "--image-mean 0.5" },
  imageStd: { of: images, words: "--image-std 0.25" },
  imageFit: { of: images, words: "--image-fit crop" },
  augment: { of: images, words: "--augment shift=1" },
  stride: { of: table, base: `--data ${long} --target state --window 7`, words: "--stride 2" },
  horizon: { of: table, base: `--data ${long} --target state --window 7`, words: "--horizon 2" },
  head: { words: "--head 6" },
  loss: { words: "--loss hinge" },
  labelSmoothing: { base: "--loss cross-entropy", words: "--label-smoothing 0.2" },
  ignoreLabel: { base: "--loss cross-entropy", words: "--ignore-label 1" },
  classWeights: { base: "--loss cross-entropy", words: "--class-weights balanced" },
  huberDelta: { of: regression, base: "--loss huber", words: "--huber-delta 0.1" },
  posWeight: { of: binary, base: "--loss binary-cross-entropy", words: "--pos-weight 3" },
  strategy: { words: "--strategy blocks" },
  blockOrder: { base: "--strategy blocks --block-steps 1", words: "--block-order random" },
  blockSteps: { base: "--strategy blocks", words: "--block-steps 1" },
  method: { base: "--strategy pretrain", words: "--method autoencoder" },
  blockLayers: {
    base: "--strategy pretrain --method autoencoder",
    words: "--block-layers 2",
  },
  fineTuneEpochs: { base: "--strategy pretrain", words: "--fine-tune-epochs 1" },
  headLayers: { base: "--strategy pretrain", words: "--head-layers 0" },
  headWidth: { base: "--strategy pretrain", words: "--head-width 3" },
  tied: { base: "--strategy pretrain --method autoencoder", words: "--tied" },
  corruption: { base: "--strategy pretrain --method denoising", words: "--corruption 0.6" },
  unfreezeEpochs: { base: "--strategy unfreeze --epochs 6", words: "--unfreeze-epochs 2" },
  sweeps: { of: chain, base: "--strategy bcd", words: "--sweeps 2" },
  penalty: { of: chain, base: "--strategy bcd", words: "--penalty 3" },
  penaltyDecay: { of: chain, base: "--strategy bcd", words: "--penalty-decay 0.5" },
  proximity: { of: chain, base: "--strategy bcd", words: "--proximity 2" },
  damping: { of: chain, base: "--strategy bcd", words: "--damping 0.5" },
  forgetting: { of: chain, base: "--strategy bcd", words: "--forgetting 0.5" },
  ridge: { base: "--strategy last-layer", words: "--ridge 2" },
  layerLrDecay: { words: "--layer-lr-decay 0.5" },
  optimizer: { words: "--optimizer nadam" },
  lr: { words: "--lr 0.02" },
  weightDecay: { words: "--weight-decay 0.1" },
  momentum: { base: "--optimizer momentum", words: "--momentum 0.5" },
  dampening: { base: "--optimizer momentum", words: "--dampening 0.3" },
  nesterov: { base: "--optimizer momentum", words: "--nesterov" },
  momentumForm: { base: "--optimizer momentum", words: "--momentum-form ema" },
  lrDecay: { base: "--optimizer adagrad", words: "--lr-decay 0.5" },
  initialAccumulator: { base: "--optimizer adagrad", words: "--initial-accumulator 1" },
  eps: { words: "--eps 0.01" },
  epsInside: { base: "--eps 0.01", words: "--eps-inside" },
  alpha: { base: "--optimizer rmsprop", words: "--alpha 0.5" },
  centered: { base: "--optimizer rmsprop", words: "--centered" },
  rho: { base: "--optimizer adadelta --lr 1", words: "--rho 0.5" },
  beta1: { words: "--beta1 0.5" },
  beta2: { words: "--beta2 0.5" },
  momentumDecay: { base: "--optimizer nadam --lr 0.01", words: "--momentum-decay 0.5" },
  noDecay: { base: "--weight-decay 0.1", words: "--no-decay *.bias" },
  clipValue: { words: "--clip-value 0.001" },
  clipTensorNorm: { base: "--optimizer sgd", words: "--clip-tensor-norm 0.01" },
  clipNorm: { base: "--optimizer sgd", words: "--clip-norm 0.01" },
  schedule: { words: "--schedule cosine" },
  warmup: { words: "--warmup 5" },
  stepSize: { base: "--schedule step", words: "--step-size 2" },
  gamma: { base: "--schedule exponential", words: "--gamma 0.3" },
  minLr: { base: "--schedule cosine", words: "--min-lr 0.0005" },
  power: { base: "--schedule polynomial", words: "--power 3" },
  pctStart: { base: "--schedule one-cycle", words: "--pct-start 0.6" },
  divFactor: { base: "--schedule one-cycle", words: "--div-factor 3" },
  finalDivFactor: { base: "--schedule one-cycle", words: "--final-div-factor 2" },
  plateauPatience: {
    base: "--schedule plateau --plateau-threshold 0.9",
    words: "--plateau-patience 0",
  },
  plateauFactor: {
    base: "--schedule plateau --plateau-threshold 0.9 --plateau-patience 0",
    words: "--plateau-factor 0.5",
  },
  plateauThreshold: {
    base: "--schedule plateau --plateau-patience 0",
    words: "--plateau-threshold 0.9",
  },
  group: { words: "--group fc3.*:lr=0.1" },
  freeze: { words: "--freeze fc1.*" },
  trainOnly: { words: "--train-only fc3.*" },
  bn: { words: "--bn frozen" },
  bnReestimate: { words: "--bn-reestimate" },
  bnOnly: { words: "--bn-only" },
  batch: { words: "--batch 8" },
  dropLast: { words: "--drop-last" },
  epochs: { words: "--epochs 4" },
  steps: { words: "--steps 5" },
  noShuffle: { words: "--no-shuffle" },
  seed: { words: "--seed 3" },
  validation: { words: "--validation 0.3" },
  patience: { base: "--validation 0.3 --epochs 40 --lr 0.05", words: "--patience 1" },
};

/** These are where things come from and go to: what they do is seen elsewhere than in the weights. */
const OTHERS: Partial<Record<keyof typeof trainOptions, () => Promise<void>>> = {
  data: async () => expect((await train(dense, "")).options.data).toBe(dense.x),
  labels: async () => expect((await train(dense, "")).options.labels).toBe(dense.y),
  imageChannels: async () => {
    expect((await train(images, "--image-channels first")).steps).toBe(6);
    await expect(train(images, "--image-channels last")).rejects.toThrow("are no images");
  },
  target: async () => {
    const of = await train(table, `--data ${wide} --target state`);
    expect(of.steps).toBe(3 * Math.ceil(40 / 16));
  },
  delimiter: async () => {
    const other = workspace.write("other.csv", readFileSync(wide, "utf8").replaceAll(",", "|"));
    const words = `--data ${other} --target state`;
    await expect(train(table, words)).rejects.toThrow();
    expect((await train(table, `${words} --delimiter |`)).steps).toBe(9);
  },
  window: async () => {
    const { steps } = await train(table, `--data ${long} --target state --window 7`);
    expect(steps).toBe(3 * Math.ceil((60 - 6) / 16));
  },
  inputShape: async () => {
    await expect(train(dense, "--input-shape input=1,8")).rejects.toThrow("the file says");
    await train(dense, "--input-shape input=1,7");
  },
  validationData: async () => {
    const words = `--validation-data ${dense.x} --validation-labels ${dense.y}`;
    expect((await train(dense, words)).validation.rows).toBe(53);
  },
  validationLabels: async () => {
    await expect(train(dense, `--validation-labels ${dense.y}`)).rejects.toThrow("needs");
  },
  cache: async () => {
    const words = "--strategy pretrain --head-layers 0";
    const { fingerprint, phases } = await train(dense, `${words} --cache`);
    expect(fingerprint).toBe((await train(dense, words)).fingerprint);
    expect(phases).toHaveLength(3);
  },
  checkpoints: async () => {
    const folder = workspace.at("phases");
    await train(dense, `--strategy pretrain --checkpoints ${folder}`);
    const names = ["1-layer-1.onnx", "2-layers-2-3.onnx", "3-joint.onnx"];
    expect(readdirSync(folder).sort()).toEqual(names);
  },
  metrics: async () => {
    const file = workspace.at("metrics.jsonl");
    const { steps, epochs } = await train(dense, `--metrics ${file}`);
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(steps + epochs);
  },
  report: async () => {
    const file = workspace.at("report.html");
    const { fingerprint } = await train(dense, `--report ${file}`);
    expect(readFileSync(file, "utf8")).toContain(fingerprint);
  },
  out: async () => {
    const file = workspace.at("own.onnx");
    await stropJson(["train", dense.model, ...dense.data, "--out", file, "--steps", "1"]);
    expect(existsSync(file)).toBe(true);
  },
  flavour: async () => {
    const { fingerprint, options } = await train(dense, "--flavour scalar");
    expect(options.flavour).toBe("scalar");
    expect(fingerprint).toBe((await train(dense, "")).fingerprint);
  },
};

describe("every option of train changes what it should", () => {
  test.each(Object.entries(CHANGES))("%s", async (_, { of = dense, base = "", words }) => {
    const [without, withIt] = [await train(of, base), await train(of, `${base} ${words}`.trim())];
    expect(withIt.fingerprint).not.toBe(without.fingerprint);
  });

  test.each(Object.entries(OTHERS))("%s", (_, check) => check());

  test("none is left out", () => {
    const walked = [...Object.keys(CHANGES), ...Object.keys(OTHERS)];
    expect(walked.sort()).toEqual(Object.keys(trainOptions).sort());
  });
});

const INTERFACES = new URL("../../../shared/INTERFACES.md", import.meta.url);

/** Of the command on a device. */
const ELSEWHERE = ["every", "fresh"];

test.skipIf(!existsSync(INTERFACES))("every option of INTERFACES is there (needs shared/)", () => {
  const text = readFileSync(INTERFACES, "utf8").split("## JSON")[0]!;
  const promised = [...text.matchAll(/`?--([a-z][a-z0-9-]+)/g)].map(([, name]) => keyOf(name!));
  const there = { ...trainOptions, ...generalOptions, config: true };
  const lacking = promised.filter((key) => !Object.hasOwn(there, key) && !ELSEWHERE.includes(key));
  expect(lacking.map(flagOf)).toEqual([]);
  expect(promised).toContain("blockOrder");
  expect(promised).toContain("fineTuneEpochs");
});
