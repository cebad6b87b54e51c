// Block coordinate descent with split variables: what does it learn from a batch that a gradient does not?
//
//   node examples/block-coordinate-descent.mjs
//
// Three hidden layers of ReLU learn 500 digits, five batches an epoch. Each batch is gone through in two sweeps of
// closed-form solves, of which the objective never rises. Beside it the same network under Adam, by the same squared
// error, at its best of three rates, and what a step of each costs.
//
// J. Zeng, T. Lau, S. Lin, Y. Yao, "Global Convergence of Block Coordinate Descent in Deep Learning", 2019,
// https://arxiv.org/abs/1803.00225.

import { dense, input, optimizers, relu, sequential } from "strop";
import { halved, readDigits } from "./lib/digits.mjs";
import {
  figure,
  legend,
  linear,
  logarithmic,
  panel,
  plainTable,
  saveFigure,
  text,
} from "./lib/figure.mjs";

const UNITS = 64;
const BATCH = 100;
const ROWS = 500;
const EPOCHS = 30;
const SWEEPS = 2;
const RATES = [1e-3, 3e-3, 1e-2];

const read = async (from, to) => {
  const { x, y } = await readDigits(from, to);
  return { x: halved(x), y };
};
const training = await read(0, ROWS);
const judging = await read(ROWS, 750);

function network() {
  const hidden = Array.from({ length: 3 }, () => [dense({ units: UNITS }), relu()]);
  const layers = [input({ shape: [196] }), ...hidden.flat(), dense({ units: 10 })];
  return sequential(layers, { seed: 1 });
}

async function train(options) {
  const model = network();
  model.compile({ loss: { name: "mse", targets: "classes" }, ...options });
  const { arenaBytes, workPerStep } = model.plan({ batchSize: BATCH, rows: ROWS });
  const [objectives, losses, accuracies] = [[], [], []];
  const onStep = ({ objective, loss }) => {
    objectives.push(objective);
    losses.push(loss);
  };
  const run = { batchSize: BATCH, epochs: EPOCHS, onStep };
  const validationData = [judging.x, judging.y];
  for await (const { validation } of model.fit(training.x, training.y, {
    ...run,
    validationData,
  })) {
    accuracies.push(100 * validation.accuracy);
  }
  return { objectives, losses, accuracies, arenaBytes, workPerStep };
}

const bcd = await train({
  strategy: { name: "bcd", sweeps: SWEEPS, proximity: 0.1, damping: 0.3 },
});
const ofRates = [];
for (const lr of RATES) {
  ofRates.push({ lr, ...(await train({ optimizer: optimizers.adam({ lr }) })) });
}
const adam = ofRates.sort((a, b) => b.accuracies.at(-1) - a.accuracies.at(-1))[0];

// What was found.

const AFTER = [1, 5, EPOCHS];
const head = ["", ...AFTER.map((epoch) => `epoch ${epoch}`), "KiB in all", "work of a step"];
const rows = [
  ["block coordinate descent", bcd],
  [`Adam, rate ${adam.lr}`, adam],
].map(([name, { accuracies, arenaBytes, workPerStep }]) => [
  name,
  ...AFTER.map((epoch) => `${accuracies[epoch - 1].toFixed(1)} %`),
  Math.round(arenaBytes / 1024),
  `${(workPerStep / adam.workPerStep).toFixed(1)} ×`,
]);
const rises = bcd.objectives.filter((values) => values.some((value, i) => value > values[i - 1]));
console.log(`Accuracy on 250 digits that were not learned from, ${ROWS / BATCH} steps an epoch:\n`);
console.log(plainTable(head, rows));
console.log(`\nSteps in which the objective rose: ${rises.length} of ${bcd.objectives.length}.`);

// The figure: the objective within the first steps, and the accuracy by epochs.

const SHOWN = 25;
const falling = {
  x: linear(0, SHOWN, [0, 5, 10, 15, 20, 25]),
  y: logarithmic(3e-3, 1, [0.01, 0.1, 1]),
};
const learning = {
  x: linear(1, EPOCHS, [1, 10, 20, 30]),
  y: linear(0, 100, [0, 25, 50, 75, 100]),
};
const place = { y: 100, width: 380, height: 240 };
const byEpoch = ({ accuracies }) => accuracies.map((value, i) => [i + 1, value]);
const title = "Block coordinate descent with split variables";
const svg = figure({ title, width: 920, height: 400 }, [
  text(20, 50, `Three hidden layers of ${UNITS} units, batches of ${BATCH}.`, "muted"),
  panel(
    { ...place, x: 70, xLabel: "steps", name: `the objective of each batch, ${SWEEPS} sweeps` },
    falling,
    ({ line, dot }) =>
      bcd.objectives
        .slice(0, SHOWN)
        .map((values, step) => {
          const points = values.map((value, i) => [step + (0.8 * i) / SWEEPS, value]);
          return line(points, "s0") + points.map((point) => dot(point, "f0", 2)).join("");
        })
        .join(""),
  ),
  panel(
    { ...place, x: 510, xLabel: "epochs", name: "accuracy on held-out digits, %" },
    learning,
    ({ line }) => line(byEpoch(bcd), "s0") + line(byEpoch(adam), "s1"),
  ),
  legend(640, 290, [
    ["block coordinate descent", "s0"],
    [`Adam, rate ${adam.lr}`, "s1"],
  ]),
]);
saveFigure("block-coordinate-descent", {
  title,
  svg,
  head,
  rows: [...rows, ["steps in which the objective rose", rises.length, "", "", "", ""]],
  paragraphs: [
    "Every line is one batch: its objective as the forward pass finds it, and after each sweep. The first number is" +
      " the batch's loss, and what falls from one batch to the next is what the weights have learned; the rest of the" +
      " fall is in the split variables, which go with the batch.",
  ],
});
