import { describe, expect, test } from "vitest";
import { blocksOf, joined } from "../../src/graph/blocks.js";
import type { Graph } from "../../src/graph/graph.js";
import { convNet, denseNet, GraphSketch } from "../helpers/graphs.js";
import { pooling } from "./graphs.js";

/** Name, input, output and parameters of each block. */
function seen(graph: Graph, layersPerBlock = 1) {
  return blocksOf(graph, layersPerBlock).map(({ name, input, output, parameters }) => {
    return [name, input, output, [...parameters].join(" ")];
  });
}

describe("blocksOf", () => {
  test("a layer is a product and what follows it", () => {
    expect(seen(denseNet())).toEqual([
      ["layer 1", "x", "relu2", "fc1.weight bn1.weight bn1.bias"],
      ["layer 2", "relu2", "tanh5", "fc2.weight fc2.bias bn2.weight bn2.bias"],
      ["layer 3", "tanh5", "gemm6", "fc3.weight fc3.bias"],
    ]);
    const [first] = blocksOf(denseNet());
    expect(first!.nodes.map(({ op }) => op)).toEqual(["MatMul", "BatchNormalization", "Relu"]);
  });

  test("of several layers; the last one stands alone", () => {
    const deep = chain(6);
    const names = (layers: number) => seen(deep, layers).map(([name]) => name);
    expect(names(1)).toEqual([1, 2, 3, 4, 5, 6].map((i) => `layer ${i}`));
    expect(names(2)).toEqual(["layers 1-2", "layers 3-4", "layer 5", "layer 6"]);
    expect(names(3)).toEqual(["layers 1-3", "layers 4-5", "layer 6"]);
    expect(names(9)).toEqual(["layers 1-5", "layer 6"]);
  });

  test("Flatten belongs to the layer in front of it", () => {
    expect(seen(convNet()).map(([, input, output]) => [input, output])).toEqual([
      ["x", "relu2"],
      ["relu2", "flatten5"],
      ["flatten5", "gemm6"],
    ]);
  });

  test("a pool belongs to the layer in front of it, or to none; so does a normalization of channels that branches", () => {
    const g = new GraphSketch(["N", 2, 12, 12]);
    const shrunk = g.node("AveragePool", ["x"], pooling);
    const x = g.node("MaxPool", [g.conv(shrunk, "a", 2, 3)], pooling);
    const normal = g.node("Div", [x, g.node("AveragePool", [x], { ...pooling, ...alone })], {});
    const y = g.node("MaxPool", [g.conv(normal, "b", 3, 4, { kernelShape: [1, 1] })], pooling);
    const graph = g.end(g.gemm(g.flatten(y), "fc", 4, 3));
    expect(seen(graph)).toEqual([
      ["layer 1", shrunk, normal, "a.weight"],
      ["layer 2", normal, "flatten7", "b.weight"],
      ["layer 3", "flatten7", "gemm8", "fc.weight fc.bias"],
    ]);
  });

  test("what branches stays whole", () => {
    const g = new GraphSketch(["N", 2, 6, 6]);
    const stem = g.unary("Relu", g.conv("x", "stem", 2, 3));
    const inner = g.conv(g.unary("Relu", g.conv(stem, "a", 3, 3, same)), "b", 3, 3, same);
    const sum = g.unary("Relu", g.add(inner, stem));
    const graph = g.end(g.gemm(g.flatten(sum), "fc", 48, 3));
    expect(seen(graph)).toEqual([
      ["layer 1", "x", "relu1", "stem.weight"],
      ["layer 2", "relu1", "flatten7", "a.weight b.weight"],
      ["layer 3", "flatten7", "gemm8", "fc.weight fc.bias"],
    ]);
  });

  test("a network that branches at its input is one layer up to where it meets", () => {
    const g = new GraphSketch(["N", 4]);
    const graph = g.end(g.gemm(g.add(g.gemm("x", "a", 4, 3), g.gemm("x", "b", 4, 3)), "c", 3, 2));
    expect(seen(graph).map(([name, , output]) => [name, output])).toEqual([
      ["layer 1", "add2"],
      ["layer 2", "gemm3"],
    ]);
  });

  test("what has no parameters in front of the first layer is in none; what has some is in it", () => {
    const g = new GraphSketch(["N", 4]);
    const centered = g.node("Sub", ["x", g.weight("mean", [4])], {});
    const graph = g.end(g.gemm(g.unary("Relu", g.gemm(centered, "a", 4, 3)), "b", 3, 2));
    expect(seen(graph)[0]).toEqual(["layer 1", "sub0", "relu2", "a.weight a.bias"]);
    const h = new GraphSketch(["N", 4]);
    const normalized = h.batchNorm("x", "bn", 4);
    const other = h.end(h.gemm(h.gemm(normalized, "a", 4, 3), "b", 3, 2));
    const parameters = "bn.weight bn.bias a.weight a.bias";
    expect(seen(other)[0]).toEqual(["layer 1", "x", "gemm1", parameters]);
  });

  test("a weight behind nodes of its own is a parameter of the layer that reads it", () => {
    const g = new GraphSketch(["N", 4]);
    const turned = g.node("Transpose", [g.weight("w", [3, 4])], { perm: [1, 0] });
    const graph = g.end(g.gemm(g.node("MatMul", ["x", turned], {}), "b", 3, 2));
    expect(seen(graph)[0]).toEqual(["layer 1", "x", "matmul1", "w"]);
  });

  test("a weight that layers share belongs to the first of them", () => {
    const g = new GraphSketch(["N", 4]);
    const first = g.node("MatMul", ["x", g.weight("w", [4, 4])], {});
    const second = g.node("MatMul", [g.unary("Relu", first), "w"], {});
    const graph = g.end(g.gemm(g.add(second, g.weight("b", [4])), "fc", 4, 2));
    expect(seen(graph).map(([name, , , parameters]) => [name, parameters])).toEqual([
      ["layer 1", "w"],
      ["layer 2", "b"],
      ["layer 3", "fc.weight fc.bias"],
    ]);
  });

  test("only the first output counts", () => {
    const g = new GraphSketch(["N", 4]);
    const hidden = g.gemm("x", "a", 4, 3);
    const other = g.gemm("x", "side", 4, 3);
    const graph = g.end(g.gemm(hidden, "b", 3, 2), other);
    expect(seen(graph).map(([, , output]) => output)).toEqual(["gemm0", "gemm2"]);
  });

  test("none without a parameter", () => {
    const g = new GraphSketch(["N", 4]);
    expect(seen(g.end(g.unary("Relu", "x")))).toEqual([]);
  });
});

test("joined: two neighbours as one", () => {
  const [, ...rest] = blocksOf(chain(5), 2);
  const both = joined(rest[0]!, rest[1]!);
  expect(both).toMatchObject({ name: "layers 3-5", input: "relu3", output: "gemm8" });
  expect(both.nodes).toHaveLength(5);
  expect(both.parameters.size).toBe(6);
});

const alone = { kernelShape: [1, 1], strides: [1, 1] } as const;
const same = { pads: [1, 1, 1, 1] } as const;

/** Dense layers with ReLUs between them. */
function chain(layers: number): Graph {
  const g = new GraphSketch(["N", 4]);
  let x = g.gemm("x", "fc1", 4, 4);
  for (let i = 2; i <= layers; i++) x = g.gemm(g.unary("Relu", x), `fc${i}`, 4, 4);
  return g.end(x);
}
