// Batch normalization in a deep network: how many steps does it save?
//
//   node examples/batch-norm.mjs
//
// Twelve dense layers with Xavier's initialization, twice: with tanh, which such a depth still suits, and with the
// sigmoid, which it does not. Each is trained by plain SGD with and without batch normalization, at three rates, and
// the best rate of each is compared: the fewest steps to the same training loss. Every number below is a mean over
// an epoch, so that no lucky batch counts.
//
// S. Ioffe, C. Szegedy, "Batch Normalization", 2015, https://arxiv.org/abs/1502.03167.

import { batchNorm, dense, input, optimizers, sequential, sigmoid, tanh } from "strop";
import { readDigits } from "./lib/digits.mjs";
import { figure, legend, linear, panel, plainTable, saveFigure, text } from "./lib/figure.mjs";

const DEPTH = 12;
const UNITS = 32;
const BATCH = 50;
const EPOCHS = 40;
const TARGET = 0.5;
const RATES = [0.1, 0.3, 1];

function network(activation, isNormalized) {
  const hidden = Array.from({ length: DEPTH - 1 }, () => [
    dense({ units: UNITS }),
    ...(isNormalized ? [batchNorm()] : []),
    activation(),
  ]);
  return sequential([input({ shape: [784] }), ...hidden.flat(), dense({ units: 10 })], { seed: 1 });
}

const { x, y } = await readDigits();
const stepsPerEpoch = x.shape[0] / BATCH;

/** The training loss of every epoch, and the steps until it was at the target. */
async function train(model, lr) {
  model.compile({ optimizer: optimizers.sgd({ lr }), loss: "cross-entropy" });
  const losses = [];
  for await (const { trainLoss } of model.fit(x, y, { batchSize: BATCH, epochs: EPOCHS })) {
    losses.push(trainLoss);
  }
  const reached = losses.findIndex((loss) => loss <= TARGET);
  return { lr, losses, steps: reached < 0 ? Infinity : (reached + 1) * stepsPerEpoch };
}

/** The run that reaches the target first; where none does, the one that ends lowest. */
async function bestOfRates(activation, isNormalized) {
  const runs = [];
  for (const lr of RATES) runs.push(await train(network(activation, isNormalized), lr));
  const order = (a, b) =>
    a.steps === b.steps ? a.losses.at(-1) - b.losses.at(-1) : a.steps - b.steps;
  return runs.sort(order)[0];
}

const results = [];
for (const [name, activation] of Object.entries({ tanh, sigmoid })) {
  const plain = await bestOfRates(activation, false);
  const normalized = await bestOfRates(activation, true);
  results.push({ name, plain, normalized });
}

// What was found.

const stepsOf = ({ steps }) => (steps === Infinity ? `over ${EPOCHS * stepsPerEpoch}` : `${steps}`);
function timesAsMany({ plain, normalized }) {
  if (plain.steps === Infinity) return "never without";
  return `${(plain.steps / normalized.steps).toFixed(1)} times as many without`;
}
const head = ["activation", "steps without", "rate", "steps with", "rate", "so"];
const rows = results.map(({ name, plain, normalized }) => [
  name,
  stepsOf(plain),
  plain.lr,
  stepsOf(normalized),
  normalized.lr,
  timesAsMany({ plain, normalized }),
]);
console.log(`Steps until the training loss is ${TARGET}, ${DEPTH} layers of ${UNITS} units:\n`);
console.log(plainTable(head, rows));

// The figure: a panel for each activation.

const WIDTH = 350;
const HEIGHT = 220;
const lastStep = EPOCHS * stepsPerEpoch;
const scales = {
  x: linear(0, lastStep, [0, 150, 300, 450, 600]),
  y: linear(0, 2.5, [0, 0.5, 1, 1.5, 2, 2.5]),
};
const curve = ({ losses }) => losses.map((loss, epoch) => [(epoch + 1) * stepsPerEpoch, loss]);

const panels = results.map(({ name, plain, normalized }, i) => {
  const place = { x: 60 + i * (WIDTH + 50), y: 110, width: WIDTH, height: HEIGHT, xLabel: "steps" };
  const draw = ({ line, dot }) =>
    [
      line(
        [
          [0, TARGET],
          [lastStep, TARGET],
        ],
        "target dash thin",
      ),
      line(curve(plain), "s1"),
      line(curve(normalized), "s0"),
      ...[plain, normalized].map((run, k) =>
        run.steps < Infinity
          ? dot([run.steps, run.losses[run.steps / stepsPerEpoch - 1]], `f${1 - k}`)
          : "",
      ),
    ].join("");
  const found = timesAsMany({ plain, normalized });
  return panel({ ...place, name: `${name}: ${found}` }, scales, draw);
});

const title = `Batch normalization in ${DEPTH} dense layers`;
const svg = figure({ title, width: 830, height: 380 }, [
  text(
    20,
    50,
    `Training loss by steps of SGD, each at its best of ${RATES.length} rates. Dashed: the loss to reach.`,
    "muted",
  ),
  legend(60, 74, [["without", "s1"]]),
  legend(160, 74, [["with batch normalization", "s0"]]),
  ...panels,
]);
saveFigure("batch-norm", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `750 digits, batches of ${BATCH}, ${EPOCHS} epochs, Xavier's initialization; rates ${RATES.join(", ")}.`,
  ],
});
