import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simplify } from "../../src/graph/fold.js";
import { fuseGroupNorm } from "../../src/graph/fuse-group-norm.js";
import type { Graph } from "../../src/graph/graph.js";
import { listParameters } from "../../src/graph/parameters.js";
import { importOnnx } from "../../src/onnx/import.js";
import { GraphSketch } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import { TestRandom } from "../helpers/random.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const norms = (graph: Graph) =>
  graph.nodes.flatMap((node) =>
    node.op === "GroupNormalization"
      ? [{ groups: node.attributes.numGroups, parameters: node.inputs.slice(1) }]
      : [],
  );

describe("what PyTorch exports", () => {
  const read = (fixture: string) => {
    const file = new URL(`../fixtures/parity/${fixture}/model.onnx`, import.meta.url);
    return importOnnx(new Uint8Array(readFileSync(file))).graph;
  };
  const affine = (name: string) => [`${name}.weight`, `${name}.bias`];

  test.each([
    [
      "norm-group",
      [
        { groups: 2, parameters: affine("gn1") },
        { groups: 1, parameters: affine("gn2") },
        { groups: 4, parameters: affine("gn3") },
        { groups: 2, parameters: [] },
      ],
    ],
    [
      "norm-instance",
      [
        { groups: 5, parameters: affine("in1") },
        { groups: 4, parameters: [] },
      ],
    ],
    [
      "norm-signals",
      [
        { groups: 6, parameters: affine("in1") },
        { groups: 2, parameters: affine("gn1") },
      ],
    ],
  ])("%s", (fixture, expected) => {
    const graph = read(fixture);
    expect(norms(graph)).toEqual(expected);
    const trained = listParameters(graph).filter(({ role }) => role === "parameter");
    const names = trained.map(({ name }) => name);
    expect(names.filter((name) => !/^(conv|fc|gn|in|bn)\d?\./.test(name))).toEqual([]);
    for (const { parameters } of expected)
      expect(names).toEqual(expect.arrayContaining(parameters));
  });
});

interface Form {
  readonly shape: readonly number[];
  readonly groups: number;
  readonly parameters: readonly number[];
  readonly ones: number;
  readonly scaled: boolean;
  readonly swapped: boolean;
  readonly constants: boolean;
  readonly last: readonly number[];
}

/** PyTorch's group-norm of [N, …shape] with its ones and zeros as initializers, or as constants, which are left out. */
function written(form: Partial<Form>): Graph {
  const { shape = [6, 4, 5], groups = 2, parameters = [6, 1, 1], ones = 1 } = form;
  const { scaled = true, swapped, constants, last = shape } = form;
  const g = new GraphSketch(["N", ...shape], 4);
  const reshape = (x: string, to: readonly number[]) =>
    g.node("Reshape", [x], { shape: [0, ...to], allowZero: false });
  const inert = constants
    ? []
    : [g.weight("ones", [groups], 0, ones), g.weight("zeros", [groups], 0)];
  const attributes = { numGroups: groups, epsilon: 0.25, layout: "NCHW" } as const;
  const norm = g.node("GroupNormalization", [reshape("x", [groups, -1]), ...inert], attributes);
  const y = reshape(norm, last);
  if (!scaled) return g.end(y);
  const gamma = g.weight("gamma", parameters, 0.5, 1);
  const beta = g.weight("beta", parameters);
  const product = g.node("Mul", swapped ? [gamma, y] : [y, gamma], {});
  return g.end(swapped ? g.add(beta, product) : g.add(product, beta));
}

describe("in single ops", () => {
  test.each<[string, Partial<Form>]>([
    ["of images", {}],
    ["ones and zeros of Constant nodes", { constants: true }],
    ["the other way round", { swapped: true }],
    ["one group", { groups: 1 }],
    ["a group for each channel", { groups: 6 }],
    ["of signals", { shape: [6, 7], parameters: [6, 1] }],
    ["of volumes", { shape: [6, 2, 3, 2], parameters: [6, 1, 1, 1] }],
    ["of rows", { shape: [6], groups: 3, parameters: [6] }],
    ["a batch of 1 in the parameters", { parameters: [1, 6, 1, 1] }],
    ["without scale and bias", { scaled: false }],
  ])("%s", (_, form) => {
    const graph = written(form);
    const fused = simplify(graph);
    const { groups = 2, shape = [6, 4, 5], scaled = true } = form;
    const parameters = scaled ? ["gamma", "beta"] : [];
    expect(norms(fused)).toEqual([{ groups, parameters }]);
    expect(fused.nodes).toHaveLength(1);
    expect([...fused.initializers.keys()]).toEqual(parameters);
    const x = new TestRandom(5).array(3 * shape.reduce((a, b) => a * b));
    const [expected, found] = [graph, fused].map((one) => evaluateNaively(one, 3, x));
    expect(largestDifference(found!, expected!)).toBeLessThan(TOLERANCES.f64Order);
  });

  test.each<[string, Partial<Form>]>([
    ["a scale that is not 1", { ones: 2 }],
    ["another shape than before", { last: [4, 6, 5], parameters: [4, 1, 1] }],
  ])("%s stays as it is", (_, form) => {
    const graph = written(form);
    expect(fuseGroupNorm(graph).nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
  });

  test.each([
    ["one for all", [1]],
    ["along the rows of the image", [4, 1]],
    ["along the columns", [5]],
  ])("a scale and a bias %s stay as they are", (_, parameters) => {
    const graph = simplify(written({ parameters }));
    expect(graph.nodes.map(({ op }) => op)).toEqual(["GroupNormalization", "Mul", "Add"]);
  });

  test("ones and zeros that instance-norm has for weights stay its own", () => {
    const g = new GraphSketch(["N", 3, 4, 5]);
    const inputs = ["x", g.weight("weight", [3], 0, 1), g.weight("bias", [3], 0)];
    const attributes = { numGroups: 3, epsilon: 0.25, layout: "NCHW" } as const;
    const norm = g.node("GroupNormalization", inputs, attributes);
    const product = g.node("Mul", [norm, g.weight("gain", [3, 1, 1])], {});
    const graph = simplify(g.end(g.add(product, g.weight("shift", [3, 1, 1]))));
    expect(norms(graph)).toEqual([{ groups: 3, parameters: ["weight", "bias"] }]);
  });

  test("a scale that something else reads too", () => {
    const g = new GraphSketch(["N", 3, 4, 5]);
    const attributes = { numGroups: 3, epsilon: 0.25, layout: "NCHW" } as const;
    const gamma = g.weight("gamma", [3, 1, 1], 0.5, 1);
    const norm = g.node("GroupNormalization", ["x"], attributes);
    const scaled = g.add(g.node("Mul", [norm, gamma], {}), g.weight("beta", [3, 1, 1]));
    const graph = g.end(g.node("Mul", [scaled, gamma], {}));
    const fused = simplify(graph);
    expect(norms(fused)).toEqual([{ groups: 3, parameters: [expect.any(String), "beta"] }]);
    const roles = listParameters(fused).map(({ name, role }) => [name, role]);
    expect(roles).toEqual([
      ["gamma", "parameter"],
      ["beta", "parameter"],
    ]);
    const x = new TestRandom(5).array(2 * 60);
    const [expected, found] = [graph, fused].map((one) => evaluateNaively(one, 2, x));
    expect(largestDifference(found!, expected!)).toBeLessThan(TOLERANCES.f64Order);
  });

  test("a long chain of Reshapes takes no time", () => {
    const g = new GraphSketch(["N", 4, 6]);
    const attributes = { numGroups: 4, epsilon: 0.25, layout: "NCHW" } as const;
    let x = "x";
    const chain = () => {
      for (let i = 0; i < 3000; i++) {
        x = g.node("Reshape", [x], { shape: [0, 4, i % 2 ? 6 : 3, -1], allowZero: false });
      }
    };
    chain();
    x = g.node("GroupNormalization", [x], attributes);
    chain();
    expect(fuseGroupNorm(g.end(x)).nodes).toHaveLength(6001);
  });
});
