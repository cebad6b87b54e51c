import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  batchNorm,
  conv2d,
  dense,
  flatten,
  input,
  type Model,
  optimizers,
  relu,
  type StrategyOptions,
  sequential,
} from "../../src/index.js";

// docs/strategy-memory.md: what each strategy needs on the same nets. STROP_WRITE=1 writes it anew.

const BATCH = 32;
const page = new URL("../../docs/strategy-memory.md", import.meta.url);

const hidden = (units: number) => [dense({ units }), batchNorm(), relu()];
const block = (filters: number, strides: number) => [
  conv2d({ filters, kernelSize: 3, padding: 1, strides }),
  batchNorm(),
  relu(),
];

const NETS: Readonly<Record<string, () => Model>> = {
  "ten dense layers of 128": () =>
    sequential([
      input({ shape: [128] }),
      ...Array.from({ length: 9 }, () => hidden(128)).flat(),
      dense({ units: 10 }),
    ]),
  "784-128-64-10": () =>
    sequential([
      input({ shape: [784] }),
      ...[dense({ units: 128 }), relu(), dense({ units: 64 }), relu()],
      dense({ units: 10 }),
    ]),
  "five convolutions on 32 × 32": () =>
    sequential([
      input({ shape: [3, 32, 32] }),
      ...block(16, 1),
      ...block(32, 2),
      ...block(32, 1),
      ...block(64, 2),
      ...block(64, 2),
      flatten(),
      dense({ units: 10 }),
    ]),
};

const STRATEGIES: readonly (readonly [words: string, strategy: StrategyOptions])[] = [
  ["joint", { name: "joint" }],
  ["blocks", { name: "blocks" }],
  ["blocks, gauss-southwell", { name: "blocks", blockOrder: "gauss-southwell" }],
  ["unfreeze", { name: "unfreeze" }],
  ["pretrain, supervised", { name: "pretrain" }],
  ["the same, without joint training", { name: "pretrain", fineTuneEpochs: 0 }],
  [
    "pretrain, autoencoder, without",
    { name: "pretrain", method: "autoencoder", fineTuneEpochs: 0 },
  ],
  ["last-layer", { name: "last-layer" }],
  ["bcd", { name: "bcd" }],
];

function table(make: () => Model): string[] {
  const hasBatchNorm = make().graph.nodes.some(({ op }) => op === "BatchNormalization");
  // Its layers are dense, with ReLU between them and nothing else.
  const taken = STRATEGIES.filter(([, { name }]) => name !== "bcd" || !hasBatchNorm);
  const rows = taken.map(([words, strategy]) => {
    const isSolved = strategy.name === "bcd" || strategy.name === "last-layer";
    const loss = isSolved ? "mse" : "cross-entropy";
    const model = make().compile({ optimizer: optimizers.adam({}), loss, strategy });
    const { bytes, arenaBytes, lowerBoundBytes, steps } = model.plan({
      batchSize: BATCH,
      epochs: 20,
    });
    const smallest = Math.min(...steps.map((step) => step.arenaBytes));
    return { words, bytes, arenaBytes, lowerBoundBytes, smallest };
  });
  const joint = rows[0]!.arenaBytes;
  const kib = (bytes: number) => (bytes / 1024).toFixed(1);
  return rows.map(({ words, bytes, arenaBytes, lowerBoundBytes, smallest }) => {
    const { weights, gradients, optimizer, activations, scratch } = bytes;
    const parts = [weights, gradients, optimizer, activations + scratch].map(kib);
    const share = `${Math.round((100 * arenaBytes) / joint)} %`;
    return `| ${[words, kib(arenaBytes), share, ...parts, kib(lowerBoundBytes), kib(smallest)].join(" | ")} |`;
  });
}

function text(): string {
  const nets = Object.entries(NETS).map(([name, make]) => {
    return `## ${name}

| strategy | in all | of joint | weights | gradients | optimizer | activations, scratch | lower bound | smallest step |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
${table(make).join("\n")}
`;
  });
  return `# What each strategy needs in memory

Written by \`STROP_WRITE=1 npx vitest run tests/docs\`; the test compares it. KiB, as \`plan\` says them, for Adam and batches
of ${BATCH} rows. "In all" is the arena; the parts are those live at its peak, and what is missing from their sum is the
program and the rows. "Smallest step" is the least that any one phase or block of the run takes alone.

${nets.join("\n")}`;
}

test("docs/strategy-memory.md is what plan says", () => {
  if (process.env.STROP_WRITE) writeFileSync(page, text());
  expect(readFileSync(page, "utf8")).toBe(text());
});
