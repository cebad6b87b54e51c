// Overfitting on a small data set, and what dropout and batch normalization do about it.
//
//   node examples/dropout.mjs
//
// 200 digits to learn from, 550 to be judged by, and a network that can learn the 200 by heart. Four times the same
// training, with neither, either and both; each from three seeds, of which the curves are the mean.
//
// N. Srivastava et al., "Dropout", 2014, http://jmlr.org/papers/v15/srivastava14a.html.

import { batchNorm, dense, dropout, input, optimizers, relu, sequential } from "strop";
import { readDigits } from "./lib/digits.mjs";
import { figure, legend, linear, panel, plainTable, saveFigure, text } from "./lib/figure.mjs";

const UNITS = 64;
const RATE = 0.5;
const EPOCHS = 40;
const SEEDS = [0, 1, 2];
const ARMS = {
  neither: [],
  dropout: ["dropout"],
  "batch-norm": ["batch-norm"],
  both: ["batch-norm", "dropout"],
};

const training = await readDigits(0, 200);
const judging = await readDigits(200, 750);

/** Two hidden layers. Batch normalization stands before the activation, dropout behind it. */
function network(parts, seed) {
  const hidden = () => [
    dense({ units: UNITS }),
    ...(parts.includes("batch-norm") ? [batchNorm()] : []),
    relu(),
    ...(parts.includes("dropout") ? [dropout({ rate: RATE })] : []),
  ];
  return sequential([input({ shape: [784] }), ...hidden(), ...hidden(), dense({ units: 10 })], {
    seed,
  });
}

/** Training and validation loss and accuracy of every epoch. */
async function train(parts, seed) {
  const model = network(parts, seed);
  model.compile({ optimizer: optimizers.adam({ lr: 0.003 }), loss: "cross-entropy" });
  const options = { batchSize: 20, epochs: EPOCHS, seed, validationData: [judging.x, judging.y] };
  const epochs = [];
  for await (const { trainLoss, validation } of model.fit(training.x, training.y, options)) {
    epochs.push({ trainLoss, loss: validation.loss, accuracy: validation.accuracy });
  }
  return epochs;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Each arm's epochs, every number the mean over the seeds. */
async function meanOverSeeds(parts) {
  const runs = [];
  for (const seed of SEEDS) runs.push(await train(parts, seed));
  return runs[0].map((_, epoch) => {
    const at = runs.map((run) => run[epoch]);
    return {
      trainLoss: mean(at.map(({ trainLoss }) => trainLoss)),
      loss: mean(at.map(({ loss }) => loss)),
      accuracy: mean(at.map(({ accuracy }) => accuracy)),
    };
  });
}

const results = [];
for (const [name, parts] of Object.entries(ARMS)) {
  results.push({ name, epochs: await meanOverSeeds(parts) });
}

// What was found.

const head = ["", "training loss", "validation loss", "its lowest", "at epoch", "accuracy"];
const rows = results.map(({ name, epochs }) => {
  const last = epochs.at(-1);
  const losses = epochs.map(({ loss }) => loss);
  const lowest = Math.min(...losses);
  return [
    name,
    last.trainLoss.toFixed(4),
    last.loss.toFixed(3),
    lowest.toFixed(3),
    losses.indexOf(lowest) + 1,
    `${(100 * last.accuracy).toFixed(1)} %`,
  ];
});
console.log(
  `After ${EPOCHS} epochs on 200 digits, judged by 550 others, means of ${SEEDS.length} seeds:\n`,
);
console.log(plainTable(head, rows));

// The figure: a panel for each arm, training below, validation above. The gap between them is the overfitting.

const WIDTH = 190;
const epochsScale = linear(1, EPOCHS, [1, 10, 20, 30, 40]);
const lossScale = (ticks) => linear(0, 2, ticks);
const panels = results.map(({ name, epochs }, i) => {
  const place = { x: 60 + i * (WIDTH + 24), y: 110, width: WIDTH, height: 240, xLabel: "epochs" };
  const curve = (key) => epochs.map((epoch, k) => [k + 1, epoch[key]]);
  const scales = { x: epochsScale, y: lossScale(i === 0 ? [0, 0.5, 1, 1.5, 2] : []) };
  return panel({ ...place, name }, scales, ({ line }) =>
    [line(curve("trainLoss"), "s0"), line(curve("loss"), "s1")].join(""),
  );
});

const title = "Overfitting on 200 digits, with dropout and batch normalization";
const svg = figure({ title, width: 930, height: 410 }, [
  text(
    20,
    50,
    `Mean of ${SEEDS.length} seeds. Training loss is what the optimizer saw, dropout's noise included.`,
    "muted",
  ),
  legend(60, 74, [["training loss", "s0"]]),
  legend(180, 74, [["validation loss", "s1"]]),
  ...panels,
]);
saveFigure("dropout", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `Two hidden layers of ${UNITS} units, ReLU, Adam, batches of 20, dropout at ${RATE}. The gap between the curves is` +
      " the overfitting; where the upper one turns up again, training longer does harm.",
  ],
});
