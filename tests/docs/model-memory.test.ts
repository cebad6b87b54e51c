import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Model, type ModelOptions, type ModelPlan, optimizers } from "../../src/index.js";
import {
  areShared,
  lastLayers,
  NETWORKS,
  type Network,
  normParameters,
  sharedModel,
} from "../helpers/shared-models.js";

// docs/model-memory.md: what MLPerf Tiny's networks need to be trained. STROP_WRITE=1 writes it anew.

const BATCHES = [1, 8, 16];
const page = new URL("../../docs/model-memory.md", import.meta.url);

const WAYS: Readonly<Record<string, (model: Model) => ModelOptions>> = {
  whole: () => ({}),
  "last three layers": ({ graph }) => ({ trainOnly: lastLayers(graph, 3) }),
  "last two layers": ({ graph }) => ({ trainOnly: lastLayers(graph, 2) }),
  "head only": ({ graph }) => ({ trainOnly: lastLayers(graph, 1) }),
  "batch-norm only": ({ graph }) => ({ trainOnly: normParameters(graph) }),
};

interface Row {
  readonly way: string;
  readonly optimizer: "adam" | "sgd";
  readonly batch: number;
  readonly plan: ModelPlan;
}

function planned(network: Network, way: string, optimizer: Row["optimizer"], batch: number): Row {
  const model = sharedModel(network);
  model.compile({
    optimizer: optimizers[optimizer]({}),
    loss: network === "ad-autoencoder" ? "mse" : "cross-entropy",
    bn: "frozen",
    ...WAYS[way]!(model),
  });
  return { way, optimizer, batch, plan: model.plan({ batchSize: batch }) };
}

function rowsOf(network: Network): Row[] {
  return Object.keys(WAYS).flatMap((way) =>
    (["adam", "sgd"] as const).flatMap((optimizer) =>
      BATCHES.map((batch) => planned(network, way, optimizer, batch)),
    ),
  );
}

const kib = (bytes: number) => (bytes / 1024).toFixed(1);

function line({ way, optimizer, batch, plan }: Row): string {
  const { weights, gradients, optimizer: state, activations, scratch, rows, program } = plan.bytes;
  const parts = [weights, gradients, state, activations, scratch, rows, program].map(kib);
  const above = `${((100 * plan.arenaBytes) / plan.lowerBoundBytes - 100).toFixed(1)} %`;
  const bounds = [kib(plan.lowerBoundBytes), above];
  return `| ${[way, optimizer, batch, kib(plan.arenaBytes), ...parts, ...bounds].join(" | ")} |`;
}

function text(found: ReadonlyMap<Network, readonly Row[]>): string {
  const networks = [...found].map(
    ([network, rows]) => `## ${network}

| trained | optimizer | batch | in all | weights | gradients | optimizer's | activations | scratch | rows | program | lower bound | above it |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
${rows.map(line).join("\n")}
`,
  );
  return `# What MLPerf Tiny's networks need in memory

Written by \`STROP_WRITE=1 npx vitest run tests/docs/model-memory.test.ts\`; the test compares it. KiB, as \`plan\` says them,
with \`--bn frozen\`. "In all" is the arena; the parts are those live at its peak, and the lower bound is the largest live set.
A layer is a convolution or a dense layer with the bias and the batch-norm behind it. Weights are f32.

${networks.join("\n")}`;
}

describe.skipIf(!areShared)("docs/model-memory.md", () => {
  const found = new Map(areShared ? NETWORKS.map((network) => [network, rowsOf(network)]) : []);

  test("is what plan says", () => {
    if (process.env.STROP_WRITE) writeFileSync(page, text(found));
    expect(readFileSync(page, "utf8")).toBe(text(found));
  });

  test.each(NETWORKS)("%s: every arena is within 3 percent of its largest live set", (network) => {
    for (const { plan } of found.get(network)!) {
      expect(plan.arenaBytes).toBeLessThanOrEqual(1.03 * plan.lowerBoundBytes);
    }
  });

  test("DS-CNN's head and its last two layers are trained in 256 KiB, row by row", () => {
    const parts = found
      .get("dscnn-kws")!
      .filter(({ way, batch }) => batch === 1 && ["head only", "last two layers"].includes(way));
    expect(parts).toHaveLength(4);
    expect(parts.map(({ plan }) => plan.arenaBytes / 1024).filter((kib) => kib > 256)).toEqual([]);
  });
});
