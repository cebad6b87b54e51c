import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dense, input, sequential } from "../../src/index.js";
import { confusionMatrix, topK } from "../../src/train/metrics/classification.js";
import { meanAbsoluteError, r2, rootMeanSquaredError } from "../../src/train/metrics/regression.js";
import { smallModels } from "../helpers/small-models.js";
import { TOLERANCES } from "../tolerances.js";

// scripts/fixtures/metrics.py: scikit-learn's numbers.
const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/metrics.json", import.meta.url), "utf8"),
);

describe("as scikit-learn", () => {
  const { scores, classes, labels, accuracy, confusion, topK: tops } = fixture.classification;
  const classified = { scores: Float32Array.from(scores), classes, labels };

  test("top-k", () => {
    for (const [k, share] of Object.entries(tops)) {
      expect(topK(classified, Number(k)), k).toBeCloseTo(share as number, 12);
    }
    expect(topK(classified, 1)).toBeCloseTo(accuracy, 12);
  });

  test("confusion matrix", () => {
    expect(confusionMatrix(classified)).toEqual(confusion);
  });

  test("mae, rmse and R², a constant target among the columns", () => {
    const { outputs, targets, width, ...expected } = fixture.regression;
    const given = { outputs: Float32Array.from(outputs), targets, width };
    expect(meanAbsoluteError(given)).toBeCloseTo(expected.mae, 12);
    expect(rootMeanSquaredError(given)).toBeCloseTo(expected.rmse, 12);
    expect(r2(given)).toBeCloseTo(expected.r2, 10);
    expect(r2({ ...given, outputs: Float32Array.from(targets) })).toBe(expected.r2Exact);
  });
});

test("a label outside the classes does not count", () => {
  const scores = Float32Array.of(1, 0, 0, 1);
  expect(topK({ scores, classes: 2, labels: [0, -1] }, 1)).toBe(1);
  expect(confusionMatrix({ scores, classes: 2, labels: [0, -1] })).toEqual([
    [1, 0],
    [0, 0],
  ]);
});

describe.each(smallModels)("evaluate: $name", ({ make, x, y }) => {
  test("the confusion matrix and top-1 agree with the core's accuracy", () => {
    const metrics = ["top-1", "top-2", "confusion"] as const;
    const result = make().evaluate(x, y, { metrics });
    const right = result.confusion!.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(right / y.length).toBe(result.accuracy);
    expect(result["top-1"]).toBe(result.accuracy);
    expect(result["top-2"]).toBeGreaterThan(result["top-1"]!);
    expect(result.confusion!.flat().reduce((a, b) => a + b, 0)).toBe(y.length);
    expect(result.mae).toBeUndefined();
  });
});

test("evaluate: of values, the loss is the square of rmse", () => {
  const model = sequential([input({ shape: [2] }), dense({ units: 3 })]);
  model.compile({ loss: "mse", metrics: ["mae", "rmse", "r2", "confusion"] });
  const x = { shape: [4, 2], data: Float32Array.of(1, 2, 3, 4, -1, 0, 0.5, 0.25) };
  const y = { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => (i % 5) / 4) };
  const { loss, mae, rmse, r2: share, confusion } = model.evaluate(x, y);
  expect(Math.abs(rmse! ** 2 - loss)).toBeLessThanOrEqual(TOLERANCES.f32Reduction);
  expect(mae).toBeLessThanOrEqual(rmse!);
  expect(share).toBeLessThan(1);
  expect(confusion).toBeUndefined();
});

test.each(["top-0", "top-", "acuracy", "r-2"])("'%s' is no metric", (name) => {
  const model = sequential([input({ shape: [2] }), dense({ units: 3 })]);
  expect(() => model.compile({ metrics: [name as "mae"] })).toThrow(`'${name}' is no metric`);
});
