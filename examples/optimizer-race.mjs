// Optimizers on four surfaces that deep learning knows: a ravine, a plateau, a saddle and a cliff.
//
//   node examples/optimizer-race.mjs
//
// Every optimizer starts at the same point and makes 200 moves. How large a rate may be depends on the rule, so each
// is given the best of the same eleven rates, for each surface apart: the one that comes below the target first, and
// stays there; where none does, the one that ends lowest. Everything else is left at its default.

import { optimizers } from "strop";
import { contourLines } from "./lib/contours.mjs";
import {
  figure,
  legend,
  linear,
  panel,
  pathData,
  plainTable,
  saveFigure,
  text,
} from "./lib/figure.mjs";

const MOVES = 200;
const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

/**
 * Rows of the figure: what has one rate for all parameters, what has one for each, and what has momentum as well.
 * AdamW is missing: without weight decay it is Adam, and decay pulls to the origin, where minima lie here.
 */
const FAMILIES = {
  "One rate for all": {
    sgd: (lr) => optimizers.sgd({ lr }),
    momentum: (lr) => optimizers.momentum({ lr }),
    nesterov: (lr) => optimizers.momentum({ lr, nesterov: true }),
  },
  "A rate for each parameter": {
    adagrad: (lr) => optimizers.adagrad({ lr }),
    rmsprop: (lr) => optimizers.rmsprop({ lr }),
    adadelta: (lr) => optimizers.adadelta({ lr }),
    lion: (lr) => optimizers.lion({ lr }),
  },
  "Both: Adam and its kin": {
    adam: (lr) => optimizers.adam({ lr }),
    amsgrad: (lr) => optimizers.amsgrad({ lr }),
    nadam: (lr) => optimizers.nadam({ lr }),
    adamax: (lr) => optimizers.adamax({ lr }),
  },
};

/**
 * Each surface: its value and gradient at (x, y), the value to come below, where the race starts, and the part of the
 * plane that is drawn. Only + − × ÷ √, which every machine rounds alike.
 */
const SURFACES = {
  ravine: {
    about: "fifty times steeper across",
    // u along the ravine, v across it: the axes turned by the angle whose cosine is 0.8 and whose sine is 0.6.
    value: (x, y) => 0.5 * (0.8 * x + 0.6 * y) ** 2 + 25 * (0.8 * y - 0.6 * x) ** 2,
    gradient(x, y) {
      const [u, v] = [0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x];
      return [0.8 * u - 30 * v, 0.6 * u + 40 * v];
    },
    target: 0.01,
    start: [-2.2, -1],
    domain: { x: [-2.8, 1.4], y: [-2.1, 2.1] },
    levels: [0.05, 0.5, 2, 6, 15, 30, 50, 80],
  },
  plateau: {
    about: "hardly any gradient far away",
    // 1 − 1 / (1 + r²), with r² = x² + 4y²
    value: (x, y) => 1 - 1 / (1 + x * x + 4 * y * y),
    gradient(x, y) {
      const square = (1 + x * x + 4 * y * y) ** 2;
      return [(2 * x) / square, (8 * y) / square];
    },
    target: 0.01,
    start: [-4, 1.5],
    domain: { x: [-4.6, 2.4], y: [-3.5, 3.5] },
    levels: [0.1, 0.3, 0.6, 0.8, 0.9, 0.95, 0.97],
  },
  saddle: {
    about: "starts just off the ridge",
    // A saddle at the origin between two minima at y = ±1.
    value: (x, y) => 0.5 * x * x + 0.25 * y ** 4 - 0.5 * y * y,
    gradient: (x, y) => [x, y ** 3 - y],
    target: -0.24,
    start: [-1.5, 0.001],
    domain: { x: [-1.9, 1.3], y: [-1.6, 1.6] },
    levels: [-0.24, -0.18, -0.1, -0.03, 0.03, 0.1, 0.3, 0.6, 1, 1.5],
  },
  cliff: {
    about: "a wall on the way down",
    // A flat valley along y = 0, and at x = 0.5 a step of height 2, made of t / √(1 + t²).
    value(x, y) {
      const t = 20 * (x - 0.5);
      return 0.02 * x * x + y * y + 1 + t / Math.sqrt(1 + t * t);
    },
    gradient(x, y) {
      const t = 20 * (x - 0.5);
      return [0.04 * x + 20 / ((1 + t * t) * Math.sqrt(1 + t * t)), 2 * y];
    },
    target: 0.02,
    start: [1.3, 0.85],
    domain: { x: [-4, 1.6], y: [-1.4, 1.4] },
    levels: [0.1, 0.3, 0.6, 1, 1.5, 2, 2.5, 3],
  },
};
const surfaces = Object.values(SURFACES);

/** One race of one optimizer at one rate: for each surface the points it passes. One `step` moves all four. */
function race(optimizer) {
  const points = surfaces.map(({ start }) => Float32Array.from(start));
  const paths = points.map((point) => [[...point]]);
  for (let move = 0; move < MOVES; move++) {
    const gradients = points.map(([x, y], i) => Float32Array.from(surfaces[i].gradient(x, y)));
    optimizer.step(points, gradients);
    for (const [i, point] of points.entries()) paths[i].push([...point]);
  }
  return paths;
}

/** What a path comes to: the moves after which it stays below the target, if it does, and its last value. */
function resultOf({ value, target }, path, lr) {
  const values = path.map(([x, y]) => value(x, y));
  const above = values.findLastIndex((v) => !(v <= target));
  return { path, lr, moves: above < MOVES ? above + 1 : Infinity, last: values.at(-1) };
}

const isBetter = (a, b) => a.moves < b.moves || (a.moves === b.moves && a.last < b.last);

/** For each surface the best result over all rates. */
function bestOfRates(make) {
  const races = RATES.map((lr) => race(make(lr)));
  return surfaces.map((surface, i) =>
    races
      .map((paths, k) => resultOf(surface, paths[i], RATES[k]))
      .reduce((best, result) => (isBetter(result, best) ? result : best)),
  );
}

const results = Object.values(FAMILIES).map((family) =>
  Object.entries(family).map(([name, make]) => [name, bestOfRates(make)]),
);

// What was found, as a table.

const shown = ({ moves, last }) =>
  moves === Infinity ? `ends at ${last.toPrecision(2)}` : `${moves}`;
const head = ["optimizer", ...Object.keys(SURFACES).flatMap((name) => [name, "rate"])];
const rows = results.flatMap((family) =>
  family.map(([name, best]) => [name, ...best.flatMap((result) => [shown(result), result.lr])]),
);
console.log(`Moves until the target is reached for good, of ${MOVES}, and the rate that did it:\n`);
console.log(plainTable(head, rows));

// The figure: a row for each family, a column for each surface.

const LEFT = 304;
const SIDE = 176;
const GAP = 12;
const TOP = 92;
const columnAt = (i) => LEFT + i * (SIDE + GAP);
const rowAt = (i) => TOP + i * (SIDE + GAP);

const contours = surfaces.map(({ value, domain, levels }, i) => {
  const scaled = { x: linear(...domain.x), y: linear(...domain.y) };
  const toPixels = ([x, y]) => [scaled.x(x) * SIDE, (1 - scaled.y(y)) * SIDE];
  const lines = levels.flatMap((level) => contourLines(value, { ...domain, cells: 72 }, level));
  const path = lines.map((line) => pathData(line.map(toPixels), 2)).join("");
  return `<path id="contours${i}" class="contour" d="${path}"/>`;
});

function raceRow(family, row) {
  return surfaces.map(({ domain, start }, column) => {
    const scales = { x: linear(...domain.x), y: linear(...domain.y) };
    const place = { x: columnAt(column), y: rowAt(row), width: SIDE, height: SIDE };
    return panel(place, scales, ({ line, dot }) =>
      [
        `<use href="#contours${column}"/>`,
        ...family.map(([, best], i) => line(best[column].path, `s${i}`)),
        ...family.map(([, best], i) => dot(best[column].path.at(-1), `f${i}`)),
        dot(start, "start"),
      ].join(""),
    );
  });
}

const NUMBERS = [154, 204, 246, 280];
const keys = results.flatMap((family, row) => [
  text(20, rowAt(row) + 16, Object.keys(FAMILIES)[row], "name"),
  ...Object.keys(SURFACES).map((name, i) => text(NUMBERS[i], rowAt(row) + 40, name, "muted end")),
  legend(
    20,
    rowAt(row) + 58,
    family.map(([name], i) => [name, `s${i}`]),
  ),
  ...family.flatMap(([, best], i) =>
    best.map(({ moves }, column) =>
      text(NUMBERS[column], rowAt(row) + 62 + i * 18, moves === Infinity ? "–" : moves, "end"),
    ),
  ),
]);

const title = "Optimizers on four surfaces";
const svg = figure({ title, width: columnAt(4) + 8, height: rowAt(3) + 8 }, [
  text(20, 50, `Moves until each stays below the target, of ${MOVES}; – is never.`, "muted"),
  text(20, 66, "Each at its best of eleven rates.", "muted"),
  `<defs>${contours.join("\n")}</defs>`,
  ...surfaces.map(({ about }, i) => text(columnAt(i), TOP - 8, about, "muted")),
  ...Object.keys(SURFACES).map((name, i) => text(columnAt(i), TOP - 24, name, "name")),
  ...keys,
  ...results.flatMap(raceRow),
]);
saveFigure("optimizer-race", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    "Hollow: the start. Filled: the end. Every optimizer was run at eleven rates from 0.001 to 100; drawn is, for each" +
      " surface, the one that comes below the target first and stays there, or else ends lowest.",
  ],
});
