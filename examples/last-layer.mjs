// The exact solve of a network's last layer: how many rows does a network need that knows the task already?
//
//   node examples/last-layer.mjs
//
// The demo's network has learned clean digits; these are turned, pale and noisy. Its features stay, and its last layer
// is solved for from the first n of 500 of them, by ridge regression in one pass. Beside it, the same layer trained by
// Adam for thirty epochs, and the network as it came. All are judged by 250 other digits.

import { loadOnnx, optimizers } from "strop";
import { readDigits } from "./lib/digits.mjs";
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

const COUNTS = [20, 50, 100, 200, 500];
const RIDGES = [0.1, 10];
const EPOCHS = 30;
const judging = await readDigits(500, 750);
const load = () => loadOnnx(new URL("models/digits.onnx", import.meta.url));
const accuracyOf = (model) => 100 * model.evaluate(judging.x, judging.y).accuracy;

/** The last layer's initializers: the last two of the file. */
async function lastLayer() {
  const names = (await load()).parameters().map(({ name }) => name);
  return names.slice(-2);
}

async function learn(rows, compile, fit) {
  const model = await load();
  model.compile(compile);
  const { x, y } = await readDigits(0, rows);
  for await (const _ of model.fit(x, y, fit));
  return accuracyOf(model);
}

const before = accuracyOf(await load());
const trainOnly = await lastLayer();
const results = [];
for (const rows of COUNTS) {
  const solved = [];
  for (const ridge of RIDGES) {
    solved.push(await learn(rows, { strategy: { name: "last-layer", ridge } }, {}));
  }
  const optimizer = optimizers.adam({ lr: 0.003 });
  const trained = await learn(rows, { trainOnly, optimizer }, { epochs: EPOCHS });
  results.push({ rows, solved, trained });
}

// What was found.

const percent = (value) => `${value.toFixed(1)} %`;
const ways = [...RIDGES.map((ridge) => `solved, ridge ${ridge}`), `Adam, ${EPOCHS} epochs`];
const head = ["rows", ...ways];
const rows = results.map(({ rows: count, solved, trained }) => {
  return [count, ...[...solved, trained].map(percent)];
});
console.log(`Accuracy on 250 digits; as it came, the network has ${percent(before)}:\n`);
console.log(plainTable(head, rows));

// The figure.

const scales = { x: logarithmic(20, 500, COUNTS), y: linear(30, 100, [40, 60, 80, 100]) };
const place = { x: 70, y: 100, width: 480, height: 240, xLabel: "rows that are learned from" };
const title = "The last layer, solved for";
const curves = ways.map((_, i) => {
  return results.map(({ rows: count, solved, trained }) => [count, [...solved, trained][i]]);
});
const svg = figure({ title, width: 800, height: 400 }, [
  text(20, 50, "A network for clean digits meets turned, pale and noisy ones.", "muted"),
  panel({ ...place, name: "accuracy on held-out digits, %" }, scales, ({ line, dot }) =>
    [
      line(
        [
          [20, before],
          [500, before],
        ],
        "s4 dash thin",
      ),
      ...curves.flatMap((points, i) => [
        line(points, `s${i}`),
        ...points.map((point) => dot(point, `f${i}`, 3)),
      ]),
    ].join(""),
  ),
  legend(580, 130, [...ways.map((name, i) => [name, `s${i}`]), ["as it came", "s4 dash thin"]]),
]);
saveFigure("last-layer", {
  title,
  svg,
  head,
  rows: [...rows, ["as it came", percent(before), "", ""]],
  paragraphs: [
    "One pass over the rows rotates features and labels into a triangle, and one step solves for the layer: nothing of" +
      " the rows is kept, and how they were batched does not matter.",
  ],
});
