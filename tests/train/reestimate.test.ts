import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { readNpz } from "../../src/data/npz.js";
import {
  batchNorm,
  dense,
  dropout,
  type FitOptions,
  Model,
  relu,
  sequential,
} from "../../src/index.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import {
  CLASSES,
  convModel,
  denseModel,
  ROWS,
  type SmallModel,
  trainSmall,
  weightsOf,
} from "../helpers/small-models.js";
import { compileSmall, datasetOf } from "../helpers/small-session.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

type Rows = ReturnType<typeof readNpy>;

/** Batch-norm in front, so that its statistics are the data's own, and another behind. */
const first = (): Model =>
  sequential([
    batchNorm({ inputShape: [6] }),
    dense({ units: 7 }),
    batchNorm(),
    relu(),
    dropout({ rate: 0.2 }),
    dense({ units: CLASSES }),
  ]);

/** Mean and unbiased variance over all rows and pixels of each channel of NCHW rows, in f64. */
function statisticsOf({ shape, data }: SmallModel["x"]): { mean: number[]; variance: number[] } {
  const channels = shape[1]!;
  const spatial = shape.slice(2).reduce((a, b) => a * b, 1);
  const values = Array.from({ length: channels }, (): number[] => []);
  for (const [i, value] of Array.from(data as Float32Array).entries()) {
    values[Math.floor(i / spatial) % channels]!.push(value);
  }
  const mean = values.map((all) => all.reduce((a, b) => a + b, 0) / all.length);
  const variance = values.map(
    (all, c) => all.reduce((sum, value) => sum + (value - mean[c]!) ** 2, 0) / (all.length - 1),
  );
  return { mean, variance };
}

async function estimated(model: Model, small: SmallModel, options: FitOptions) {
  const result = await trainSmall(model, small, { reestimate: "only", ...options });
  return { result, weights: weightsOf(model) };
}

describe("only", () => {
  const small = { ...denseModel, make: first };

  test.each([5, 7, 8, 35, ROWS, "all"] as const)(
    "a first batch-norm has the statistics of the whole set, batch %s",
    async (batchSize) => {
      const { weights, result } = await estimated(small.make(), small, { batchSize });
      const { mean, variance } = statisticsOf(small.x);
      const off = (name: string, expected: number[]) =>
        largestDifference(weights.get(name)!, expected);
      expect(off("bn1.running_mean", mean)).toBeLessThan(TOLERANCES.f32Reduction);
      expect(off("bn1.running_var", variance)).toBeLessThan(TOLERANCES.f32Reduction);
      const steps = batchSize === "all" ? 1 : Math.ceil(ROWS / batchSize);
      expect(result.phases).toEqual([
        { name: "statistics", steps, epochs: 1, loss: expect.any(Number) },
      ]);
    },
  );

  test("the statistics of torch.optim.swa_utils.update_bn, of layers behind others too", async () => {
    const folder = fileURLToPath(new URL("../fixtures/norm-update-bn/", import.meta.url));
    const file = (name: string) => new Uint8Array(readFileSync(`${folder}${name}`));
    const model = Model.fromOnnx(file("model.onnx"));
    const [x, y] = ["x.npy", "y.npy"].map((name) => readNpy(file(name), name)) as [Rows, Rows];
    for await (const _ of model.fit(x, y, { reestimate: "only", batchSize: "all" }));
    const expected = readNpz(file("expected.npz"), "expected.npz");
    const weights = weightsOf(model);
    expect(expected.size).toBe(4);
    for (const [name, { data }] of expected) {
      const off = largestDifference(weights.get(name.slice(4))!, Array.from(data, Number));
      expect(off, name).toBeLessThan(TOLERANCES.f32Reduction);
    }
  });

  test("images: over rows and pixels", async () => {
    const image = sequential([batchNorm({ inputShape: [2, 7, 5] })]);
    const { shape, data } = convModel.x;
    const run = image.compile({ loss: "mse" }).fit(
      { shape, data },
      { shape, data },
      {
        reestimate: "only",
        batchSize: 4,
      },
    );
    for await (const _ of run);
    const { mean, variance } = statisticsOf(convModel.x);
    const weights = weightsOf(image);
    const off = (name: string, expected: number[]) =>
      largestDifference(weights.get(name)!, expected);
    expect(off("bn1.running_mean", mean)).toBeLessThan(TOLERANCES.f32Reduction);
    expect(off("bn1.running_var", variance)).toBeLessThan(TOLERANCES.f32Reduction);
  });

  test("nothing else moves, and there is no optimizer", async () => {
    const model = small.make();
    const before = weightsOf(model);
    const { weights } = await estimated(model, small, {});
    for (const [name, values] of weights) {
      if (!name.includes("running")) expect(values, name).toEqual(before.get(name));
      else expect(values, name).not.toEqual(before.get(name));
    }
    const program = compileSmall(small, { reestimate: "only" });
    expect(program.parameters.map(({ name }) => name)).toEqual([
      "bn1.running_mean",
      "bn1.running_var",
      "bn2.running_mean",
      "bn2.running_var",
    ]);
    expect(program.plan.bytes.optimizer).toBe(16); // the rate that a phase must have
    expect(program.plan.bytes.gradients).toBe(0);
  });

  test("twice is once: what was there does not count", async () => {
    const model = small.make();
    const once = (await estimated(model, small, {})).weights;
    expect((await estimated(model, small, {})).weights).toEqual(once);
  });

  test("the reference VM, told the rows that are done, comes to the same", async () => {
    const { weights } = await estimated(small.make(), small, { seed: 5 });
    const program = compileSmall(small, { reestimate: "only" });
    const vm = new ReferenceVm(program.bytes);
    const { x, y } = vm.program.procedures[program.procedures.statistics!]!;
    const rows = datasetOf(small);
    for (let step = 0, row = 0; row < ROWS; step++, row += 8) {
      const batch = Math.min(8, ROWS - row);
      vm.tensor(x!).set(rows.x.subarray(row * 6, (row + batch) * 6));
      vm.tensor(y!).set((rows.y!.data as Int32Array).subarray(row, row + batch));
      vm.position = { step, row };
      vm.execute(program.procedures.statistics!, batch);
    }
    for (const { name, tensor } of program.parameters) {
      const off = largestDifference(weights.get(name)!, vm.tensor(tensor));
      expect(off, name).toBeLessThan(TOLERANCES.f32Reduction);
    }
  });
});

describe("after", () => {
  test.each([{ epochs: 3 }, { epochs: 0, steps: 7 }])(
    "%o: the weights of the training alone, with their own statistics",
    async (length) => {
      const [plain, model, again] = [0, 1, 2].map(() => denseModel.make()) as [Model, Model, Model];
      await trainSmall(plain, denseModel, length);
      const result = await trainSmall(model, denseModel, { ...length, reestimate: "after" });
      const steps = length.steps ?? 15;
      expect(result.phases).toEqual([
        { name: "train", steps, epochs: Math.floor(steps / 5), loss: expect.any(Number) },
        { name: "statistics", steps: 5, epochs: 1, loss: expect.any(Number) },
      ]);
      expect(result).toMatchObject({
        steps,
        epochs: Math.floor(steps / 5),
        loss: result.phases[0]!.loss,
      });
      expect(plain.lastFit!.phases).toEqual([result.phases[0]]);
      const [expected, found] = [weightsOf(plain), weightsOf(model)];
      for (const [name, values] of found) {
        if (!name.includes("running")) expect(values, name).toEqual(expected.get(name));
      }
      again.setWeights(new Map([...expected].map(([name, v]) => [name, Float32Array.from(v)])));
      await estimated(again, denseModel, {});
      expect(weightsOf(again)).toEqual(found);
    },
  );

  test("only its epochs are trained on, and only their steps told", async () => {
    const steps: number[] = [];
    const onStep = ({ step }: { step: number }) => void steps.push(step);
    const epochs: unknown[] = [];
    const options = { batchSize: 8, epochs: 2, validationSplit: 0.2, patience: 1, onStep } as const;
    const model = denseModel.make();
    const run = model.fit(denseModel.x, denseModel.y, { ...options, reestimate: "after" });
    for await (const { epoch, phase } of run) epochs.push(phase ?? epoch);
    expect(epochs.at(-1)).toBe("statistics");
    const { phases, validation } = model.lastFit!;
    expect(steps).toHaveLength(phases[0]!.steps);
    expect(epochs).toHaveLength(phases[0]!.epochs + 1);
    expect(validation).toBeDefined();
  });
});

describe("refused", () => {
  test("a model without batch-norm", async () => {
    const plain = sequential([dense({ inputShape: [6], units: CLASSES })]);
    for (const reestimate of ["only", "after"] as const) {
      await expect(trainSmall(plain, denseModel, { reestimate })).rejects.toThrow(
        /the model has no batch-norm, and so no statistics to estimate anew/,
      );
    }
  });

  test("frozen statistics", async () => {
    const frozen = denseModel.make().compile({ bn: "frozen" });
    await expect(trainSmall(frozen, denseModel, { reestimate: "after" })).rejects.toThrow(
      /--bn frozen keeps the statistics/,
    );
  });

  test("a last batch of one value a channel, and a word that is none", async () => {
    const model = denseModel.make();
    const one = { reestimate: "only", batchSize: 9 } as const;
    await expect(trainSmall(model, denseModel, one)).rejects.toThrow(/a last batch of 1 row/);
    const odd = { reestimate: "before" as "after" };
    await expect(trainSmall(model, denseModel, odd)).rejects.toThrow("'before' is not known");
  });
});
