import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StropError } from "../../src/errors.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { importOnnx } from "../../src/onnx/import.js";
import { bytes, info, intAttribute, intTensor, node, weight } from "./model.js";

/** A model with every family of op, small enough that a flipped byte often hits something that counts. */
const valid = bytes({
  nodes: [
    node("Conv", ["x", "w1"], ["c"], [intAttribute("pads", [1, 1, 1, 1])]),
    node("BatchNormalization", ["c", "g", "b", "m", "v"], ["n"]),
    node("Relu", ["n"], ["r"]),
    node("Shape", ["r"], ["s"]),
    node("Gather", ["s", "zero"], ["k"]),
    node("Concat", ["k", "minus"], ["t"], [intAttribute("axis", 0)]),
    node("Reshape", ["r", "t"], ["f"]),
    node("Transpose", ["w2"], ["w2t"]),
    node("MatMul", ["f", "w2t"], ["q"]),
    node("Softmax", ["q"], ["y"]),
  ],
  initializers: [
    weight("w1", 2, 1, 3, 3),
    ...["g", "b", "m", "v"].map((name) => weight(name, 2)),
    intTensor("zero", [0]),
    intTensor("minus", [-1]),
    weight("w2", 3, 18),
  ],
  inputs: [info("x", ["N", 1, 3, 3])],
});

/** Reading either works, and then writing does too, or ends in a StropError. */
function tryModel(given: Uint8Array): void {
  try {
    const { proto } = importOnnx(given);
    exportOnnx(proto, new Map());
  } catch (error) {
    if (!(error instanceof StropError)) throw error;
    expect(error.message).not.toMatch(/protobuf|\.js:|undefined|NaN/);
  }
}

describe("hostile bytes", () => {
  test("the model itself is valid", () => {
    expect(importOnnx(valid).graph.nodes).toHaveLength(6);
  });

  test("every truncation", () => {
    for (let length = 0; length < valid.length; length++) tryModel(valid.slice(0, length));
  });

  test("every byte set to 0, 0x7f, 0x80 and 0xff", () => {
    for (let at = 0; at < valid.length; at++) {
      for (const byte of [0, 0x7f, 0x80, 0xff]) {
        const damaged = valid.slice();
        damaged[at] = byte;
        tryModel(damaged);
      }
    }
  });

  test("a few bytes changed, cut out or put in", () => {
    const change = fc.record({
      at: fc.nat(valid.length - 1),
      remove: fc.nat(4),
      insert: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let damaged = [...valid];
        for (const { at, remove, insert } of changes) {
          damaged = [...damaged.slice(0, at), ...insert, ...damaged.slice(at + remove)];
        }
        tryModel(Uint8Array.from(damaged));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test("noise", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), tryModel), { numRuns: 1000, seed: 1 });
  });
});
