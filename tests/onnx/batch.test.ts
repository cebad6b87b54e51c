import { describe, expect, test } from "vitest";
import type { Shape } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { importOnnx } from "../../src/onnx/import.js";
import { bytes, info, intTensor, node, type Parts } from "./model.js";

/** x → Reshape to these sizes → y, with x's axes as the file declares them. */
function reshaped(dims: readonly (number | string)[], sizes: number[]): Parts {
  const x = info("x", dims.map((dim) => (typeof dim === "number" ? dim : "N")) as Shape);
  const value = x.type!.value;
  if (value.case !== "tensorType") throw new Error("no tensor");
  dims.forEach((dim, axis) => {
    if (typeof dim === "number") return;
    value.value.shape!.dim[axis]!.value = { case: "dimParam", value: dim };
  });
  return {
    nodes: [node("Reshape", ["x", "s"], ["y"])],
    initializers: [intTensor("s", sizes)],
    inputs: [x],
  };
}

const shapeOfY = (parts: Parts, inputShape?: Record<string, number[]>) =>
  inferShapes(importOnnx(bytes(parts), inputShape ? { inputShape } : {}).graph).get("y")!.shape;

describe("batch", () => {
  test.each([["batch"], ["N"], [-1], [0], [1]])("first axis %s is free", (first) => {
    expect(shapeOfY(reshaped([first, 2, 3], [-1, 6]))).toEqual(["N", 6]);
  });

  test("a batch fixed at 1 is freed where the Reshapes permit it, and said so", () => {
    const { graph, notes } = importOnnx(bytes(reshaped([1, 2, 3], [1, 6])));
    expect(inferShapes(graph).get("y")!.shape).toEqual(["N", 6]);
    expect(notes).toEqual(["the batch was fixed at 1 and is free now"]);
    expect(importOnnx(bytes(reshaped(["N", 2, 3], [0, 6]))).notes).toEqual([]);
    expect(() => shapeOfY(reshaped([1, 2, 3], [6]))).toThrow("moves or mixes the batch N");
    expect(() => shapeOfY(reshaped(["N", 2, 3], [1, 6]))).toThrow("moves or mixes the batch N");
  });

  test("another fixed batch is refused with the way out", () => {
    const parts = reshaped([32, 2, 3], [32, 6]);
    expect(() => shapeOfY(parts)).toThrow(
      "input 'x': its batch is fixed at 32. Export the model with a free first axis, or try --input-shape x=1,2,3.",
    );
    expect(shapeOfY(parts, { x: [1, 2, 3] })).toEqual(["N", 6]);
  });

  test("a second free axis needs --input-shape", () => {
    const parts = reshaped(["N", 2, "time"], [0, -1]);
    expect(() => shapeOfY(parts)).toThrow(
      "input 'x': the size of time is free. Give every size but the batch: --input-shape x=1,2,time.",
    );
    expect(shapeOfY(parts, { x: [1, 2, 7] })).toEqual(["N", 14]);
  });

  test("an input without shape needs --input-shape", () => {
    const change: Parts["change"] = (proto) => {
      const value = proto.graph!.input[0]!.type!.value;
      if (value.case === "tensorType") value.value.shape = undefined;
    };
    const parts = { ...reshaped(["N", 2, 3], [0, -1]), change };
    expect(() => shapeOfY(parts)).toThrow("its shape is not in the file");
    expect(shapeOfY(parts, { x: [1, 2, 4] })).toEqual(["N", 8]);
  });

  test.each([
    [{ x: [2, 2, 3] }, "the first size is the batch and must be 1"],
    [{ x: [1, 2, 4] }, "the file says [N, 2, 3]"],
    [{ x: [1, 2] }, "the file says [N, 2, 3]"],
    [{ x: [1, 2, 0] }, "sizes are whole numbers above 0"],
    [{ z: [1] }, "the model has no input 'z'"],
  ] as Record<string, number[]>[][])("--input-shape %j: %s", (given, message) => {
    const parts = reshaped(["N", 2, 3], [0, -1]);
    expect(() => shapeOfY(parts, given)).toThrow(message as unknown as string);
  });

  describe("fixed", () => {
    const shapeFixed = (parts: Parts, inputShape: Record<string, number[]> = {}) =>
      inferShapes(importOnnx(bytes(parts), { batch: "fixed", inputShape }).graph).get("y")!.shape;

    test("the file's shapes stay, and no axis is the batch", () => {
      const { graph, notes } = importOnnx(bytes(reshaped([4, 2, 3], [6, 4])), { batch: "fixed" });
      expect(graph.inputs[0]!.shape).toEqual([4, 2, 3]);
      expect(inferShapes(graph).get("y")!.shape).toEqual([6, 4]);
      expect(notes).toEqual([]);
    });

    test("a free axis must be given, the first one too", () => {
      const parts = reshaped(["N", 2, 3], [-1]);
      expect(() => shapeFixed(parts)).toThrow(
        "input 'x': the size of N is free. Give every size: --input-shape x=N,2,3.",
      );
      expect(shapeFixed(parts, { x: [5, 2, 3] })).toEqual([30]);
      const fixed = reshaped([4, 2, 3], [-1]);
      expect(() => shapeFixed(fixed, { x: [5, 2, 3] })).toThrow("the file says [4, 2, 3]");
    });

    test("a scalar has no axis", () => {
      expect(shapeFixed(reshaped([], [1, 1]))).toEqual([1, 1]);
    });
  });
});
