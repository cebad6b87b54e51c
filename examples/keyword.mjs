// A new word for a published network: which of its layers must learn, and what memory does that take?
//
//   node examples/keyword.mjs
//
// DS-CNN, MLPerf Tiny's network for keyword spotting (models/NOTICE.md), knows ten words, silence and "unknown". Its last
// layer is replaced by a fresh one for three answers: the new word, another word, no word. Ten recordings of each teach
// it, row by row, as a device would; sixty of each, by other voices, judge it. Three draws of the recordings.
//
// Nobody spoke: the recordings come from a formant synthesizer, each with a voice, a speed, a place and a noise of its
// own. Other words have the new word's syllables in another order, or random ones. The network has learned from real
// speech, so that what it makes of them before it learns is said too; with real recordings the numbers will differ.

import { loadOnnx, optimizers } from "strop";
import { figure, linear, panel, plainTable, saveFigure, text } from "./lib/figure.mjs";
import { COEFFICIENTS, FRAMES, mfcc } from "./lib/mfcc.mjs";
import { uniformNumbers } from "./lib/random.mjs";
import { percent, spread, strips } from "./lib/strips.mjs";
import { CONSONANTS, recording, VOWELS } from "./lib/words.mjs";

const SYLLABLES = ["ma", "lo", "si"];
const WORD = SYLLABLES.join("");
const ANSWERS = ["the new word", "another word", "no word"];
const COMMANDS = "down go left no off on right stop up yes silence unknown".split(" ");
const [TAUGHT, JUDGED] = [10, 60];
const DRAWS = [1, 2, 3];
const FIT = { batchSize: 1, epochs: 15 };

const layer = (name) => `functional_1/${name}/*`;
const [head, last, lastNorm] = ["dense", "conv2d_4", "batch_normalization_8"].map(layer);
const WAYS = {
  "head only": { trainOnly: [head] },
  "last two layers": { trainOnly: [head, last, lastNorm] },
  "head, batch-norm": { trainOnly: [head, layer("batch_normalization*")] },
  "all layers": {},
};

/** Three syllables that are not the new word's. */
function otherWord(uniform) {
  const oneOf = (list) => list[Math.floor(list.length * uniform())];
  const syllable = () => {
    return uniform() < 0.5 ? oneOf(SYLLABLES) : oneOf(CONSONANTS) + oneOf(VOWELS);
  };
  const word = Array.from(SYLLABLES, syllable).join("");
  return word === WORD ? otherWord(uniform) : word;
}

/** So many recordings for each answer, as the network's features. */
function recordings(count, seed) {
  const uniform = uniformNumbers(seed * 1013);
  const rows = ANSWERS.length * count;
  const data = new Float32Array(rows * FRAMES * COEFFICIENTS);
  const y = Int32Array.from({ length: rows }, (_, row) => row % ANSWERS.length);
  y.forEach((answer, row) => {
    const word = [WORD, otherWord(uniform), ""][answer];
    data.set(mfcc(recording(word, seed * 10_000 + row)), row * FRAMES * COEFFICIENTS);
  });
  return [{ shape: [rows, FRAMES, COEFFICIENTS, 1], data }, y];
}

const load = () => loadOnnx(new URL("models/dscnn-kws.onnx", import.meta.url));
const judging = recordings(JUDGED, 99);
const teaching = new Map(DRAWS.map((draw) => [draw, recordings(TAUGHT, draw)]));

/** What the network says of each kind of recording as it came: pairs of its answer and a share, the most frequent first. */
async function heardBefore() {
  const { data } = (await load()).predict(judging[0]);
  return ANSWERS.map((_, answer) => {
    const counts = new Map();
    for (let row = answer; row < judging[1].length; row += ANSWERS.length) {
      const scores = data.subarray(row * COMMANDS.length, (row + 1) * COMMANDS.length);
      const heard = COMMANDS[scores.indexOf(Math.max(...scores))];
      counts.set(heard, (counts.get(heard) ?? 0) + 1);
    }
    const shares = [...counts].map(([heard, count]) => [heard, percent(count / JUDGED)]);
    return shares.sort((a, b) => b[1] - a[1]);
  });
}

const fresh = async (draw) => (await load()).replaceHead(ANSWERS.length, draw);

async function learn(way, draw) {
  const model = await fresh(draw);
  const optimizer = optimizers.adam({ lr: 1e-3 });
  model.compile({ optimizer, loss: "cross-entropy", bn: "frozen", ...way });
  for await (const _ of model.fit(...teaching.get(draw), { ...FIT, seed: draw }));
  const { arenaBytes, bytes } = model.plan(FIT);
  return { accuracy: model.evaluate(...judging).accuracy, arenaBytes, bytes };
}

const results = [];
for (const [name, way] of Object.entries(WAYS)) {
  const runs = [];
  for (const draw of DRAWS) runs.push(await learn(way, draw));
  results.push({ way: name, runs, ...runs[0] });
}

// What was found.

const kib = (bytes) => (bytes / 1024).toFixed(0);
const untaught = [];
for (const draw of DRAWS) untaught.push((await fresh(draw)).evaluate(...judging));
const columns = ["what learns", "right", "lowest", "highest", "KiB"];
const rows = [
  ["nothing, the head is fresh", ...spread(untaught), ""],
  ...results.map(({ way, runs, arenaBytes }) => [way, ...spread(runs), kib(arenaBytes)]),
];
const heard = (await heardBefore()).map(([[word, share]], answer) => {
  return `${ANSWERS[answer]} "${word}" in ${share} %`;
});
console.log(`As it came, the network calls ${heard.join(", ")}.\n`);
console.log(`Right answers of ${judging[1].length}, means over ${DRAWS.length} draws:\n`);
console.log(plainTable(columns, rows));

// The figure: what is right, and below it the memory.

const PARTS = {
  weights: ({ weights }) => weights,
  "optimizer's": ({ optimizer }) => optimizer,
  gradients: ({ gradients }) => gradients,
  activations: ({ activations, scratch }) => activations + scratch,
  "rows, program": ({ rows, program }) => rows + program,
};

/** A bar for each way, of the parts of its memory one on the other. */
function memory({ x, y, width, height }) {
  const scales = {
    x: linear(-0.5, results.length - 0.5),
    y: linear(0, 1000, [0, 256, 500, 750, 1000]),
  };
  const place = { x, y, width, height, name: "memory, KiB" };
  return panel(place, scales, ({ at, line }) => {
    const bars = results.flatMap(({ bytes }, i) => {
      let low = 0;
      return Object.values(PARTS).map((of, part) => {
        const high = low + of(bytes) / 1024;
        const [left, top] = at([i - 0.25, high]);
        const [right, bottom] = at([i + 0.25, low]);
        low = high;
        const [w, h] = [right - left, bottom - top].map((length) => length.toFixed(1));
        return `<rect class="f${part}" x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${w}" height="${h}"/>`;
      });
    });
    const limit = [-0.5, results.length - 0.5].map((at) => [at, 256]);
    return [...bars, line(limit, "s4 dash thin")].join("");
  });
}

const title = "A new word for a network that knows ten";
const frame = { x: 60, width: 560 };
const names = Object.keys(PARTS);
const svg = figure({ title, width: 760, height: 590 }, [
  text(
    20,
    50,
    `Right answers in percent: the new word, another, or none; ${TAUGHT} made-up recordings of each teach it.`,
    "muted",
  ),
  strips({ ...frame, y: 80, height: 200, name: "" }, results, {
    from: 60,
    ticks: [60, 70, 80, 90, 100],
    colorOf: () => 4,
  }),
  memory({ ...frame, y: 360, height: 190 }),
  ...results.map(({ arenaBytes }, i) => {
    const middle = frame.x + ((i + 0.5) * frame.width) / results.length;
    return text(middle, 568, `${kib(arenaBytes)} KiB`, "middle");
  }),
  ...names.map((name, part) => {
    const top = 370 + 20 * (names.length - 1 - part);
    return `<rect class="f${part}" x="640" y="${top}" width="12" height="12"/>${text(658, top + 10, name)}`;
  }),
]);
saveFigure("keyword", {
  title,
  svg,
  head: columns,
  rows,
  paragraphs: [
    "The recordings are synthetic: pulses and noise through three resonances, by voices that differ in pitch, length of the" +
      " vocal tract and speed. The network has learned from real speech, and keeps what it knows of it in the layers that stay.",
    `As it came, it calls ${heard.join(", ")}.`,
    `DS-CNN of MLPerf Tiny, row by row, ${FIT.epochs} epochs of Adam, rate 0.001, batch-norm's statistics frozen.`,
  ],
});
