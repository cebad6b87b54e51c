// k-means: the inertia falls at each iteration, but where it ends is the start's choice.
//
//   node examples/k-means.mjs
//
// Twelve clusters of thirty points, some of them near each other. Lloyd's iterations give each point the label of its
// nearest centre, and move each centre to the mean of its points: the inertia, Σ ‖point − centre‖², never rises, and ends
// in a local minimum. From points drawn at random two centres often share a cluster while two clusters share a centre;
// k-means++ draws points that are far from those drawn before. Both are tried from fifty seeds, and k-means++ once more
// with mini-batches, for which no more than 40 points are in memory.
//
// D. Arthur, S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007; D. Sculley, "Web-Scale K-Means
// Clustering", 2010.

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

const CLUSTERS = 12;
const POINTS = 30;
const SPREAD = 0.45;
const SEEDS = 50;
const BATCH = 40;

/** Points around middles that lie on a grid of four by three, each moved a little. */
function drawPoints(uniform) {
  const normal = normalNumbers(uniform);
  const middles = Array.from({ length: CLUSTERS }, (_, i) => [
    2.6 * (i % 4) + uniform(),
    2.6 * Math.floor(i / 4) + uniform(),
  ]);
  return middles.flatMap((middle) =>
    Array.from({ length: POINTS }, () => middle.map((at) => at + SPREAD * normal())),
  );
}

const points = drawPoints(uniformNumbers(4));
const ways = {
  random: { init: "random" },
  "k-means++": {},
  "k-means++, mini-batches": { batch: BATCH },
};
const runs = {};
for (const [name, way] of Object.entries(ways)) {
  runs[name] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    runs[name].push(await solve.kmeans(points, { clusters: CLUSTERS, seed, ...way }));
  }
}

/** Where the centres stand before each iteration of a run, and after the last one. */
async function trail({ options: { init, seed }, iterations }) {
  // The first iteration's centres, then one more iteration from there, again and again.
  const way = { clusters: CLUSTERS, tol: 0, maxIterations: 1 };
  const places = [];
  let last = await solve.kmeans(points, { ...way, init, seed });
  for (let i = 0; i < iterations; i++) {
    places.push([...last.centers.data]);
    last = await solve.kmeans(points, { ...way, init: last.centers });
  }
  return places;
}

// What was found.

const all = Object.values(runs).flat();
const best = Math.min(...all.map(({ inertia }) => inertia));
const isBest = ({ inertia }) => inertia < 1.02 * best;
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const head = ["start", "found all clusters", "median inertia", "worst", "iterations", "bytes"];
const rows = Object.entries(runs).map(([name, solutions]) => {
  const inertias = solutions.map(({ inertia }) => inertia);
  return [
    name,
    solutions.filter(isBest).length,
    Number(middle(inertias).toFixed(1)),
    Number(Math.max(...inertias).toFixed(1)),
    middle(solutions.map(({ iterations }) => iterations)),
    solutions[0].plannedBytes,
  ];
});
console.log(`${SEEDS} seeds each; the least inertia is ${best.toFixed(1)}:\n`);
console.log(plainTable(head, rows));

// The figure: a run from each start, and all inertias.

const scales = { x: linear(-1.4, 10.3), y: linear(-1.1, 7.4) };

/** A run: points by their label, and the way of each centre. */
async function runPanel(place, run) {
  const places = await trail(run);
  const { labels } = run;
  return panel(place, scales, ({ line, dot }) =>
    [
      ...points.map((point, i) => dot(point, `f${labels[i] % 4}`, 1.6)),
      ...Array.from({ length: CLUSTERS }, (_, k) => {
        const way = places.map((centers) => centers.slice(2 * k, 2 * k + 2));
        return line(way, "s4") + dot(way[0], "start") + dot(way.at(-1), "f4", 4);
      }),
    ].join(""),
  );
}

const stuck = runs.random.find((run) => run.inertia > 1.4 * best);
const found = runs["k-means++"].find(isBest);
const place = { y: 100, width: 370, height: 290 };
const most = Math.max(...all.map(({ inertias: [first] }) => first));
const curves = panel(
  { x: 60, y: 450, width: 750, height: 190, name: "Inertia", xLabel: "iteration" },
  { x: linear(0, 16, [0, 4, 8, 12, 16]), y: logarithmic(best / 1.08, most, [150, 300, 600, 1200]) },
  ({ line }) =>
    ["random", "k-means++"]
      .flatMap((name, i) =>
        runs[name].map(({ inertias }) =>
          line(
            inertias.map((inertia, iteration) => [iteration, inertia]),
            `s${1 - i} thin`,
          ),
        ),
      )
      .join(""),
);
const title = "k-means: the inertia falls, and the start decides how far";
const svg = figure({ title, width: 840, height: 690 }, [
  text(20, 50, "Hollow: where a centre is after one iteration. Filled: where it ends.", "muted"),
  await runPanel(
    { ...place, x: 20, name: `From random points: inertia ${stuck.inertia.toFixed(0)}` },
    stuck,
  ),
  await runPanel(
    { ...place, x: 440, name: `From k-means++: inertia ${found.inertia.toFixed(0)}` },
    found,
  ),
  legend(200, 442, [[`${SEEDS} random starts`, "s1"]]),
  legend(380, 442, [[`${SEEDS} starts by k-means++`, "s0"]]),
  curves,
]);
saveFigure("k-means", {
  title,
  svg,
  head,
  rows,
  paragraphs: [
    `${CLUSTERS} clusters of ${POINTS} points; ${SEEDS} seeds a start. All clusters are found where the inertia is within 2 % of the least.`,
    `A mini-batch is ${BATCH} points; its iterations are batches, and its bytes do not grow with the points.`,
  ],
});
