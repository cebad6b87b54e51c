import { describe, expect, test } from "vitest";
import { foldViews, removeInert, removeUnused, simplify } from "../../src/graph/fold.js";
import { inferShapes } from "../../src/graph/infer.js";
import { sourceShape, transposeOrder, unview } from "../../src/graph/view.js";
import { graph, node, weight } from "./graphs.js";

describe("views", () => {
  test("a transposed weight is folded and comes back in the file's layout", () => {
    const transpose = node("Transpose", ["w"], "t", { perm: [1, 0] });
    const matMul = node("MatMul", ["x", "t"], "y", {});
    const folded = foldViews(graph(["N", 3], [transpose, matMul], [weight("w", 2, 3)]));
    expect(folded.nodes.map(({ op, inputs }) => [op, inputs])).toEqual([["MatMul", ["x", "w"]]]);
    const w = folded.initializers.get("w")!;
    expect(w.shape).toEqual([3, 2]);
    expect([...w.data]).toEqual([0, 3, 1, 4, 2, 5]);
    expect(sourceShape(w)).toEqual([2, 3]);
    expect([...unview(w, w.data as Float32Array)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(inferShapes(folded).get("y")!.shape).toEqual(["N", 2]);
  });

  test("views compose: reshape, transpose of four axes, flatten", () => {
    const nodes = [
      node("Reshape", ["w"], "a", { shape: [2, 3, 2, 2], allowZero: false }),
      node("Transpose", ["a"], "b", { perm: [3, 1, 0, 2] }),
      node("Flatten", ["b"], "c", { axis: 2 }),
      node("MatMul", ["x", "c"], "y", {}),
    ];
    const folded = foldViews(graph(["N", 6], nodes, [weight("w", 24)]));
    const w = folded.initializers.get("w")!;
    expect(folded.nodes).toHaveLength(1);
    expect(w.shape).toEqual([6, 4]);
    // Element [l, j, i, k] of the transposed tensor is [i, j, k, l] of the file's.
    const expected = [];
    for (let l = 0; l < 2; l++)
      for (let j = 0; j < 3; j++)
        for (let i = 0; i < 2; i++)
          for (let k = 0; k < 2; k++) expected.push(((i * 3 + j) * 2 + k) * 2 + l);
    expect([...w.data]).toEqual(expected);
    expect([...w.view!.index]).toEqual(expected);
    expect([...unview(w, w.data as Float32Array)]).toEqual([...weight("w", 24).data]);
  });

  test("a weight with a second use is left alone", () => {
    const nodes = [
      node("Transpose", ["w"], "t", { perm: [1, 0] }),
      node("MatMul", ["x", "t"], "h", {}),
      node("MatMul", ["h", "w"], "y", {}),
    ];
    const given = graph(["N", 3], nodes, [weight("w", 2, 3)]);
    expect(foldViews(given).nodes).toHaveLength(3);
  });

  test("transposeOrder of no axes, of an empty axis", () => {
    expect([...transposeOrder([], [])]).toEqual([0]);
    expect([...transposeOrder([0, 2], [1, 0])]).toEqual([]);
  });
});

describe("inert", () => {
  const ratio = { ratio: 0 };

  test("identity and dropout of nothing vanish, and outputs keep their names", () => {
    const nodes = [
      node("Identity", ["x"], "a", {}),
      node("Relu", ["a"], "b", {}),
      node("Dropout", ["b"], "c", ratio),
      node("Identity", ["c"], "y", {}),
    ];
    const [only, ...rest] = removeInert(graph(["N", 3], nodes)).nodes;
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ op: "Relu", inputs: ["x"], outputs: ["y"] });
  });

  test("a dropout of something stays", () => {
    const nodes = [
      node("Identity", ["x"], "a", {}),
      node("Dropout", ["a"], "b", { ratio: 0.5 }),
      node("Relu", ["b"], "y", {}),
    ];
    const [dropout, ...rest] = removeInert(graph(["N", 3], nodes)).nodes;
    expect(dropout).toMatchObject({ op: "Dropout", inputs: ["x"], outputs: ["b"] });
    expect(rest.map(({ op }) => op)).toEqual(["Relu"]);
  });

  test("readers of a renamed value follow", () => {
    const nodes = [
      node("Relu", ["x"], "a", {}),
      node("Identity", ["a"], "b", {}),
      node("Identity", ["a"], "y", {}),
      node("Tanh", ["b"], "z", {}),
      node("Tanh", ["a"], "w", {}),
    ];
    const plain = removeInert(graph(["N", 3], nodes, [], ["y", "z", "w"]));
    expect(plain.nodes.map(({ inputs, outputs }) => [...inputs, ...outputs])).toEqual([
      ["x", "y"],
      ["y", "z"],
      ["y", "w"],
    ]);
  });

  test("an identity from an input or between two outputs to an output stays", () => {
    const direct = graph(["N", 3], [node("Identity", ["x"], "y", {})]);
    expect(removeInert(direct).nodes).toHaveLength(1);
    const dropout = graph(["N", 3], [node("Dropout", ["x"], "y", ratio)]);
    expect(removeInert(dropout).nodes[0]!.op).toBe("Identity");
    const nodes = [node("Relu", ["x"], "a", {}), node("Identity", ["a"], "y", {})];
    const both = removeInert(graph(["N", 3], nodes, [], ["a", "y"]));
    expect(both.nodes.map(({ op }) => op)).toEqual(["Relu", "Identity"]);
  });

  test("what no output needs is dropped", () => {
    const nodes = [node("Relu", ["x"], "y", {}), node("Add", ["x", "w"], "z", {})];
    const left = removeUnused(graph(["N", 3], nodes, [weight("w", 3)]));
    expect(left.nodes.map(({ name }) => name)).toEqual(["y"]);
    expect(left.initializers.size).toBe(0);
  });

  test("simplify does not change what it is given, and twice is once", () => {
    const nodes = [
      node("Transpose", ["w"], "t", { perm: [1, 0] }),
      node("MatMul", ["x", "t"], "h", {}),
      node("Dropout", ["h"], "y", ratio),
    ];
    const given = graph(["N", 3], nodes, [weight("w", 2, 3)]);
    const before = structuredClone(given);
    const once = simplify(given);
    expect(given).toEqual(before);
    expect(simplify(once)).toEqual(once);
  });
});
