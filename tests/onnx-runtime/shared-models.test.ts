import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Attributes } from "../../src/compile/attribute-names.js";
import { describeProgram } from "../../src/compile/describe-program.js";
import { loadOnnx, type Model, type ModelOptions, optimizers } from "../../src/index.js";
import { runOnnx } from "../helpers/run-onnx.js";
import {
  areShared,
  lastLayers,
  type Network,
  normParameters,
  realRows,
  type Setting,
  SHARED_MODELS,
  sharedArray,
  sharedModel,
} from "../helpers/shared-models.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

// MLPerf Tiny's four networks, each as three settings of the exporter write it: imported as they are, evaluated,
// trained in whole and in part, and run by ONNX Runtime afterwards.

const STEPS = 5;

interface Way {
  readonly name: string;
  readonly options: (model: Model) => ModelOptions;
}

const WAYS: readonly Way[] = [
  { name: "whole", options: () => ({}) },
  {
    name: "head only",
    options: ({ graph }) => ({ trainOnly: lastLayers(graph, 1), bn: "frozen" }),
  },
  {
    name: "last three layers",
    options: ({ graph }) => ({ trainOnly: lastLayers(graph, 3), bn: "frozen" }),
  },
  { name: "batch-norm only", options: ({ graph }) => ({ trainOnly: normParameters(graph) }) },
];

/** Labels that the network does not give by itself; of the autoencoder, the rows themselves. */
function targetsOf(network: Network) {
  const x = sharedArray(network, "input");
  const { shape } = sharedArray(network, "output");
  const classes = shape[1]!;
  const y = Int32Array.from({ length: shape[0]! }, (_, row) => row % classes);
  return network === "ad-autoencoder"
    ? { x, y: x, loss: "mse" as const }
    : { x, y, loss: "cross-entropy" as const };
}

const bitsOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength);

async function fineTuned(network: Network, setting: Setting, { options }: Way) {
  const model = sharedModel(network, setting);
  const { x, y, loss } = targetsOf(network);
  const own = options(model);
  model.compile({ optimizer: optimizers.adam({ lr: 1e-4 }), loss, ...own });
  const before = model.graph.initializers;
  const losses: number[] = [];
  const onStep = (step: { loss: number }) => losses.push(step.loss);
  for await (const _ of model.fit(x, y, { batchSize: 8, steps: STEPS, onStep }));
  return { model, x, losses, before, own };
}

/** Instructions of a training program that bring elements into another order. */
function movesOf(model: Model): string[] {
  const { procedures } = describeProgram(model.build({ rows: 8, batchSize: 8 }).bytes);
  expect(procedures.map(({ kind }) => kind)).toContain("step");
  return procedures.flatMap(({ name, instructions }) =>
    instructions
      .filter(({ op, attributes }) => op === "PERMUTE" && !repeats(attributes))
      .map(({ index }) => `${name} ${index}`),
  );
}

/** Whether a PERMUTE reads an axis again and again, as the gradient of a mean does, and so changes no order of axes. */
function repeats(attributes: Attributes): boolean {
  const of = attributes as Readonly<Record<string, number>>;
  const sizes = [undefined, of.d1, of.d2, of.d3];
  // An axis of size 1, whose stride says nothing, fills up the four.
  return sizes.some((size, axis) => size !== 1 && of[`stride${axis}`] === 0);
}

test("a network whose images lie channels first in its file has one that is found", async () => {
  const file = new URL("../fixtures/parity/net-residual/model.onnx", import.meta.url);
  const model = await loadOnnx(readFileSync(file));
  model.compile({ loss: "cross-entropy" });
  const moves = movesOf(model);
  expect(moves.filter((place) => place.startsWith("step"))).toHaveLength(1);
});

describe.skipIf(!areShared).each(SHARED_MODELS)("%s", (_, network, setting) => {
  test("gives ONNX Runtime's outputs as it is", () => {
    const { data } = sharedModel(network, setting).predict(sharedArray(network, "input"));
    const expected = sharedArray(network, "output").data as Float32Array;
    expect(largestDifference(data as Float32Array, expected)).toBeLessThan(TOLERANCES.sharedModels);
  });

  const hasNorms = areShared && normParameters(sharedModel(network, setting).graph).length > 0;
  const ways = WAYS.filter(({ name }) => hasNorms || name !== "batch-norm only");

  test.each(ways)("$name: learns, and leaves the rest alone", async (way) => {
    const { model, x, losses, before, own } = await fineTuned(network, setting, way);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const { trainOnly } = own;
    for (const { name, role } of model.parameters()) {
      if (own.bn !== "frozen" && role === "statistic") continue;
      const isTrained = role === "parameter" && (trainOnly?.includes(name) ?? true);
      const [now, then] = [model.graph.initializers, before].map((all) => all.get(name)!.data);
      expect(bitsOf(now!).equals(bitsOf(then!)), name).toBe(!isTrained);
    }
    const ours = model.predict(x);
    const theirs = await runOnnx(model.toOnnx(), {
      shape: [...x.shape],
      data: x.data as Float32Array,
    });
    expect(theirs.shape).toEqual(ours.shape);
    const off = largestDifference(theirs.data, ours.data as Float32Array);
    expect(off).toBeLessThan(TOLERANCES.sharedModels);
  });

  test("moves nothing from one order of axes to another", () => {
    const model = sharedModel(network, setting);
    const { loss } = targetsOf(network);
    model.compile({ loss });
    expect(movesOf(model)).toEqual([]);
  });
});

describe.skipIf(!areShared)("of real rows they say what is right", () => {
  test.each([
    ["dscnn-kws", "kws-marvin"],
    ["mobilenetv1-025-96", "vww-person"],
  ] as const)("%s of %s", (network, name) => {
    const { x, labels } = realRows(name);
    const { accuracy } = sharedModel(network).evaluate(x, Int32Array.from(labels));
    expect(accuracy).toBe(1);
  });
});
