import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fuseLayerNorm } from "../../src/compile/fuse-layer-norm.js";
import type { Graph, Node } from "../../src/graph/graph.js";
import { importOnnx } from "../../src/onnx/import.js";
import { GraphSketch } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import { TestRandom } from "../helpers/random.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

describe("what PyTorch exports below opset 17", () => {
  test.each([
    ["norm-layer-13", "norm-layer"],
    ["norm-layer-own", undefined],
  ])("%s", (name, like) => {
    const read = (fixture: string) => {
      const file = new URL(`../fixtures/parity/${fixture}/model.onnx`, import.meta.url);
      return importOnnx(new Uint8Array(readFileSync(fileURLToPath(file)))).graph;
    };
    const graph = read(name);
    expect(ops(graph)).toContain("ReduceMean");
    const fused = fuseLayerNorm(graph);
    expect(ops(fused)).not.toContain("ReduceMean");
    const normals = (of: Graph) => of.nodes.filter(({ op }) => op === "LayerNormalization");
    for (const { inputs } of normals(fused)) {
      expect(inputs.slice(1)).toEqual(
        inputs.slice(1).map((_, i) => {
          return inputs[1]!.replace("weight", ["weight", "bias"][i]!);
        }),
      );
      expect(inputs).toHaveLength(3);
    }
    if (like) {
      expect(ops(fused)).toEqual(ops(read(like)));
      const epsilons = (of: Graph) =>
        normals(of).map(({ attributes }) => (attributes as { epsilon: number }).epsilon);
      expect(epsilons(fused)).toEqual(epsilons(read(like)));
    }
    const x = new TestRandom(3).array(5 * 7);
    expect(
      largestDifference(evaluateNaively(fused, 5, x), evaluateNaively(graph, 5, x)),
    ).toBeLessThan(TOLERANCES.f64Order);
  });
});

interface Form {
  readonly axes: readonly number[];
  readonly shape: readonly number[];
  readonly exponent: number;
  readonly bias: boolean;
  readonly other: boolean;
  readonly swapped: boolean;
  readonly readsCentered: boolean;
}

/** Layer normalization of [N, 2, 3] in single ops. */
function written(form: Partial<Form>): Graph {
  const {
    axes = [2],
    shape = [3],
    exponent = 2,
    bias = true,
    other,
    swapped,
    readsCentered,
  } = form;
  const g = new GraphSketch(["N", 2, 3], 4);
  const constant = (name: string, value: number) => g.weight(name, [1], 0, value);
  const mean = (x: string) => g.node("ReduceMean", [x], { axes, keepDims: true });
  const d = g.node("Sub", ["x", mean(other ? g.unary("Tanh", "x") : "x")], {});
  const variance = mean(g.node("Pow", [d, constant("two", exponent)], {}));
  const root = g.node("Sqrt", [g.add(variance, constant("eps", 0.25))], {});
  const hat = g.node("Div", [d, root], {});
  const gamma = g.weight("gamma", shape, 0.5, 1);
  let y = g.node("Mul", swapped ? [gamma, hat] : [hat, gamma], {});
  if (bias) y = swapped ? g.add(g.weight("beta", shape), y) : g.add(y, g.weight("beta", shape));
  return g.end(readsCentered ? g.add(y, d) : y);
}

const normal = (graph: Graph) => {
  const found = graph.nodes.find(({ op }) => op === "LayerNormalization") as Node | undefined;
  return found && { inputs: found.inputs, ...found.attributes };
};

describe("in single ops", () => {
  test.each<[string, Partial<Form>, readonly string[], number]>([
    ["with a bias", {}, ["x", "gamma", "beta"], 2],
    ["without", { bias: false }, ["x", "gamma"], 2],
    ["the other way round", { swapped: true }, ["x", "gamma", "beta"], 2],
    ["over both axes", { axes: [1, 2], shape: [2, 3] }, ["x", "gamma", "beta"], 1],
    ["with another reader of what is centered", { readsCentered: true }, ["x", "gamma", "beta"], 2],
  ])("%s", (_, form, inputs, axis) => {
    const graph = written(form);
    const fused = fuseLayerNorm(graph);
    expect(normal(fused)).toEqual({ inputs, axis, epsilon: 0.25 });
    const x = new TestRandom(5).array(4 * 6);
    const [expected, found] = [graph, fused].map((one) => evaluateNaively(one, 4, x));
    expect(largestDifference(found!, expected!)).toBeLessThan(TOLERANCES.f64Order);
  });

  test.each<[string, Partial<Form>]>([
    ["another power", { exponent: 3 }],
    ["the mean of something else", { other: true }],
    ["not the last axis", { axes: [1], shape: [2, 1] }],
    ["a scale that is broadcast", { shape: [1] }],
  ])("%s stays as it is", (_, form) => {
    const graph = written(form);
    expect(ops(fuseLayerNorm(graph))).toEqual(ops(graph));
  });
});
