import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  conv2d,
  dense,
  flatten,
  type Input,
  input,
  type LossOptions,
  type Model,
  type ModelOptions,
  sequential,
  sigmoid,
  softmax,
} from "../../src/index.js";
import { balanced } from "../../src/train/class-weights.js";
import { TestRandom } from "../helpers/random.js";
import { CLASSES, denseModel, ROWS, trainSmall } from "../helpers/small-models.js";

const { x, y } = denseModel;
const random = new TestRandom(91);

/** A dense model of so many outputs for the rows of denseModel. */
function model(units: number, ...end: ReturnType<typeof sigmoid>[]): Model {
  return sequential([input({ shape: [6] }), dense({ units: 5 }), dense({ units }), ...end]);
}

const lossNameOf = async (made: Model, y: Input) => {
  for await (const _ of made.fit(x, y, { steps: 1 }));
  return made.lastFit!.lossName;
};

const bits = Int32Array.from({ length: ROWS }, (_, i) => Number(i % 3 === 0));
const floats = (width: number) => ({
  shape: [ROWS, width],
  data: random.array(ROWS * width, 0.5, 0.5),
});

describe("the loss by the labels' type", () => {
  test("whole numbers: classes of several outputs, yes or no of one", async () => {
    expect(await lossNameOf(model(CLASSES), y)).toBe("cross-entropy");
    expect(await lossNameOf(model(1), bits)).toBe("binary-cross-entropy");
  });

  test("floats: values, unless they are one whole number a row for several outputs", async () => {
    expect(await lossNameOf(model(CLASSES), floats(CLASSES))).toBe("mse");
    expect(await lossNameOf(model(1), floats(1))).toBe("mse");
    expect(await lossNameOf(model(CLASSES), Float32Array.from(y))).toBe("cross-entropy");
  });

  test("one-hot rows of whole numbers are soft labels", async () => {
    const data = new Int32Array(ROWS * CLASSES);
    for (const [row, label] of y.entries()) data[row * CLASSES + label] = 1;
    const made = model(CLASSES);
    const soft = made.evaluate(x, { shape: [ROWS, CLASSES], data });
    expect(soft.loss).toBeCloseTo(made.evaluate(x, y).loss, 6);
    expect(soft.accuracy).toBeUndefined();
  });
});

describe("what is wrong with targets or options", () => {
  const cases: readonly [string, ModelOptions["loss"], Model, Input, RegExp][] = [
    [
      "a third answer",
      undefined,
      model(1),
      bits.with(7, 2),
      /^y row 7: target 2 is not from 0 to 1\. Fix the targets, or give --loss mse\.$/,
    ],
    [
      "no sign",
      "hinge",
      model(3),
      { shape: [ROWS, 3], data: new Float32Array(ROWS * 3).fill(1).with(8, 0.5) },
      /^y row 2: target 0\.5 is not -1, 0 or 1\./,
    ],
    [
      "no probability",
      "cross-entropy",
      model(3),
      { shape: [ROWS, 3], data: new Float32Array(ROWS * 3).with(3, -0.5) },
      /^y row 1: target -0\.5 is not from 0 to 1\. Give class numbers, or a probability/,
    ],
    [
      "an ignored label does not let others through",
      { name: "cross-entropy", ignoreLabel: -100 },
      model(CLASSES),
      y.with(3, -100).with(5, -1),
      /^y row 5: label -1, but the model has 4 classes\./,
    ],
    [
      "too few weights",
      { name: "cross-entropy", classWeights: [1, 2] },
      model(CLASSES),
      y,
      /^--class-weights: 2 are given, but the model has 4 classes\.$/,
    ],
    [
      "balanced soft labels",
      { name: "cross-entropy", classWeights: "balanced" },
      model(CLASSES),
      floats(CLASSES),
      /^--class-weights: 'balanced' counts class labels, but there are none\./,
    ],
    [
      "labels ignored among soft ones",
      { name: "cross-entropy", ignoreLabel: 1 },
      model(CLASSES),
      floats(CLASSES),
      /^--ignore-label: 1 is given, but the targets are probabilities\.$/,
    ],
    [
      "classes of an image",
      "cross-entropy",
      sequential([input({ shape: [1, 2, 3] }), conv2d({ filters: 1, kernelSize: 1 })]),
      y,
      /^y: class labels for an output of shape \[N, 1, 2, 3\]\.$/,
    ],
  ];
  test.each(cases)("%s", (_, loss, made, targets, message) => {
    const rows = { shape: [ROWS, 6], data: x.data };
    const evaluate = () => made.compile(loss ? { loss } : {}).evaluate(rows, targets);
    expect(evaluate).toThrow(message);
  });
});

describe("rows that do not count", () => {
  const loss: LossOptions = { name: "cross-entropy", ignoreLabel: 2, classWeights: [1, 3, 1, 0.5] };

  test("the loss of the whole set does not hang on the batch", () => {
    const made = denseModel.make().compile({ loss });
    const all = made.evaluate(x, y, { batchSize: "all" });
    for (const batchSize of [1, 7, 36]) {
      const result = made.evaluate(x, y, { batchSize });
      expect(result.loss).toBeCloseTo(all.loss, 6);
      expect(result).toMatchObject({ accuracy: all.accuracy, zeroOneError: all.zeroOneError });
    }
  });

  test("they are no answers, neither right nor wrong", () => {
    const metrics = ["confusion", "top-1"] as const;
    const made = denseModel.make();
    const [everything, counted] = [{}, { loss }].map((options) =>
      made.compile({ ...options, metrics }).evaluate(x, y),
    );
    const kept = y.filter((label) => label !== 2).length;
    const right = everything!.confusion!.reduce((sum, row, i) => sum + (i === 2 ? 0 : row[i]!), 0);
    expect(counted!.accuracy).toBe(right / kept);
    expect(counted!.zeroOneError).toBe((kept - right) / kept);
    expect(counted!["top-1"]).toBe(right / kept);
    expect(counted!.confusion![2]).toEqual([0, 0, 0, 0]);
  });

  test("none counts: the loss is 0, there is no accuracy, and training moves nothing", async () => {
    const labels = new Int32Array(ROWS).fill(2);
    const options = { loss, optimizer: { name: "sgd", lr: 1 }, bn: "frozen" } as const;
    const made = denseModel.make().compile(options);
    expect(made.evaluate(x, labels)).toEqual({ rows: ROWS, loss: 0 });
    const before = made.predict(x);
    const { loss: trained } = await trainSmall(made, { x, y: labels });
    expect(trained).toBe(0);
    expect(made.predict(x)).toEqual(before);
  });

  test("the epoch's loss is the mean over the rows that count", async () => {
    const still = { optimizer: { name: "sgd", lr: 0 }, bn: "frozen" } as const;
    const made = denseModel.make().compile({ loss, ...still });
    const { loss: trained } = await trainSmall(made, { x, y }, { epochs: 1 });
    expect(trained).toBeCloseTo(made.evaluate(x, y).loss, 6);
  });
});

describe("balanced class weights", () => {
  const fixture = JSON.parse(
    readFileSync(new URL("../fixtures/class-weights.json", import.meta.url), "utf8"),
  );
  const loss: LossOptions = { name: "cross-entropy", classWeights: "balanced" };
  const weightsOf = (labels: readonly number[], classes: number, ignoreLabel?: number) => {
    const targets = { kind: "classes", elements: 1, data: Int32Array.from(labels) } as const;
    const given = ignoreLabel === undefined ? loss : { ...loss, ignoreLabel };
    const result = balanced(given, targets, classes);
    return result.name === "cross-entropy" && result.classWeights;
  };

  test("as scikit-learn's", () => {
    expect(weightsOf(fixture.labels, 4)).toEqual(fixture.weights);
    const withIgnored = [...fixture.labels, 9, 9];
    expect(weightsOf(withIgnored, 4, 9)).toEqual(fixture.weights);
  });

  test("a class without rows has none", () => {
    expect(weightsOf([0, 2], 3)).toEqual([2 / 3, 0, 2 / 3]);
  });

  test("they are those of the rows that are trained on, not of the held-out ones", async () => {
    const options = { validationSplit: 0.4, epochs: 1 };
    const made = denseModel.make().compile({ loss });
    const { loss: resolved } = made.prepare(x, y, options);
    const whole = weightsOf([...y], CLASSES);
    expect(resolved).toMatchObject({ classWeights: expect.any(Array), targets: "classes" });
    expect(resolved).not.toMatchObject({ classWeights: whole });
    const { fingerprint } = await trainSmall(made, { x, y }, options);
    const explicit = denseModel.make().compile({ loss: resolved });
    expect((await trainSmall(explicit, { x, y }, options)).fingerprint).toBe(fingerprint);
  });
});

describe("a loss on what goes into the last node", () => {
  const notesOf = (made: Model, loss: ModelOptions["loss"], targets: Input) => {
    const notes: string[] = [];
    const compiled = made.compile(loss ? { loss } : {});
    const result = compiled.evaluate(x, targets, { onNote: (note) => notes.push(note) });
    return { notes: notes.filter((note) => note.startsWith("the model ends")), result };
  };

  test("Sigmoid and binary-cross-entropy: told, and the same as without", () => {
    const { notes, result } = notesOf(model(1, sigmoid()), undefined, bits);
    expect(notes).toEqual([
      expect.stringMatching(
        /^the model ends in Sigmoid '.+': the binary-cross-entropy is taken on/,
      ),
    ]);
    expect(result).toEqual(notesOf(model(1), undefined, bits).result);
  });

  test("each end belongs to one loss", () => {
    expect(notesOf(model(1, sigmoid()), "mse", bits).notes).toEqual([]);
    expect(notesOf(model(CLASSES, sigmoid()), "cross-entropy", y).notes).toEqual([]);
    const both = model(CLASSES, softmax());
    expect(notesOf(both, "binary-cross-entropy", floats(CLASSES)).notes).toEqual([]);
    expect(notesOf(both, "cross-entropy", y).notes).toHaveLength(1);
  });

  test("an image that ends in Sigmoid: the targets are in ONNX's order", async () => {
    const layers = [
      input({ shape: [2, 3, 4] }),
      conv2d({ filters: 3, kernelSize: 2 }),
      conv2d({ filters: 2, kernelSize: 1 }),
    ];
    const rows = { shape: [8, 2, 3, 4], data: random.array(8 * 24) };
    const targets = { shape: [8, 2, 2, 3], data: random.array(8 * 12, 0.5, 0.5) };
    const loss = "binary-cross-entropy";
    const ends = [[], [sigmoid()], [flatten()], [sigmoid(), flatten()]];
    const results = [];
    for (const end of ends) {
      const made = sequential([...layers, ...end]).compile({ loss });
      const shape = end.length && end.at(-1) !== ends[1]![0] ? [8, 12] : targets.shape;
      results.push(await trainSmall(made, { x: rows, y: { ...targets, shape } as never }));
    }
    const [first, ...others] = results.map(({ loss, fingerprint }) => ({ loss, fingerprint }));
    for (const other of others) expect(other).toEqual(first);
  });
});

describe("right answers of yes and no", () => {
  const right = (made: Model, threshold: number, wanted: (i: number) => boolean) => {
    const { data } = made.predict(x);
    return Array.from(data as Float32Array, Number).filter((v, i) => v > threshold === wanted(i));
  };

  test.each(["binary-cross-entropy", "hinge"] as const)("%s: one output and labels", (loss) => {
    const made = model(1).compile({ loss });
    const { accuracy, zeroOneError } = made.evaluate(x, bits, { batchSize: 5 });
    expect(accuracy).toBe(right(made, 0, (i) => bits[i] === 1).length / ROWS);
    expect(zeroOneError).toBe(1 - accuracy!);
  });

  test("hinge: labels 0 and 1 are signs", () => {
    const made = model(1).compile({ loss: "hinge" });
    const signs = { shape: [ROWS, 1], data: Float32Array.from(bits, (bit) => 2 * bit - 1) };
    expect(made.evaluate(x, bits)).toEqual(made.evaluate(x, signs));
  });

  test("several outputs count each for itself", () => {
    const made = model(3).compile({ loss: "binary-cross-entropy" });
    const targets = floats(3);
    const { accuracy } = made.evaluate(x, targets);
    const expected = right(made, 0, (i) => targets.data[i]! > 0.5).length / (3 * ROWS);
    expect(accuracy).toBeCloseTo(expected, 12);
  });

  test("there are none of a regression", () => {
    for (const loss of ["mse", "mae", "huber"] as const) {
      const result = model(2).compile({ loss }).evaluate(x, floats(2));
      expect(Object.keys(result)).toEqual(["rows", "loss"]);
    }
  });
});
