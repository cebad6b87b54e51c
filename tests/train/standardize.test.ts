import { describe, expect, test } from "vitest";
import { splitRows } from "../../src/data/split.js";
import { channelStatistics } from "../../src/data/statistics.js";
import { type FitOptions, Model, type NumberArray } from "../../src/index.js";
import { convModel, denseModel, ROWS, type SmallModel } from "../helpers/small-models.js";

/** Rows as a sensor gives them: each channel of another size, far from 0. */
function raw({ x }: SmallModel, inner: number): NumberArray {
  const channels = x.data.length / ROWS / inner;
  const data = (x.data as Float32Array).map((value, i) => {
    const channel = Math.floor(i / inner) % channels;
    return value * 10 ** channel + 50 * channel;
  });
  return { ...x, data };
}

/** The same in f32, by hand. */
function byHand(x: NumberArray, inner: number): NumberArray {
  const channels = x.data.length / ROWS / inner;
  const { mean, std } = channelStatistics(x.data as Float32Array, channels, inner);
  const data = (x.data as Float32Array).map((value, i) => {
    const channel = Math.floor(i / inner) % channels;
    return Math.fround(value - mean[channel]!) / std[channel]!;
  });
  return { ...x, data };
}

async function fitted(model: Model, x: NumberArray, y: Int32Array, options: FitOptions = {}) {
  for await (const _ of model.fit(x, y, { epochs: 2, batchSize: 8, ...options }));
  return model.lastFit!;
}

const cases: [SmallModel, number][] = [
  [denseModel, 1],
  [convModel, 35],
];
describe.each(cases)("$name", (small, inner) => {
  const x = raw(small, inner);
  const { y } = small;

  test("the model on raw rows is the old one on standardised rows", () => {
    const model = small.make().standardize(x);
    const { data } = small.make().predict(byHand(x, inner));
    expect(model.predict(x).data).toEqual(data);
    const read = Model.fromOnnx(model.toOnnx());
    expect(read.predict(x).data).toEqual(data);
  });

  test("training on raw rows is training on standardised rows", async () => {
    const model = small.make().compile();
    const { fingerprint } = await fitted(model, x, y, { standardize: true });
    const hand = small.make().compile();
    expect(fingerprint).toBe((await fitted(hand, byHand(x, inner), y)).fingerprint);
    expect(model.predict(x).data).toEqual(hand.predict(byHand(x, inner)).data);
    // What was learned stays when it is scaled anew.
    model.standardize(byHand(x, inner));
    expect(model.parameters().filter(({ trainable }) => trainable)).toEqual(
      hand.parameters().filter(({ trainable }) => trainable),
    );
  });

  test("rows held out are not looked at", async () => {
    const options = { standardize: true, validationSplit: 0.3, seed: 4 };
    const model = small.make().compile();
    await fitted(model, x, y, options);
    const width = x.data.length / ROWS;
    const rows = [...splitRows(ROWS, 0.3, 4).train].flatMap((row) => [
      ...(x.data as Float32Array).subarray(row * width, (row + 1) * width),
    ]);
    const { mean } = channelStatistics(Float32Array.from(rows), width / inner, inner);
    const [input] = model.graph.inputs;
    expect(model.graph.initializers.get(`${input!.name}_mean`)!.data).toEqual(mean);
  });
});

test("mean and deviation are constants, whatever is asked to be trained", () => {
  const model = denseModel.make().standardize(raw(denseModel, 1)).compile();
  const input = model.graph.inputs[0]!.name;
  const own = [`${input}_mean`, `${input}_std`];
  const rows = model.parameters().filter(({ name }) => own.includes(name));
  expect(rows.map(({ role, trainable }) => [role, trainable])).toEqual([
    ["constant", false],
    ["constant", false],
  ]);
  expect(() => model.compile({ trainOnly: ["*_mean"] })).toThrow("--train-only");
});

test("a plan counts what standardisation takes, without rows", () => {
  const model = denseModel.make().compile();
  const { arenaBytes } = model.plan();
  expect(model.plan({ standardize: true }).arenaBytes).toBeGreaterThan(arenaBytes);
  expect(model.plan().arenaBytes).toBe(arenaBytes);
});

test("standardize is true or false", () => {
  const model = denseModel.make().compile();
  expect(() => model.plan({ standardize: "yes" as unknown as boolean })).toThrow("standardize");
});
