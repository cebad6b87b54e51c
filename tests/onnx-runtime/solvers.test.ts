import { expect, test } from "vitest";
import { type LinearSolution, solve } from "../../src/index.js";
import { runOnnx } from "../helpers/run-onnx.js";
import { largestDifference } from "../helpers/training.js";
import { cases } from "../solvers/solutions.js";
import { TOLERANCES } from "../tolerances.js";

const { x: rows, y: targets, labels, several } = cases.find(({ name }) => name === "tall")!;
const x = { shape: [rows.length, rows[0]!.length], data: Float32Array.from(rows.flat()) };
const y = Float32Array.from(targets);
const two = labels.map((label) => Number(label === 1));

test.each<[string, () => Promise<LinearSolution>]>([
  ["lasso", () => solve.lasso(x, y, { alpha: 0.1 })],
  ["elastic net", () => solve.elasticNet(x, y, { alpha: 0.1 })],
  [
    "ridge of three targets",
    () =>
      solve.ridge(
        x,
        several.map((row) => [...row]),
      ),
  ],
  ["least squares", () => solve.leastSquares(x, y)],
  ["logistic regression of two classes", () => solve.logistic(x, two)],
  ["logistic regression of three classes", () => solve.logistic(x, [...labels])],
])("a %s in ONNX Runtime", async (_, run) => {
  const { model } = await run();
  const ours = model.predict(x);
  const theirs = await runOnnx(model.toOnnx(), x);
  expect(theirs.shape).toEqual(ours.shape);
  const off = largestDifference(theirs.data, ours.data as Float32Array);
  expect(off).toBeLessThanOrEqual(TOLERANCES.onnxRuntime);
});
