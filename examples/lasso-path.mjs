// The lasso's path: which columns matter, and how strong should the penalty be?
//
//   node examples/lasso-path.mjs
//
// Eighty rows of forty columns, each of which has something in common with its neighbours; six of them make the target,
// the rest is noise. The lasso is solved at a hundred alphas, from the one at which no coefficient is left down to a
// thousandth of it, each started from the solution of the one before, each certified by its duality gap. The alpha is
// chosen by rows that were held out, and the errors are told on others that nothing has seen; beside it stand least
// squares, and ridge regression with an alpha chosen in the same way.
//
// R. Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996, https://www.jstor.org/stable/2346178.

import { solve } from "strop";
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
import { normalNumbers, uniformNumbers } from "./lib/random.mjs";

const COLUMNS = 40;
const TRUE = { 3: 2, 9: -1.5, 15: 1, 21: -1, 27: 0.7, 33: 0.5 };
const ROWS = { training: 80, validation: 80, test: 1000 };
const NOISE = 1.5;
const COMMON = 0.7;
const POINTS = 100;

/** Rows whose columns go on from one to the next, and their targets. */
function drawRows(count, normal) {
  const x = [];
  const y = [];
  for (let i = 0; i < count; i++) {
    const row = [normal()];
    while (row.length < COLUMNS) {
      row.push(COMMON * row.at(-1) + Math.sqrt(1 - COMMON ** 2) * normal());
    }
    x.push(row);
    y.push(Object.entries(TRUE).reduce((sum, [j, w]) => sum + w * row[j], NOISE * normal()));
  }
  return { x, y };
}

/** The mean squared error of coefficients on rows. */
function errorOn({ x, y }, { coef: [w], intercept: [b] }) {
  const squares = x.map((row, i) => (y[i] - b - row.reduce((sum, v, j) => sum + v * w[j], 0)) ** 2);
  return squares.reduce((a, c) => a + c) / squares.length;
}

const normal = normalNumbers(uniformNumbers(7));
const [training, validation, test] = Object.values(ROWS).map((count) => drawRows(count, normal));

/** The solution whose error on the held-out rows is the smallest. */
function best(solutions) {
  const errors = solutions.map((solution) => errorOn(validation, solution));
  return solutions[errors.indexOf(Math.min(...errors))];
}

const { path, options } = await solve.lasso(training.x, training.y, { path: POINTS, tol: 1e-8 });
const lasso = best(path);
const ridges = [];
for (const { alpha } of path) {
  ridges.push(await solve.ridge(training.x, training.y, { alpha: alpha * ROWS.training * 10 }));
}
const found = {
  "least squares": await solve.leastSquares(training.x, training.y),
  ridge: best(ridges),
  lasso,
};

// What was found.

const active = ({ coef: [w] }) => [...w.keys()].filter((j) => w[j] !== 0);
const hits = (solution) => active(solution).filter((j) => j in TRUE).length;
const head = ["method", "alpha", "error", "coefficients", "of the six", "largest of the others"];
const others = ({ coef: [w] }) => Math.max(...[...w].map((v, j) => (j in TRUE ? 0 : Math.abs(v))));
const rows = Object.entries(found).map(([name, solution]) => [
  name,
  name === "least squares" ? "-" : Number(solution.alpha.toPrecision(3)),
  Number(errorOn(test, solution).toFixed(3)),
  active(solution).length,
  hits(solution),
  Number(others(solution).toFixed(3)),
]);
const gap = Math.max(...path.map((point) => point.gap));
const sweeps = path.reduce((sum, { iterations }) => sum + iterations, 0);
console.log(`Error on ${ROWS.test} rows; that of the true coefficients is ${NOISE ** 2}:\n`);
console.log(plainTable(head, rows));
console.log(
  `\nThe path took ${sweeps} sweeps; no objective is further than ${gap.toExponential(1)} from its minimum.`,
);

// The figure: the coefficients along the path, and below them the errors.

const WIDTH = 720;
const [first, last] = [path[0].alpha, path.at(-1).alpha];
const x = logarithmic(first, last, [1, 0.1, 0.01]);
const place = { x: 60, width: WIDTH };
const coefficientScale = { x, y: linear(-2.5, 2, [-2, -1, 0, 1, 2]) };
const errorScale = { x, y: linear(0, 12, [0, 3, 6, 9, 12]) };
const chosen = (scale) => [
  [lasso.alpha, scale[0]],
  [lasso.alpha, scale[1]],
];

const coefficients = panel(
  { ...place, y: 110, height: 260, name: "Coefficients" },
  coefficientScale,
  ({ line }) =>
    [
      line(chosen([-2.5, 2]), "target dash thin"),
      ...Array.from({ length: COLUMNS }, (_, j) => j)
        .sort((a, b) => (a in TRUE) - (b in TRUE))
        .map((j) => {
          const points = path.map(({ alpha, coef: [w] }) => [alpha, w[j]]);
          return line(points, j in TRUE ? "s1" : "contour");
        }),
    ].join(""),
);
const errors = panel(
  { ...place, y: 420, height: 150, name: "Mean squared error", xLabel: "alpha" },
  errorScale,
  ({ line, dot }) =>
    [
      line(chosen([0, 12]), "target dash thin"),
      line(
        path.map((point) => [point.alpha, errorOn(training, point)]),
        "s2",
      ),
      line(
        path.map((point) => [point.alpha, errorOn(validation, point)]),
        "s0",
      ),
      dot([lasso.alpha, errorOn(validation, lasso)], "f0"),
    ].join(""),
);

const title = `The lasso's path: ${Object.keys(TRUE).length} of ${COLUMNS} columns matter`;
const svg = figure({ title, width: 830, height: 620 }, [
  text(20, 50, "Dashed: the alpha at which rows that were held out are predicted best.", "muted"),
  legend(60, 74, [["columns that make the target", "s1"]]),
  legend(280, 74, [["the others", "contour"]]),
  legend(420, 74, [["training rows", "s2"]]),
  legend(560, 74, [["held-out rows", "s0"]]),
  coefficients,
  errors,
]);
saveFigure("lasso-path", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `${ROWS.training} training rows, ${ROWS.validation} to choose alpha, ${ROWS.test} to tell the error; ${POINTS} alphas, tol ${options.tol}.`,
    "The alpha that predicts best keeps more columns than matter: what is left of the others is small.",
  ],
});
