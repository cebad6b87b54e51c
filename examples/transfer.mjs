// Transfer learning: how is a network best fine-tuned to another task with few labels?
//
//   node examples/transfer.mjs
//
// Task A is done: models/digits.onnx tells the ten digits. Task B is another question about other images: whether
// digits that are turned, pale and noisy are odd, to be learned from fifty of them. The last layer is replaced by a
// fresh one of two outputs; then all layers learn, or the last one alone, or one more at a time from the last one down
// (gradual unfreezing), or each with a rate 2.6 times smaller than that of the layer above it (discriminative rates), or
// both. Beside them the same network from random weights. Ten draws of the fifty; each way has its best of three rates,
// found on three other draws.
//
// J. Howard, S. Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018,
// https://arxiv.org/abs/1801.06146.

import { batchNorm, dense, input, loadOnnx, optimizers, relu, sequential } from "strop";
import { readDigits } from "./lib/digits.mjs";
import { figure, plainTable, saveFigure, text } from "./lib/figure.mjs";
import { mean, spread, strips, workOf } from "./lib/strips.mjs";

const A_DIGIT = 5;
const LABELS = 10 * A_DIGIT;
const BATCH = 10;
const EPOCHS = 20;
const DRAWS = Array.from({ length: 10 }, (_, i) => i);
const OTHER_DRAWS = [10, 11, 12];
const RATES = [1e-3, 3e-3, 1e-2];

const digits = await readDigits();
const ALL = digits.y.shape[0];
const modelA = new URL("models/digits.onnx", import.meta.url);

const unfreeze = { name: "unfreeze", unfreezeEpochs: 5 };
const layerLrDecay = 1 / 2.6;
const WAYS = {
  "from random": { isRandom: true },
  "all layers": {},
  "last layer": { trainOnly: ["fc3.*"] },
  unfreezing: { strategy: unfreeze },
  "own rates": { layerLrDecay },
  both: { strategy: unfreeze, layerLrDecay },
};

/** Rows of the digits with what task B asks of them. */
function taskB(rows) {
  const width = digits.x.shape[1];
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(digits.x.data.subarray(row * width, (row + 1) * width), i * width);
  });
  const x = { shape: [rows.length, width], data };
  return [x, Int32Array.from(rows, (row) => Number(digits.y.data[row]) % 2)];
}

/** Five of each digit from somewhere on, and all the others. */
function draw(number) {
  const [training, test, taken] = [[], [], new Array(10).fill(0)];
  for (let i = 0; i < ALL; i++) {
    const row = (i + number * 71) % ALL;
    const isTaken = taken[digits.y.data[row]]++ < A_DIGIT;
    (isTaken ? training : test).push(row);
  }
  return { training: taskB(training), test: taskB(test) };
}

async function start(isRandom, seed) {
  if (!isRandom) return (await loadOnnx(modelA)).replaceHead(2, seed);
  const hidden = [64, 32].flatMap((units) => [dense({ units }), batchNorm(), relu()]);
  return sequential([input({ shape: [784] }), ...hidden, dense({ units: 2 })], { seed });
}

const optionsOf = ({ isRandom: _, ...options }, lr) => ({
  optimizer: optimizers.adam({ lr }),
  loss: "cross-entropy",
  ...options,
});

async function train(way, lr, number) {
  const { training, test } = draw(number);
  const model = await start(way.isRandom, number);
  model.compile(optionsOf(way, lr));
  const length = { batchSize: BATCH, epochs: EPOCHS, seed: number };
  for await (const _ of model.fit(...training, length));
  return model.evaluate(...test);
}

async function runsOf(way, lr, draws) {
  const runs = [];
  for (const number of draws) runs.push(await train(way, lr, number));
  return runs;
}

const accuracyOf = (runs) => mean(runs.map(({ accuracy }) => accuracy));

async function bestRate(way) {
  const found = [];
  for (const lr of RATES) {
    found.push({ lr, accuracy: accuracyOf(await runsOf(way, lr, OTHER_DRAWS)) });
  }
  return found.sort((a, b) => b.accuracy - a.accuracy)[0].lr;
}

const results = [];
for (const [name, way] of Object.entries(WAYS)) {
  const lr = await bestRate(way);
  const model = await start(way.isRandom, 0);
  model.compile(optionsOf(way, lr));
  const work = workOf(model, { epochs: EPOCHS, batchSize: BATCH, rows: LABELS });
  results.push({ way: name, lr, work, runs: await runsOf(way, lr, DRAWS) });
}

// What was found.

const whole = results.find(({ way }) => way === "all layers");
const head = ["what learns", "test accuracy", "lowest", "highest", "rate", "work"];
const rows = results.map(({ way, lr, work, runs }) => [
  ...[way, ...spread(runs), lr, `${Math.round((100 * work) / whole.work)} %`],
]);
console.log(`${LABELS} labels, ${EPOCHS} epochs, means over ${DRAWS.length} draws:\n`);
console.log(plainTable(head, rows));

const title = "From one task to another";
const svg = figure({ title, width: 830, height: 390 }, [
  text(
    20,
    50,
    `Right answers in percent of ${ALL - LABELS} drifted digits, odd or even, learned from ${LABELS}; ten draws, best of three rates.`,
    "muted",
  ),
  strips({ x: 60, y: 90, width: 750, height: 240, name: "" }, results, {
    from: 60,
    ticks: [60, 70, 80, 90, 100],
  }),
]);
saveFigure("transfer", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `Batches of ${BATCH}, ${EPOCHS} epochs; unfreezing has five a layer. The network of task A has 784, 64, 32 and 10 units; rates ${RATES.join(", ")}.`,
  ],
});
