import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  dense,
  input,
  optimizers,
  type StrategyOptionsByName,
  sequential,
  tanh,
} from "../../src/index.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

/** What scripts/fixtures/pretrain.py writes: PyTorch's runs in double precision. */
interface Fixture {
  readonly sizes: readonly number[];
  readonly run: { batch: number; epochs: number; lr: number; seed: number };
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly initial: readonly (readonly (readonly number[])[])[];
  readonly runs: readonly {
    readonly options: StrategyOptionsByName["pretrain"];
    readonly losses: readonly number[];
    readonly weights: readonly (readonly (readonly number[])[])[];
  }[];
}

const file = new URL("../fixtures/pretrain.json", import.meta.url);
const { sizes, run, x, y, initial, runs } = JSON.parse(readFileSync(file, "utf8")) as Fixture;

const parameters = sizes
  .slice(1)
  .flatMap((_, i) => ["weight", "bias"].map((kind) => `dense${i + 1}.${kind}`));

function network() {
  const [first, ...units] = sizes as [number, ...number[]];
  const hidden = units.slice(0, -1).flatMap((n) => [dense({ units: n }), tanh()]);
  const model = sequential([input({ shape: [first] }), ...hidden, dense({ units: units.at(-1)! })]);
  const flat = initial.flat();
  model.setWeights(new Map(parameters.map((name, i) => [name, Float32Array.from(flat[i]!)])));
  return model;
}

const named = runs.map((one) => [JSON.stringify(one.options), one] as const);

test.each(named)("as PyTorch phase by phase: %s", async (_, { options, losses, weights }) => {
  const model = network();
  const { batch: batchSize, lr, ...length } = run;
  model.compile({
    optimizer: optimizers.adam({ lr }),
    loss: "cross-entropy",
    strategy: { name: "pretrain", ...options },
  });
  const found: number[] = [];
  const rows = { shape: [y.length, sizes[0]!], data: Float32Array.from(x) };
  const onStep = ({ loss }: { loss: number }) => found.push(loss);
  const told = { ...length, batchSize, shuffle: false, onStep };
  for await (const _ of model.fit(rows, Int32Array.from(y), told));
  expect(largestDifference(found, losses)).toBeLessThan(TOLERANCES.pytorchF32);
  const { initializers } = model.graph;
  for (const [i, expected] of weights.flat().entries()) {
    const { data } = initializers.get(parameters[i]!)!;
    expect(largestDifference(data, expected)).toBeLessThan(TOLERANCES.pytorchF32);
  }
});
