import { describe, expect, test } from "vitest";
import { LABEL_RANGE } from "../../assembly/abi/status.js";
import { StropError } from "../../src/errors.js";
import type { ModelOptions } from "../../src/index.js";
import { CoreRefusal } from "../../src/runtime/core.js";
import { refusalToError } from "../../src/train/messages.js";
import {
  CLASSES,
  denseModel,
  type smallModels,
  trainSmall,
  weightsOf,
} from "../helpers/small-models.js";
import { runSession } from "../helpers/small-session.js";

async function errorOf(run: Promise<unknown>): Promise<StropError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof StropError) return error;
  throw error ?? new Error("nothing was thrown");
}

/** The model with one value of an initializer changed. */
function planted(
  small: (typeof smallModels)[number],
  name: string,
  value: number,
  options: ModelOptions = {},
) {
  const model = small.make().compile(options);
  const values = Float32Array.from(weightsOf(model).get(name)!);
  values[values.length - 1] = value;
  model.setWeights(new Map([[name, values]]));
  return model;
}

describe("what is not finite stops the run and is named", () => {
  test.each(["dense1.weight", "bn1.weight", "bn1.bias", "dense2.weight", "dense2.bias"])(
    "NaN in %s",
    async (name) => {
      const model = planted(denseModel, name, Number.NaN);
      const { code, where } = await errorOf(trainSmall(model, denseModel));
      expect([code, where]).toEqual(["diverged", `step 1, tensor ${name}`]);
    },
  );

  test("NaN in a running mean that is used", async () => {
    const model = planted(denseModel, "bn1.running_mean", Number.NaN, { bn: "frozen" });
    const { code, where } = await errorOf(trainSmall(model, denseModel));
    expect(code).toBe("diverged");
    expect(where).toMatch(/^step 1, tensor \S*bn1/);
  });

  test.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])(
    "%f in the last bias",
    async (value) => {
      const model = planted(denseModel, "dense2.bias", value);
      const { where } = await errorOf(trainSmall(model, denseModel));
      expect(where).toBe("step 1, tensor dense2.bias");
    },
  );

  test("NaN in a frozen weight: the first tensor that it spoils", async () => {
    const model = planted(denseModel, "dense1.weight", Number.NaN, { freeze: ["dense1.*"] });
    const { code, where } = await errorOf(trainSmall(model, denseModel));
    expect([code, where]).toEqual(["diverged", "step 1, tensor dense1"]);
  });

  test("a running variance that overflows while batch-norm keeps the loss sound", async () => {
    const model = denseModel.make().compile({ optimizer: { name: "sgd", lr: 1e25 } });
    const losses: number[] = [];
    const onStep = ({ loss }: { loss: number }) => losses.push(loss);
    const { code, where } = await errorOf(trainSmall(model, denseModel, { onStep }));
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(code).toBe("diverged");
    expect(where).toMatch(/tensor bn1\.running_var$/);
  });

  test.each(["scalar", "simd"] as const)(
    "overflow by a huge learning rate, %s",
    async (flavour) => {
      const model = denseModel.make().compile({ optimizer: { name: "sgd", lr: 3e38 } });
      const before = weightsOf(model);
      const steps: number[] = [];
      const onStep = ({ step }: { step: number }) => steps.push(step);
      const { code, where, message } = await errorOf(
        trainSmall(model, denseModel, { flavour, onStep }),
      );
      expect(code).toBe("diverged");
      expect(where).toMatch(new RegExp(`^step ${steps.length + 1}, tensor \\S`));
      expect(message).toContain("not finite, training diverged");
      expect(message).toContain("Lower --lr");
      expect(weightsOf(model)).toEqual(before);
    },
  );
});

describe("a label out of range that nobody checked", () => {
  test.each([-1, CLASSES, 2147483647])("label %i: the core stops at its row", (bad) => {
    const row = 20;
    const y = denseModel.y.slice();
    y[row] = bad;
    const batches: number[][] = [];
    try {
      runSession(
        { ...denseModel, y },
        { shuffle: false },
        {
          onStep: ({ batchRows }) => batches.push([...batchRows]),
        },
      );
    } catch (error) {
      if (!(error instanceof CoreRefusal)) throw error;
      const done = batches.flat().length;
      expect(error.place).toMatchObject({
        status: LABEL_RANGE,
        detail: row - done,
        value: bad >>> 0,
      });
      const { message } = refusalToError(error.place, {
        tensor: String,
        row: (batchRow) => done + batchRow,
        classes: CLASSES,
        step: batches.length,
        x: "x.npy",
        y: "y.npy",
      });
      expect(message).toContain(
        `y.npy row ${row}: label ${bad}, but the model has ${CLASSES} classes`,
      );
      return;
    }
    throw new Error("the core took it");
  });
});
