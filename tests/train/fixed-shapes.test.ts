import { describe, expect, test } from "vitest";
import { Model } from "../../src/index.js";
import { bytes, counting, info, intAttribute, node, type Parts, weight } from "../onnx/model.js";

/** x [2, 3] transposed to y [3, 2]: what no model with a batch can do. */
const parts: Parts = {
  nodes: [node("Transpose", ["x"], ["y"], [intAttribute("perm", [1, 0])])],
  inputs: [info("x", [2, 3])],
  outputs: [info("y", [3, 2])],
};
const model = () => Model.fromOnnx(bytes(parts), { batch: "fixed" });
const x = counting(6);
const transposed = [1, 4, 2, 5, 3, 6];

describe("a model with fixed shapes", () => {
  test.each(["scalar", "simd"] as const)("predicts its whole input at once, %s", (flavour) => {
    const { shape, data } = model().predict({ shape: [2, 3], data: x }, { flavour });
    expect(shape).toEqual([3, 2]);
    expect([...data]).toEqual(transposed);
  });

  test("takes a flat input of as many numbers", () => {
    expect([...model().predict(x).data]).toEqual(transposed);
  });

  test.each([
    [{ shape: [3, 2], data: x }, "[3, 2]"],
    [{ shape: [1, 2, 3], data: x }, "[1, 2, 3]"],
    [counting(12), "[2, 6]"],
  ])("refuses another shape: %j", (input, shape) => {
    expect(() => model().predict(input)).toThrow(
      `x: an array of shape ${shape}, but the model's input is [2, 3]`,
    );
  });

  test("cannot be trained or evaluated", async () => {
    const reason = "input 'x': its shape [2, 3] has no batch N in front";
    const y = Int32Array.of(0, 1);
    expect(() => model().evaluate(x, y)).toThrow(reason);
    await expect(model().fit(x, y).next()).rejects.toThrow(reason);
  });
});

test("an output that no row enters comes once", () => {
  const constant: Parts = {
    nodes: [node("Relu", ["w"], ["y"])],
    initializers: [weight("w", 3)],
    outputs: [info("y", [3])],
  };
  const { shape, data } = Model.fromOnnx(bytes(constant)).predict({
    shape: [5, 4],
    data: counting(20),
  });
  expect(shape).toEqual([3]);
  expect([...data]).toEqual([1, 2, 3]);
});
