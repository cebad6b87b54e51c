import type { ModelProto } from "onnx-buf";
import { describe, expect, test } from "vitest";
import type { ParsedModel } from "../../src/onnx/parse.js";
import {
  floatAttribute,
  floatTensor,
  info,
  intTensor,
  model,
  node,
  type Parts,
} from "../onnx/model.js";
import { difference } from "./compare.js";
import { fallen, ratchetOf } from "./ratchet.js";
import { type Result, runCase } from "./run.js";

// What the harness says of cases that are right, wrong and refused.

const values = (...numbers: number[]) => Float32Array.from(numbers);

function outcome(parts: Parts, inputs: readonly Float32Array[], right: Float32Array): Result {
  const proto = model(parts) as ModelProto as ParsedModel;
  const shaped = (data: Float32Array, i: number) => floatTensor(`${i}`, [2, data.length / 2], data);
  return runCase({
    id: "test",
    op: "op",
    model: proto,
    inputs: inputs.map(shaped),
    outputs: [shaped(right, 0)],
  });
}

const addition: Parts = {
  nodes: [node("Add", ["x", "w"], ["y"])],
  inputs: [info("x", [2, 2]), info("w", [2, 2])],
  outputs: [info("y", [2, 2])],
};
const operands = [values(1, 2, 3, 4), values(10, 20, 30, 40)];

describe("conformance harness", () => {
  test("right numbers pass", () => {
    expect(outcome(addition, operands, values(11, 22, 33, 44)).status).toBe("passed");
  });

  test("a wrong number fails, and is named", () => {
    const { status, why } = outcome(addition, operands, values(11, 22, 33, 45));
    expect(status).toBe("failed");
    expect(why).toBe("element 3 is 44 where 45 is right");
  });

  test("what the importer refuses is not supported, in its words", () => {
    const parts = { ...addition, nodes: [node("Det", ["x"], ["y"])] };
    const { status, why } = outcome(parts, operands, values(0, 0, 0, 0));
    expect(status).toBe("unsupported");
    expect(why).toBe("node 'det' is a Det, which Strop does not support yet");
  });

  test("an op that moves the first axis runs with fixed shapes", () => {
    const parts = { ...addition, nodes: [node("Transpose", ["x"], ["y"])] };
    expect(outcome(parts, operands, values(1, 3, 2, 4)).status).toBe("passed");
  });

  test("tolerance, NaN and infinities as numpy.testing.assert_allclose", () => {
    const right = floatTensor("y", [3], values(1000, Number.NaN, Number.NEGATIVE_INFINITY));
    const compare = (...data: number[]) => difference({ shape: [3], data: values(...data) }, right);
    expect(compare(1000.9, Number.NaN, Number.NEGATIVE_INFINITY)).toBeUndefined();
    expect(compare(1001.1, Number.NaN, Number.NEGATIVE_INFINITY)).toContain("element 0");
    expect(compare(1000, 0, Number.NEGATIVE_INFINITY)).toContain("element 1");
    expect(compare(1000, Number.NaN, Number.POSITIVE_INFINITY)).toContain("element 2");
  });

  test("a wrong shape or type is a difference", () => {
    const computed = { shape: [1, 2], data: values(1, 2) };
    expect(difference(computed, floatTensor("y", [2], values(1, 2)))).toContain("the shape [1,2]");
    expect(difference(computed, intTensor("y", [1, 2]))).toBe("float32 where INT64 is right");
  });

  /** One step of an optimizer on one parameter of one element; outputs are parameter and states. */
  function optimizerStep(
    op: string,
    attributes: Readonly<Record<string, number>>,
    step: number,
    before: readonly number[],
    after: readonly number[],
  ): Result {
    const names = ["r", "t", "w", "g", "v"];
    const floats = Object.entries(attributes).map(([name, value]) => floatAttribute(name, value));
    const scalar = (value: number) => floatTensor("", [1], values(value));
    const [rate, ...others] = before.map(scalar);
    return runCase({
      id: "test",
      op,
      model: model({
        nodes: [node(op, names, ["w2", "v2"], floats)],
        inputs: names.map((name) => info(name, [1])),
        outputs: [info("w2", [1]), info("v2", [1])],
        change: (proto) => {
          proto.graph!.node[0]!.domain = "ai.onnx.preview.training";
        },
      }) as ModelProto as ParsedModel,
      inputs: [rate, intTensor("t", [step]), ...others],
      outputs: after.map(scalar),
    });
  }

  test("momentum runs through the optimizer, and sees a wrong state", () => {
    const run = (state: number) =>
      optimizerStep("Momentum", { alpha: 0.5 }, 0, [0.1, 2, 3, 4], [1.5, state]);
    expect(run(5)).toMatchObject({ status: "passed" });
    expect(run(4)).toMatchObject({ status: "failed", why: "element 0 is 5 where 4 is right" });
  });

  test("after the first step momentum takes beta of the gradient, and Adagrad's rate decays", () => {
    const attributes = { alpha: 0.5, beta: 0.25 };
    const later = optimizerStep("Momentum", attributes, 1, [1, 2, 4, 2], [0, 2]);
    expect(later).toMatchObject({ status: "passed" });
    const first = optimizerStep("Momentum", attributes, 0, [1, 2, 4, 2], [-3, 5]);
    expect(first).toMatchObject({ status: "passed" });
    // 2 − 8/(1 + 3·1)·3/√(16 + 9)
    const decay = { decay_factor: 1, epsilon: 0 };
    expect(optimizerStep("Adagrad", decay, 3, [8, 2, 3, 16], [0.8, 25])).toMatchObject({
      status: "passed",
    });
  });

  test("the ratchet names what passed before", () => {
    const of = (...statuses: Result["status"][]) =>
      statuses.map((status, i) => ({ id: `${i}`, op: "op", status }));
    const before = ratchetOf("suite 1", of("passed", "passed", "unsupported"));
    expect(before.totals).toEqual({ passed: 2, failed: 0, unsupported: 1 });
    const now = of("passed", "unsupported", "passed");
    expect(fallen(before, ratchetOf("suite 1", now), now)).toEqual(["1"]);
    const gone = of("passed");
    expect(fallen(before, ratchetOf("suite 1", gone), gone)).toEqual(["1"]);
    expect(fallen(before, ratchetOf("suite 2", gone), gone)).toEqual([]);
  });
});
