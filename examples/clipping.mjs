// Clipping the gradient's norm, at the cliff that a recurrent network has in its loss.
//
//   node examples/clipping.mjs
//
// The model is one recurrent unit, unrolled ten steps in time: x ← w·tanh(x) + b, the same w and b at every step. Its
// loss over (w, b) is gentle nearly everywhere; but where the unit tips over to its other rest point, the gradient
// grows with every step in time. One ordinary update from there ends far away. With the norm cut to 1, no update is
// longer than the rate.
//
// R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", 2013,
// https://arxiv.org/abs/1211.5063, figure 6.

import { loadOnnx, optimizers } from "strop";
import { contourLines } from "./lib/contours.mjs";
import { figure, linear, panel, plainTable, saveFigure, text } from "./lib/figure.mjs";

const STEPS = 10;
const INPUT = 0.5;
const WANTED = 0.7;
const LR = 0.1;
const CLIP = 1;
const UPDATES = 100;
const SOLVED = 0.01;
const STARTS = [1.5, 2, 2.5, 3].flatMap((w) => [-0.2, 0, 0.2, 0.4].map((b) => [w, b]));

const model = new URL("models/recurrent-unit.onnx", import.meta.url);

/** Trains from a start: every (w, b) on the way, the norm of every gradient, and the updates until it was solved. */
async function train([w, b], clipNorm) {
  const unit = await loadOnnx(model);
  unit.setWeights(
    new Map([
      ["unit.weight", Float32Array.of(w)],
      ["unit.bias", Float32Array.of(b)],
    ]),
  );
  unit.compile({ optimizer: optimizers.sgd({ lr: LR }), loss: "mse", clipNorm });
  const path = [[w, b]];
  const norms = [];
  const losses = [];
  const onStep = ({ gradNorm, loss }) => {
    norms.push(gradNorm);
    losses.push(loss);
  };
  // With one row an epoch is one update, after which the model has its new weights.
  const options = { epochs: UPDATES, gradNorm: true, onStep };
  for await (const _ of unit.fit([[INPUT]], Float32Array.of(WANTED), options)) {
    const { initializers } = unit.graph;
    path.push(["unit.weight", "unit.bias"].map((name) => initializers.get(name).data[0]));
  }
  const above = losses.findLastIndex((loss) => loss > SOLVED);
  return { path, norms, solvedAfter: above + 1 < UPDATES ? above + 1 : Infinity };
}

const runs = { "without clipping": [], [`norm cut to ${CLIP}`]: [] };
for (const start of STARTS) {
  runs["without clipping"].push(await train(start, undefined));
  runs[`norm cut to ${CLIP}`].push(await train(start, CLIP));
}

// What was found. Thrown out: some update left the part of the plane that is drawn.

const MAP = { x: [0, 4], y: [-1.4, 1.4] };
const isOut = ([w, b]) => w < MAP.x[0] || w > MAP.x[1] || b < MAP.y[0] || b > MAP.y[1];
const lengths = ({ path }) =>
  path.slice(1).map(([w, b], i) => Math.hypot(w - path[i][0], b - path[i][1]));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const head = ["", "thrown out", "longest update", "largest gradient", "solved", "median updates"];
const rows = Object.entries(runs).map(([name, all]) => [
  name,
  `${all.filter(({ path }) => path.some(isOut)).length} of ${all.length}`,
  Math.max(...all.flatMap(lengths)).toFixed(2),
  Math.max(...all.flatMap(({ norms }) => norms)).toFixed(0),
  `${all.filter(({ solvedAfter }) => solvedAfter < Infinity).length} of ${all.length}`,
  median(all.map(({ solvedAfter }) => solvedAfter)),
]);
console.log(`SGD at rate ${LR} from ${STARTS.length} starts, solved at a loss of ${SOLVED}:\n`);
console.log(plainTable(head, rows));

// The figure: all paths over the loss, which the formula above gives as well.

function loss(w, b) {
  let x = INPUT;
  for (let step = 0; step < STEPS; step++) x = w * Math.tanh(x) + b;
  return (x - WANTED) ** 2;
}

const SIDE = 400;
const scales = {
  x: linear(...MAP.x, [0, 1, 2, 3, 4]),
  y: linear(...MAP.y, [-1, -0.5, 0, 0.5, 1]),
};
const LEVELS = [0.01, 0.1, 0.5, 1, 2, 4, 6, 9, 13, 18];
const contours = LEVELS.flatMap((level) => contourLines(loss, { ...MAP, cells: 100 }, level));

const panels = Object.entries(runs).map(([name, all], i) => {
  const place = { x: 60 + i * (SIDE + 50), y: 100, width: SIDE, height: SIDE * 0.8 };
  return panel({ ...place, name }, scales, ({ line, dot }) =>
    [
      ...contours.map((points) => line(points, "contour thin")),
      ...all.map(({ path }) => line(path, `s${1 - i} thin`)),
      ...all.map(({ path }) => dot(path[0], "start", 3)),
      ...all.map(({ path }) => dot(path.at(-1), `f${1 - i}`, 3)),
    ].join(""),
  );
});

const title = "A recurrent unit's cliff, with and without clipping";
const svg = figure({ title, width: 930, height: 450 }, [
  text(
    20,
    50,
    `SGD at rate ${LR} from ${STARTS.length} starts (hollow), over the loss: w to the right, b upwards.`,
    "muted",
  ),
  ...panels,
]);
saveFigure("clipping", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `Hollow: starts. Filled: where ${UPDATES} updates ended. Solved is a loss that stays below ${SOLVED}. Clipping costs` +
      " updates wherever the gradient is large for good reasons, as on the slopes here.",
  ],
});
