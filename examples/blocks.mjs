// Block coordinate descent by gradient: what does training one layer at a time cost, and what does it save?
//
//   node examples/blocks.mjs
//
// Seven dense layers, trained by Adam: all at once, and one at a time in three orders. A turn of one layer has ten
// steps. Every run has the same number of steps, the same rows in the same order, and each way its best of three
// rates; the loss is that of all training rows after each epoch. The memory is the plan's: gradients and the
// optimizer's moments are those of one layer alone, and only the layers above it keep what a backward needs.

import { dense, input, optimizers, sequential, tanh } from "strop";
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

const UNITS = 128;
const HIDDEN = 6;
const BATCH = 50;
const EPOCHS = 30;
const TURN = 10;
const RATES = [1e-3, 3e-3, 1e-2];

function network() {
  const hidden = Array.from({ length: HIDDEN }, () => [dense({ units: UNITS }), tanh()]);
  return sequential([input({ shape: [196] }), ...hidden.flat(), dense({ units: 10 })], {
    seed: 1,
  });
}

const digits = await readDigits();
const [x, y] = [halved(digits.x), digits.y];

const WAYS = {
  "all at once": "joint",
  "one by one": { name: "blocks", blockOrder: "cyclic", blockSteps: TURN },
  "by chance": { name: "blocks", blockOrder: "random", blockSteps: TURN },
  "largest gradient": { name: "blocks", blockOrder: "gauss-southwell", blockSteps: TURN },
};

async function train(strategy, lr) {
  const model = network();
  model.compile({ optimizer: optimizers.adam({ lr }), loss: "cross-entropy", strategy });
  const { bytes, arenaBytes, workPerStep, steps } = model.plan({ batchSize: BATCH, rows: 750 });
  const work = steps.reduce((sum, step) => sum + step.workPerStep, 0) / steps.length;
  const losses = [model.evaluate(x, y).loss];
  for await (const _ of model.fit(x, y, { batchSize: BATCH, epochs: EPOCHS })) {
    losses.push(model.evaluate(x, y).loss);
  }
  return { lr, losses, bytes, arenaBytes, work, workPerStep };
}

async function bestOfRates(strategy) {
  const runs = [];
  for (const lr of RATES) runs.push(await train(strategy, lr));
  return runs.sort((a, b) => a.losses.at(-1) - b.losses.at(-1))[0];
}

const results = [];
for (const [name, strategy] of Object.entries(WAYS)) {
  results.push({ name, ...(await bestOfRates(strategy)) });
}

// What was found.

const kib = (bytes) => Math.round(bytes / 1024);
const head = ["layers", "loss", "rate", "KiB in all", "gradients, moments", "work of a step"];
const joint = results[0];
const rows = results.map(({ name, losses, lr, arenaBytes, bytes, work }) => [
  name,
  losses.at(-1).toPrecision(2),
  lr,
  kib(arenaBytes),
  kib(bytes.gradients + bytes.optimizer),
  `${Math.round((100 * work) / joint.work)} %`,
]);
console.log(`${HIDDEN + 1} layers, ${EPOCHS} epochs of ${750 / BATCH} steps:\n`);
console.log(plainTable(head, rows));

// The figure: the loss by steps, and the memory.

const lastStep = (EPOCHS * 750) / BATCH;
const scales = {
  x: linear(0, lastStep, [0, 150, 300, 450]),
  y: logarithmic(1e-4, 4, [0.0001, 0.001, 0.01, 0.1, 1]),
};
const curve = ({ losses }) => losses.map((loss, epoch) => [(epoch * 750) / BATCH, loss]);
const place = { x: 70, y: 100, width: 430, height: 240, xLabel: "steps", name: "training loss" };
const most = joint.arenaBytes;
const bars = results.map(({ name, arenaBytes, bytes }, i) => {
  const top = 120 + i * 56;
  const width = (part) => Math.round((part / most) * 260);
  const own = width(bytes.gradients + bytes.optimizer);
  return [
    text(560, top - 6, `${name}: ${kib(arenaBytes)} KiB`),
    `<rect class="f${i}" x="560" y="${top}" width="${own}" height="16"/>`,
    `<rect class="grid" x="${560 + own}" y="${top}" width="${width(arenaBytes) - own}" height="16"/>`,
  ].join("");
});
const title = "One layer at a time";
const svg = figure({ title, width: 860, height: 400 }, [
  text(20, 50, `${HIDDEN + 1} dense layers, Adam, each way at its best of three rates.`, "muted"),
  legend(
    86,
    270,
    results.map(({ name }, i) => [name, `s${i}`]),
  ),
  panel(place, scales, ({ line }) => results.map((run, i) => line(curve(run), `s${i}`)).join("")),
  text(560, 92, "memory; filled: gradients and moments", "name"),
  ...bars,
]);
saveFigure("blocks", {
  title,
  svg,
  head,
  rows,
  paragraphs: [`750 digits of 14 × 14 pixels, batches of ${BATCH}; rates ${RATES.join(", ")}.`],
});
