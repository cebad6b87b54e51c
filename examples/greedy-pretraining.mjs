// Greedy layer-wise pretraining: does it help a deep network, and when?
//
//   node examples/greedy-pretraining.mjs
//
// Nine dense layers, ten times from other random weights: trained all at once, or layer by layer and then all at
// once, in as many steps in total. A layer learns through a head of its own (supervised) or learns to give its
// input back (autoencoder). Two activations: the sigmoid, with which such a depth hardly learns, and ReLU, with which
// it does. Each way has its best of three rates, found by the training loss from weights that are not among the ten.
//
// E. Belilovsky, M. Eickenberg, E. Oyallon 2019, https://arxiv.org/abs/1812.11446; Y. Bengio, P. Lamblin, D. Popovici,
// H. Larochelle 2006.

import { dense, input, optimizers, relu, sequential, sigmoid } from "strop";
import { halved, readDigits } from "./lib/digits.mjs";
import { figure, plainTable, saveFigure, text } from "./lib/figure.mjs";
import { mean, spread, strips, workOf } from "./lib/strips.mjs";

const HIDDEN = 8;
const UNITS = 32;
const BATCH = 25;
const EPOCHS = 60;
const EPOCHS_A_LAYER = 5;
const SEEDS = Array.from({ length: 10 }, (_, i) => i);
const OTHER_SEED = 100;
const RATES = [3e-3, 1e-2, 3e-2];

const [trainingDigits, testDigits] = [await readDigits(0, 500), await readDigits(500, 750)];
const [x, y] = [halved(trainingDigits.x), trainingDigits.y];
const [testX, testY] = [halved(testDigits.x), testDigits.y];

const greedy = { name: "pretrain", fineTuneEpochs: EPOCHS - HIDDEN * EPOCHS_A_LAYER };
const WAYS = {
  "all at once": { strategy: "joint", epochs: EPOCHS },
  supervised: { strategy: { ...greedy, headLayers: 0 }, epochs: EPOCHS_A_LAYER },
  autoencoder: { strategy: { ...greedy, method: "autoencoder" }, epochs: EPOCHS_A_LAYER },
};

function network(activation, seed) {
  const hidden = Array.from({ length: HIDDEN }, () => [dense({ units: UNITS }), activation()]);
  const layers = [input({ shape: [196] }), ...hidden.flat(), dense({ units: 10 })];
  return sequential(layers, { seed });
}

/** The last epoch's training loss, and how many test rows come out right. */
async function train({ activation, strategy, epochs, lr, seed }) {
  const model = network(activation, seed);
  model.compile({ optimizer: optimizers.adam({ lr }), loss: "cross-entropy", strategy });
  for await (const _ of model.fit(x, y, { batchSize: BATCH, epochs, seed }));
  const { steps, loss } = model.lastFit;
  return { steps, loss, accuracy: model.evaluate(testX, testY).accuracy };
}

async function bestRate(way) {
  const runs = [];
  for (const lr of RATES) runs.push({ lr, ...(await train({ ...way, lr, seed: OTHER_SEED })) });
  return runs.sort((a, b) => a.loss - b.loss)[0].lr;
}

const results = [];
for (const [name, activation] of Object.entries({ sigmoid, relu })) {
  for (const [way, { strategy, epochs }] of Object.entries(WAYS)) {
    const lr = await bestRate({ activation, strategy, epochs });
    const runs = [];
    for (const seed of SEEDS) runs.push(await train({ activation, strategy, epochs, lr, seed }));
    const model = network(activation, 0).compile({ strategy });
    const work = workOf(model, { epochs, batchSize: BATCH, rows: 500 });
    results.push({ activation: name, way, lr, runs, work });
  }
}

// What was found.

const joint = ({ activation }) => results.find((other) => other.activation === activation);
const head = ["activation, way", "test accuracy", "lowest", "highest", "loss", "rate", "work"];
const rows = results.map((result) => [
  `${result.activation}, ${result.way}`,
  ...spread(result.runs),
  mean(result.runs.map(({ loss }) => loss)).toPrecision(2),
  result.lr,
  `${Math.round((100 * result.work) / joint(result).work)} %`,
]);
const [{ steps }] = results[0].runs;
console.log(`${HIDDEN + 1} layers, ${steps} steps in all, means over ${SEEDS.length} seeds:\n`);
console.log(plainTable(head, rows));

// The figure: a panel for each activation.

const panels = ["sigmoid", "relu"].map((name, k) => {
  const own = results.filter(({ activation }) => activation === name);
  const place = { x: 60 + k * 400, y: 100, width: 350, height: 230, name };
  return strips(place, own, { from: 0, ticks: [0, 20, 40, 60, 80, 100] });
});
const title = "Greedy layer-wise pretraining";
const svg = figure({ title, width: 830, height: 390 }, [
  text(
    20,
    50,
    `Right answers of 250 in percent, ${HIDDEN + 1} dense layers, ${steps} steps of Adam in all, ten seeds.`,
    "muted",
  ),
  ...panels,
]);
saveFigure("greedy-pretraining", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `500 digits of 14 × 14 pixels to train on, batches of ${BATCH}: ${EPOCHS} epochs all at once, or ${EPOCHS_A_LAYER} a layer and the rest all at once; rates ${RATES.join(", ")}.`,
  ],
});
