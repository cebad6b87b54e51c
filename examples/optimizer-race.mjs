// Optimizers on four surfaces that deep learning knows: a ravine, a plateau, a saddle and a cliff.
//
//   node examples/optimizer-race.mjs
//
// Every optimizer starts at the same point and makes 200 moves. How fast a rate may be depends on the rule, so each
// is given the best of the same eleven rates, chosen for each surface apart: the one that reaches the target first,
// or, where none does, the one that ends lowest. Everything else is left at its default.

import { optimizers } from "strop";
import { contourLines } from "./lib/contours.mjs";
import { figure, legend, linear, panel, pathData, plainTable, saveFigure, text } from "./lib/figure.mjs";

const MOVES = 200;
const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

/**
 * Each surface: its value and gradient at (x, y), the lowest value there is, where the race starts, and the part of
 * the plane that is drawn. Only + − × ÷ √, which every machine rounds alike.
 */
const SURFACES = {
  ravine: {
    about: "fifty times steeper across than along, and not along an axis",
    // u along the ravine, v across: the axes turned by the angle with cosine 0.8 and sine 0.6.
    value: (x, y) => 0.5 * (0.8 * x + 0.6 * y) ** 2 + 25 * (0.8 * y - 0.6 * x) ** 2,
    gradient(x, y) {
      const [u, v] = [0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x];
      return [0.8 * u - 0.6 * 50 * v, 0.6 * u + 0.8 * 50 * v];
    },
    lowest: 0,
    start: [-2.2, -1],
    domain: { x: [-2.8, 1.4], y: [-2.1, 2.1] },
  },
  plateau: {
    about: "far from the minimum the gradient is almost nothing",
    // 1 − 1 / (1 + r²), with r² = x² + 4y²
    value: (x, y) => 1 - 1 / (1 + x * x + 4 * y * y),
    gradient(x, y) {
      const square = (1 + x * x + 4 * y * y) ** 2;
      return [(2 * x) / square, (8 * y) / square];
    },
    lowest: 0,
    start: [-4, 1.5],
    domain: { x: [-4.6, 2.4], y: [-3.5, 3.5] },
  },
  saddle: {
    about: "the way down begins a thousandth beside the ridge",
    // A saddle at the origin between two minima at y = ±1.
    value: (x, y) => 0.5 * x * x + 0.25 * y ** 4 - 0.5 * y * y,
    gradient: (x, y) => [x, y ** 3 - y],
    lowest: -0.25,
    start: [-1.5, 0.001],
    domain: { x: [-1.8, 1.2], y: [-1.5, 1.5] },
  },
  cliff: {
    about: "a wall, forty times steeper than the slope that leads to it",
    // A flat bowl around (0, 0), and at x = 0.5 a step of height 2 made of t / √(1 + t²).
    value(x, y) {
      const t = 20 * (x - 0.5);
      return 0.1 * (x * x + 2 * y * y) + 1 + t / Math.sqrt(1 + t * t);
    },
    gradient(x, y) {
      const t = 20 * (x - 0.5);
      return [0.2 * x + 20 / ((1 + t * t) * Math.sqrt(1 + t * t)), 0.4 * y];
    },
    lowest: undefined,
    start: [0.6, 2],
    domain: { x: [-4, 2], y: [-3, 3] },
  },
};
