import { describe, expect, test } from "vitest";
import { sequential } from "../../src/graph/builder.js";
import type { Graph } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { dense, input, relu, softmax } from "../../src/graph/layers.js";
import { buildOnnx } from "../../src/onnx/build.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { replaceHead } from "../../src/onnx/head.js";
import { importOnnx, importProto } from "../../src/onnx/import.js";
import { gemmParts, info, intAttribute, model, node, type Parts, weight } from "./model.js";

const replaced = (parts: Parts, classes: number, seed = 0) => {
  const proto = model(parts);
  return replaceHead(importProto(proto).graph, proto, classes, seed);
};
const outputShape = (graph: Graph) => inferShapes(graph).get(graph.outputs[0]!)!.shape;
const shapeIn = (graph: Graph, name: string) => graph.initializers.get(name)!.shape;

describe("replaceHead", () => {
  test("Gemm with bias: fresh weights by Xavier, bias zero, the output's declared size", () => {
    const { graph, proto } = replaced(gemmParts(), 7);
    expect(outputShape(graph)).toEqual(["N", 7]);
    expect(shapeIn(graph, "w")).toEqual([7, 4]);
    expect([...graph.initializers.get("b")!.data]).toEqual(new Array(7).fill(0));
    const data = graph.initializers.get("w")!.data as Float32Array;
    expect(data.every((value) => Math.abs(value) <= Math.sqrt(6 / 11))).toBe(true);
    expect(new Set(data).size).toBe(28);
    expect(proto.graph!.output).toEqual([info("y", ["N", 7])]);
    expect(importOnnx(exportOnnx(proto, new Map())).graph).toEqual(graph);
  });

  test("the given model is not changed; the seed makes the weights", () => {
    const proto = model(gemmParts());
    const before = structuredClone(proto);
    replaceHead(importProto(proto).graph, proto, 7, 0);
    expect(structuredClone(proto)).toEqual(before);
    const weights = (seed: number) => replaced(gemmParts(), 7, seed).graph.initializers.get("w");
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  test("MatMul and Add with a weight behind Transpose, Softmax behind, initializers as inputs", () => {
    const parts: Parts = {
      nodes: [
        node("Transpose", ["w"], ["t"], [intAttribute("perm", [1, 0])]),
        node("MatMul", ["x", "t"], ["m"]),
        node("Add", ["b", "m"], ["a"]),
        node("Softmax", ["a"], ["y"]),
      ],
      initializers: [weight("w", 3, 4), weight("b", 1, 3)],
      inputs: [info("x", ["N", 4]), info("w", [3, 4])],
      change: ({ graph }) => void graph!.valueInfo.push(info("m", ["N", 3]), info("t", [4, 3])),
    };
    const { graph, proto } = replaced(parts, 2);
    expect(outputShape(graph)).toEqual(["N", 2]);
    expect(graph.initializers.get("w")).toMatchObject({ shape: [4, 2], view: { shape: [2, 4] } });
    expect(shapeIn(graph, "b")).toEqual([1, 2]);
    expect(proto.graph!.input[1]).toEqual(info("w", [2, 4]));
    expect(proto.graph!.valueInfo.map(({ name }) => name)).not.toContain("m");
  });

  test("from and to one output", () => {
    const one: Parts = {
      nodes: [node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"], ["y"])],
      initializers: [weight("w", 1, 4)],
      outputs: [info("y", ["N", 1])],
    };
    expect(outputShape(replaced(one, 5).graph)).toEqual(["N", 5]);
    expect(outputShape(replaced(gemmParts(), 1).graph)).toEqual(["N", 1]);
  });

  test("a bias that PyTorch had merged with another vector parts from it", () => {
    const parts: Parts = {
      nodes: [
        node("Identity", ["shift"], ["b"]),
        node("Add", ["x", "shift"], ["h"]),
        node("Gemm", ["h", "w", "b"], ["y"]),
      ],
      initializers: [weight("shift", 4), weight("w", 4, 4)],
      outputs: [info("y", ["N", 4])],
    };
    const { graph } = replaced(parts, 2);
    expect(shapeIn(graph, "b")).toEqual([2]);
    expect(shapeIn(graph, "shift")).toEqual([4]);
    const reverse: Parts = {
      ...parts,
      nodes: [
        node("Identity", ["b"], ["shift"]),
        node("Add", ["x", "shift"], ["h"]),
        node("Gemm", ["h", "w", "b"], ["y"]),
      ],
      initializers: [weight("b", 4), weight("w", 4, 4)],
    };
    const other = replaced(reverse, 2).graph;
    expect(shapeIn(other, "b")).toEqual([2]);
    expect([...other.initializers.get("shift")!.data]).toEqual([1, 2, 3, 4]);
  });

  test("a builder's model", () => {
    const layers = [
      input({ shape: [4] }),
      dense({ units: 6 }),
      relu(),
      dense({ units: 3 }),
      softmax(),
    ];
    const graph = sequential(layers);
    const proto = buildOnnx(graph);
    const after = replaceHead(graph, proto, 9, 0).graph;
    expect(outputShape(after)).toEqual(["N", 9]);
    expect(after.initializers.get("dense1.weight")).toEqual(
      graph.initializers.get("dense1.weight"),
    );
  });

  test("what has no dense layer at its end is refused", () => {
    const relus = { nodes: [node("Relu", ["x"], ["y"])] };
    expect(() => replaced(relus, 3)).toThrow("--head: the model does not end in a dense layer");
    const behind = { ...gemmParts(), nodes: [...gemmParts().nodes, node("Relu", ["y"], ["z"])] };
    const outputs = [info("z", ["N", 3])];
    expect(() => replaced({ ...behind, outputs }, 3)).toThrow("does not end in a dense layer");
    const tied: Parts = {
      nodes: [node("MatMul", ["x", "w"], ["h"]), node("MatMul", ["h", "w"], ["y"], [], "second")],
      initializers: [weight("w", 4, 4)],
    };
    expect(() => replaced(tied, 3)).toThrow("a weight of its own");
    for (const classes of [0, 1.5, -1, Number.NaN, 2 ** 40]) {
      expect(() => replaced(gemmParts(), classes)).toThrow("is not a number of outputs");
    }
  });
});
