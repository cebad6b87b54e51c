import { describe, expect, test } from "vitest";
import { compileOptimizer } from "../../src/compile/optimizer-program.js";
import {
  type FitOptions,
  type ModelOptions,
  Optimizer,
  type OptimizerOptions,
  StropError,
} from "../../src/index.js";
import { denseModel, trainSmall, weightsOf } from "../helpers/small-models.js";
import { compileSmall } from "../helpers/small-session.js";

/** What JavaScript may pass, whatever the types say. */
type Loose<T> = { readonly [K in keyof T]?: unknown } & Readonly<Record<string, unknown>>;

async function errorOf(run: () => unknown): Promise<StropError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(StropError);
    return error as StropError;
  }
  return expect.unreachable();
}

async function refuses(run: () => unknown, message: RegExp): Promise<void> {
  const error = await errorOf(run);
  expect(error).toMatchObject({ code: "bad-option", exitCode: 2 });
  expect(error.message).toMatch(message);
}

describe("compile refuses", () => {
  test.each<[Loose<ModelOptions>, RegExp]>([
    [
      { loss: "l1" },
      /^loss: 'l1' is not known\. There are cross-entropy, binary-cross-entropy, mse, mae, huber, hinge\.$/,
    ],
    [{ loss: { name: "l1" } }, /^loss: 'l1' is not known/],
    [{ loss: { name: "huber", delta: 0 } }, /^delta: 0 is not a number above 0\.$/],
    [
      { loss: { name: "mse", delta: 1 } },
      /^delta: 1 is given, but mse has no such option\. It has none\.$/,
    ],
    [{ loss: { name: "huber", posWeight: 1 } }, /^posWeight: 1 is given, .* It has delta\.$/],
    [
      { loss: { name: "cross-entropy", labelSmoothing: 1.1 } },
      /^labelSmoothing: 1\.1 is not a number from 0 to 1/,
    ],
    [
      { loss: { name: "cross-entropy", ignoreLabel: 0.5 } },
      /^ignoreLabel: 0\.5 is not a whole number/,
    ],
    [
      { loss: { name: "cross-entropy", classWeights: [1, -1] } },
      /^classWeights: \[1,-1\] is neither 'balanced' nor/,
    ],
    [
      { loss: { name: "cross-entropy", classWeights: [1, null] } },
      /^classWeights: \[1,null\] is neither 'balanced' nor/,
    ],
    [{ loss: { name: "cross-entropy", classWeights: ["1"] } }, /^classWeights: \["1"\] is neither/],
    [{ loss: { name: "cross-entropy", classWeights: "even" } }, /^classWeights: 'even' is neither/],
    [
      { loss: { name: "binary-cross-entropy", posWeight: -1 } },
      /^posWeight: -1 is not a number from 0 up/,
    ],
    [
      { loss: { name: "hinge", targets: "labels" } },
      /^targets: 'labels' is not known\. There are classes, values\.$/,
    ],
    [{ loss: "toString" }, /^loss: 'toString' is not known/],
    [{ bn: "freeze" }, /^bn: 'freeze' is not known\. There are batch, frozen\.$/],
    [{ clipNorm: -1 }, /^clipNorm: -1 is not a number above 0\.$/],
    [{ clipValue: 0 }, /^clipValue: 0 is not a number above 0\.$/],
    [
      { optimizer: "adam" },
      /^optimizer: undefined is not known\. There are sgd, momentum, .+, lion\.$/,
    ],
    [{ optimizer: { name: "adamm" } }, /^optimizer: 'adamm' is not known\. There are sgd, /],
    [{ optimizer: { name: "toString" } }, /^optimizer: 'toString' is not known/],
    [{ optimizer: { name: "adam", lr: -1 } }, /^lr: -1 is not a number from 0 up\.$/],
    [{ optimizer: { name: "adam", lr: "fast" } }, /^lr: 'fast' is not a number from 0 up\.$/],
    [{ optimizer: { name: "sgd", lr: 1e39 } }, /^lr: 1e\+39 is not a number from 0 up\.$/],
    [{ optimizer: { name: "sgd", weightDecay: Number.NaN } }, /^weightDecay: NaN is not/],
    [{ optimizer: { name: "sgd", momentum: -0.1 } }, /^momentum: -0\.1 is not/],
    [{ optimizer: { name: "sgd", nesterov: true } }, /^nesterov: it needs a momentum\. Give/],
    [{ optimizer: { name: "sgd", nesterov: 1, momentum: 0.9 } }, /^nesterov: 1 is not true or/],
    [
      { optimizer: { name: "sgd", beta1: 0.9 } },
      /^beta1: 0\.9 is given, but sgd has no such option/,
    ],
    [
      { optimizer: { name: "adam", beta1: 1.5 } },
      /^beta1: 1\.5 is not a number from 0 and below 1/,
    ],
    [{ optimizer: { name: "adam", beta2: 1 } }, /^beta2: 1 is not a number from 0 and below 1\.$/],
    [{ optimizer: { name: "adam", eps: -1 } }, /^eps: -1 is not a number from 0 up\.$/],
    [{ optimizer: { name: "adam", learningRate: 1 } }, /^learningRate: 1 is given, but adam has/],
    [{ optimizer: new Optimizer({ name: "adam", beta1: 1.5 }) }, /^beta1: 1\.5 is not/],
    [{ optimizer: { name: "sgd", dampening: 0.5 } }, /^dampening: it needs a momentum\. Give/],
    [{ optimizer: { name: "sgd", momentumForm: "ema" } }, /^momentumForm: it needs a momentum/],
    [{ optimizer: { name: "momentum", momentumForm: "mean" } }, /^momentumForm: 'mean' is not/],
    [
      { optimizer: { name: "momentum", dampening: 0.5, nesterov: true } },
      /^dampening: Nesterov's momentum has none\.$/,
    ],
    [
      { optimizer: { name: "momentum", dampening: 0.5, momentumForm: "ema" } },
      /^dampening: the form ema has its own\.$/,
    ],
    [
      { optimizer: { name: "momentum", momentum: 1, momentumForm: "ema" } },
      /^momentum: 1 is not below 1, as the form ema needs\.$/,
    ],
    [{ optimizer: { name: "adadelta", eps: 0 } }, /^eps: 0 is not a number above 0\.$/],
    [{ optimizer: { name: "rmsprop", centered: 1 } }, /^centered: 1 is not true or false\.$/],
    [{ optimizer: { name: "lion", eps: 1 } }, /^eps: 1 is given, but lion has no such option/],
    [{ clipTensorNorm: 0 }, /^clipTensorNorm: 0 is not a number above 0\.$/],
    [{ schedule: "linear" }, /^schedule: 'linear' is not known\. There are constant, step, /],
    [{ schedule: { name: "cosine", gamma: 1 } }, /^gamma: 1 is given, but cosine has no such/],
    [{ schedule: { name: "step", stepSize: 0 } }, /^stepSize: 0 is not a whole number from 1/],
    [{ schedule: { name: "step", gamma: 0 } }, /^gamma: 0 is not a number above 0 to 1\.$/],
    [{ schedule: { name: "one-cycle", pctStart: 1 } }, /^pctStart: 1 is not a number from 0 and/],
    [{ schedule: { name: "constant", warmup: -1 } }, /^warmup: -1 is not a whole number from 0/],
    [{ freze: ["*.bias"] }, /^freze: there is no such option\. Did you mean freeze\?$/],
    [{ learningRate: 1 }, /^learningRate: there is no such option\. There are optimizer, /],
    [{ freeze: "*.bias" }, /^freeze: it is not a list\.$/],
    [{ metrics: "accuracy" }, /^metrics: it is not a list\.$/],
    [{ groups: {} }, /^groups: it is not a list\.$/],
    [{ groups: [null] }, /^groups: a group without a pattern\. Give match/],
    [{ groups: [{ match: [] }] }, /^groups: a group without a pattern\. Give match/],
    [{ groups: [{ lr: 1 }] }, /^groups: a group without a pattern\. Give match/],
    [{ groups: [{ match: "*", lr: -1 }] }, /^lr: -1 is not a number from 0 up\.$/],
    [{ groups: [{ match: "*", momentum: 0 }] }, /^momentum: 0 is given, but a group has no such/],
    [
      { groups: [{ match: "*", lr: 1 }], optimizer: { name: "sgd", lr: 0 } },
      /^groups: the rate of \* follows lr, which is 0\./,
    ],
  ])("%j", (options, message) =>
    refuses(() => denseModel.make().compile(options as ModelOptions), message),
  );
});

describe("fit refuses, and leaves the model as it was", () => {
  const count = "is not a whole number from";
  test.each<[Loose<FitOptions>, RegExp]>([
    [{ epochs: -1 }, new RegExp(`^epochs: -1 ${count} 0 to 2147483647\\.$`)],
    [{ epochs: 2.5 }, new RegExp(`^epochs: 2\\.5 ${count} 0`)],
    [{ epochs: Number.NaN }, new RegExp(`^epochs: NaN ${count} 0`)],
    [{ epochs: 2 ** 31 }, new RegExp(`^epochs: 2147483648 ${count} 0`)],
    [{ epochs: "3" }, new RegExp(`^epochs: '3' ${count} 0`)],
    [{ steps: -1 }, new RegExp(`^steps: -1 ${count} 0`)],
    [{ seed: 1.5 }, new RegExp(`^seed: 1\\.5 ${count} 0 to 9007199254740991\\.$`)],
    [{ seed: 2 ** 53 }, new RegExp(`^seed: 9007199254740992 ${count} 0`)],
    [{ batchSize: 0 }, new RegExp(`^batchSize: 0 ${count} 1`)],
    // A batch is cut to the rows; that must not hide that it was none.
    [{ batchSize: Number.POSITIVE_INFINITY }, new RegExp(`^batchSize: Infinity ${count} 1`)],
    [{ validationSplit: 1 }, /^validationSplit: 1 is not a number above 0 and below 1\.$/],
    [{ shuffle: "no" }, /^shuffle: 'no' is not true or false\.$/],
    [{ dropLast: 1 }, /^dropLast: 1 is not true or false\.$/],
    [{ epoch: 3 }, /^epoch: there is no such option\. Did you mean epochs\?$/],
    [{ constructor: 3 }, /^constructor: there is no such option\./],
    [{ validationData: {} }, /^validationData: it is not a list\.$/],
    [{ onStep: 5 }, /^onStep: it is not a function\.$/],
    [{ callbacks: 5 }, /^callbacks: it is not an object\.$/],
    [{ signal: 5 }, /^signal: it is not an object\.$/],
  ])("%j", async (options, message) => {
    const model = denseModel.make();
    const before = weightsOf(model);
    await refuses(() => trainSmall(model, denseModel, options as FitOptions), message);
    await refuses(() => model.plan(options as FitOptions), message);
    expect(weightsOf(model)).toEqual(before);
  });
});

test("evaluate and predict refuse an impossible batch size", async () => {
  const [model, { x, y }] = [denseModel.make(), denseModel];
  await refuses(() => model.evaluate(x, y, { batchSize: 1.5 }), /^batchSize: 1\.5 is not/);
  await refuses(() => model.predict(x, { batchSize: -1 }), /^batchSize: -1 is not/);
});

test("options that are none, or those of another call", async () => {
  const [model, { x, y }] = [denseModel.make(), denseModel];
  const none = null as unknown as object;
  await refuses(() => model.compile(none), /^options: they are not an object\.$/);
  await refuses(() => model.predict(x, none), /^options: they are not an object\.$/);
  const metrics = { metrics: ["accuracy"] } as FitOptions;
  model.evaluate(x, y, metrics);
  await refuses(() => trainSmall(model, denseModel, metrics), /^metrics: there is no such option/);
});

test.each<[string, unknown, unknown]>([
  ["parameters", null, null],
  ["parameters", [[1, 2]], [[1, 2]]],
  ["parameters", [new Float32Array(0)], [new Float32Array(0)]],
  ["gradients", [new Float32Array(2)], [new Float64Array(2)]],
])("an optimizer's step refuses its %s: %j, %j", async (where, parameters, gradients) => {
  const optimizer = new Optimizer({ name: "adam" });
  const error = await errorOf(() =>
    optimizer.step(parameters as Float32Array[], gradients as Float32Array[]),
  );
  expect(error).toMatchObject({ code: "optimizer-sizes", where });
});

test("the compiler refuses by itself too", async () => {
  await refuses(() => compileSmall(denseModel, { epochs: -1 }), /^epochs: -1/);
  await refuses(() => compileSmall(denseModel, { seed: -1n }), /^seed: -1 is not/);
  await refuses(() => compileSmall(denseModel, { batch: 0 }), /^batch: 0/);
  const adamm = { name: "adamm" } as unknown as OptimizerOptions;
  await refuses(() => compileOptimizer(adamm, [3]), /^optimizer: 'adamm' is not known/);
});

test("the ends of the ranges are allowed", async () => {
  compileSmall(denseModel, { seed: 2n ** 64n - 1n });
  compileSmall(denseModel, { seed: Number.MAX_SAFE_INTEGER, steps: 2 ** 31 - 1 });
  compileSmall(denseModel, { optimizer: { name: "sgd", lr: 0, momentum: 0, weightDecay: 0 } });
  compileSmall(denseModel, { optimizer: { name: "adam", lr: 0, beta1: 0, beta2: 0, eps: 0 } });
});
