// Choosing the batch size: the gradient of a batch of n rows is off by σ/√n.
//
//   node examples/batch-size.mjs
//
// So four times the rows make a gradient only twice as good, while they cost four times the time, as soon as a batch
// keeps the processor busy. Both are measured here.
//
// How the error is measured without ever seeing a gradient: at lr 0 the weights stay where they are, and `gradNorm`
// tells the length of every batch's gradient g. Its mean is the whole set's gradient G, so that
//
//   σ² = mean |g − G|² = mean |g|² − |G|²
//
// Batches are drawn without putting rows back. A batch that is a good part of all N rows therefore knows them better
// than the law says, by the factor √((N − n) / (N − 1)).

import { dense, input, optimizers, sequential, tanh } from "strop";
import { readDigits } from "./lib/digits.mjs";
import { figure, legend, logarithmic, panel, plainTable, saveFigure, text } from "./lib/figure.mjs";

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** Batches measured of each size, at least. */
const DRAWS = 300;

const { x, y } = await readDigits();
const [count] = x.shape;
const model = sequential(
  [input({ shape: [784] }), dense({ units: 64 }), tanh(), dense({ units: 10 })],
  { seed: 1 },
);

// A network at the start of its training: one epoch.
model.compile({ optimizer: optimizers.sgd({ lr: 0.05 }), loss: "cross-entropy" });
for await (const _ of model.fit(x, y, { epochs: 1 }));

/** mean |g|² over batches of this size, and the time of a step for each row. */
async function measure(batchSize) {
  const squares = [];
  const onStep = ({ gradNorm }) => squares.push(gradNorm ** 2);
  const options = {
    batchSize,
    steps: batchSize === count ? 1 : Math.max(DRAWS, count / batchSize),
  };
  for await (const _ of model.fit(x, y, { ...options, dropLast: true, gradNorm: true, onStep }));
  const meanSquare = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  return { batchSize, meanSquare, microseconds: (1000 * model.lastFit.stepMs) / batchSize };
}

model.compile({ optimizer: optimizers.sgd({ lr: 0 }), loss: "cross-entropy" });
const { meanSquare: wholeSquare } = await measure(count);
const measured = [];
for (const batchSize of SIZES) {
  const { meanSquare, microseconds } = await measure(batchSize);
  measured.push({ batchSize, microseconds, deviation: Math.sqrt(meanSquare - wholeSquare) });
}

// What was found. The law's only constant, σ, is that of single rows.

const sigma = measured[0].deviation;
const law = (n) => sigma / Math.sqrt(n);
const finite = (n) => law(n) * Math.sqrt((count - n) / (count - 1));
const head = ["batch", "measured", "σ/√n", "of N rows", "µs a row", "µs a step"];
const rows = measured.map(({ batchSize: n, deviation, microseconds }) => [
  n,
  deviation.toFixed(3),
  law(n).toFixed(3),
  finite(n).toFixed(3),
  microseconds.toFixed(1),
  (microseconds * n).toFixed(0),
]);
console.log(
  `The gradient's length is ${Math.sqrt(wholeSquare).toFixed(3)}; a batch's is off by, and takes:\n`,
);
console.log(plainTable(head, rows));

// The figures. Time differs from machine to machine, so it is drawn only in the page.

const sizes = logarithmic(0.8, 320, [1, 4, 16, 64, 256]);
const place = { x: 70, y: 116, width: 400, height: 260, xLabel: "rows of a batch, n" };

function errorPanel() {
  const scales = { x: sizes, y: logarithmic(0.1, 10, [0.1, 0.3, 1, 3, 10]) };
  const along = Array.from({ length: 65 }, (_, i) => 2 ** (i / 8));
  const draw = ({ line, dot }) =>
    [
      line(
        along.map((n) => [n, law(n)]),
        "s0",
      ),
      line(
        along.map((n) => [n, finite(n)]),
        "s0 dash thin",
      ),
      ...measured.map(({ batchSize, deviation }) => dot([batchSize, deviation], "f1", 4)),
    ].join("");
  return panel({ ...place, yLabel: "standard deviation of the gradient" }, scales, draw);
}

function timePanel() {
  const scales = { x: sizes, y: logarithmic(1, 1000, [1, 10, 100, 1000]) };
  const times = measured.map(({ batchSize, microseconds }) => [batchSize, microseconds]);
  const draw = ({ line, dot }) =>
    [line(times, "s2"), ...times.map((time) => dot(time, "f2", 4))].join("");
  const beside = { ...place, x: 560 };
  return panel({ ...beside, yLabel: "microseconds a row, on this machine" }, scales, draw);
}

const title = "The gradient of a batch is off by σ/√n";
const keys = [
  text(20, 50, `A network of 784-64-10 on ${count} digits, after one epoch.`, "muted"),
  `<circle class="f1" cx="81" cy="74" r="4"/>`,
  text(98, 78, "measured"),
  legend(190, 74, [["σ/√n", "s0"]]),
  legend(270, 74, [["σ/√n of a finite set", "s0 dash thin"]]),
];
saveFigure("batch-size", {
  title,
  svg: figure({ title, width: 500, height: 430 }, [...keys, errorPanel()]),
  pageSvg: figure({ title, width: 990, height: 430 }, [...keys, errorPanel(), timePanel()]),
  head,
  rows,
  paragraphs: [
    `At least ${DRAWS} batches of each size, drawn without putting rows back; hence the dashed line.`,
    "Times are this machine's, in this run.",
  ],
});
