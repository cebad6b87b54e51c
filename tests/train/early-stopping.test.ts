import { describe, expect, test } from "vitest";
import type { EpochResult, FitOptions } from "../../src/index.js";
import { BATCH, ROWS, smallModels, trainSmall, weightsOf } from "../helpers/small-models.js";

const EPOCHS = 30;

describe.each(smallModels)("early stopping: $name", (small) => {
  const split: FitOptions = { batchSize: BATCH, epochs: EPOCHS, validationSplit: 0.4 };

  /** Every epoch's result, with the weights after it. */
  async function epochsOf(options: FitOptions) {
    const model = small.make();
    const epochs: { result: EpochResult; weights: ReturnType<typeof weightsOf> }[] = [];
    for await (const result of model.fit(small.x, small.y, options)) {
      epochs.push({ result, weights: weightsOf(model) });
    }
    return { model, epochs, end: model.lastFit! };
  }

  /** The first epoch with the smallest 0-1 error, and when `patience` epochs have passed since the best. */
  function expectedStop(all: readonly EpochResult[], patience: number) {
    let best = 0;
    for (const [i, { validation }] of all.entries()) {
      if (validation!.accuracy! > all[best]!.validation!.accuracy!) best = i;
      if (i - best >= patience) return { best, stop: i };
    }
    return { best, stop: all.length - 1 };
  }

  test.each([1, 3, 5])(
    "patience %i: stops there, and the best weights are kept",
    async (patience) => {
      const whole = await epochsOf(split);
      const all = whole.epochs.map(({ result }) => result);
      const { best, stop } = expectedStop(all, patience);
      expect(stop).toBeLessThan(EPOCHS - 1);
      const { model, epochs, end } = await epochsOf({ ...split, patience });
      expect(epochs.map(({ result }) => result)).toEqual(all.slice(0, stop + 1));
      expect(end).toMatchObject({ bestEpoch: best + 1, epochs: stop + 1, stoppedEarly: true });
      expect(end.validation).toEqual(all[best]!.validation);
      expect(weightsOf(model)).toEqual(whole.epochs[best]!.weights);
      expect(weightsOf(model)).not.toEqual(whole.epochs[stop]!.weights);
    },
  );

  test("patience that never runs out keeps the best weights all the same", async () => {
    const { epochs } = await epochsOf(split);
    const { best } = expectedStop(
      epochs.map(({ result }) => result),
      EPOCHS,
    );
    const { model, end } = await epochsOf({ ...split, patience: EPOCHS });
    expect(end).toMatchObject({ stoppedEarly: false, epochs: EPOCHS, bestEpoch: best + 1 });
    expect(weightsOf(model)).toEqual(epochs[best]!.weights);
  });

  test("steps that end within an epoch: what came last is looked at too", async () => {
    const steps = 4;
    const validationData = [small.x, small.y] as const;
    const model = small.make();
    await trainSmall(model, small, { epochs: undefined, steps, validationData, patience: 1 });
    const { bestEpoch, validation, stoppedEarly } = model.lastFit!;
    expect({ bestEpoch, stoppedEarly }).toEqual({ bestEpoch: 1, stoppedEarly: false });
    const evaluation = model.evaluate(small.x, small.y, { batchSize: BATCH });
    expect(validation).toEqual(evaluation);
    expect(evaluation.rows).toBe(ROWS);
  });

  test("interrupted behind an epoch that was not the best: the best is kept all the same", async () => {
    const { epochs } = await epochsOf(split);
    const all = epochs.map(({ result }) => result);
    const at = all.findIndex((_, i) => expectedStop(all.slice(0, i + 1), EPOCHS).best < i);
    const { best } = expectedStop(all.slice(0, at + 1), EPOCHS);
    const stop = new AbortController();
    const callbacks = { onEpochEnd: (epoch: number) => void (epoch === at + 1 && stop.abort()) };
    const options = { ...split, patience: EPOCHS, callbacks, signal: stop.signal };
    const { model, end } = await epochsOf(options);
    expect(end).toMatchObject({ interrupted: true, epochs: at + 1, bestEpoch: best + 1 });
    expect(end.validation).toEqual(all[best]!.validation);
    expect(weightsOf(model)).toEqual(epochs[best]!.weights);
  });

  test("interrupted before the first step, there is nothing to keep", async () => {
    const before = weightsOf(small.make());
    const options = { ...split, patience: 2, signal: AbortSignal.abort() };
    const { model, end } = await epochsOf(options);
    expect(end).toMatchObject({ interrupted: true, steps: 0 });
    expect(weightsOf(model)).toEqual(before);
  });

  test("it needs held-out rows", async () => {
    await expect(trainSmall(small.make(), small, { patience: 2 })).rejects.toThrow(
      "there are no held-out rows to watch",
    );
  });

  test("callbacks are called in order, and onEpochEnd can stop", async () => {
    const calls: string[] = [];
    const callbacks = {
      onTrainBegin: () => calls.push("begin"),
      onBatchEnd: (batch: number) => calls.push(`batch ${batch}`),
      async onEpochEnd(epoch: number) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        calls.push(`epoch ${epoch}`);
        return epoch < 2;
      },
      onTrainEnd: ({ stoppedEarly }: { stoppedEarly: boolean }) => calls.push(`${stoppedEarly}`),
    };
    await trainSmall(small.make(), small, { epochs: 5, batchSize: "all", callbacks });
    expect(calls).toEqual(["begin", "batch 1", "epoch 1", "batch 2", "epoch 2", "true"]);
  });
});
