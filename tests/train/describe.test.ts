import { expect, test } from "vitest";
import { describeOnnx } from "../../src/train/describe.js";
import { bytes, node } from "../onnx/model.js";

test("a refused node is found by its name, whatever else the error quotes", () => {
  // A name may hold anything, and the text of the error quotes it.
  const refused = "behind node 'first'";
  const nodes = [
    node("Relu", ["x"], ["a"], [], "first"),
    node("Dropout", ["a", "x"], ["b"], [], refused),
    node("Relu", ["b"], ["y"], [], "last"),
  ];
  expect(describeOnnx(bytes({ nodes })).unsupported).toEqual([
    {
      name: refused,
      op: "Dropout",
      problem: expect.stringContaining("its ratio is not a constant"),
    },
  ]);
});
