import { describe, expect, test } from "vitest";
import { listParameters } from "../../src/graph/parameters.js";
import { loadOnnx, Model } from "../../src/index.js";
import { GraphSketch } from "../helpers/graphs.js";
import { compileForTest, gradientError } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const TARGET = 5;
const ROWS = 16;

/** Towards a constant, from inputs that say nothing: only a bias can get there. */
async function lossTowardsConstant(model: Model): Promise<number> {
  model.compile({ optimizer: { name: "sgd", lr: 0.3 }, loss: "mse" });
  const x = new Float32Array(ROWS * 3);
  const y = new Float32Array(ROWS).fill(TARGET);
  for await (const _ of model.fit(x, y, { batchSize: "all", epochs: 60 }));
  return model.lastFit!.loss;
}

function oneOutput(swapped: boolean) {
  const g = new GraphSketch(["N", 3]);
  const product = g.node("MatMul", ["x", g.weight("w", [3, 1])], {});
  const bias = g.weight("b", [1]);
  return g.end(swapped ? g.add(bias, product) : g.add(product, bias));
}

describe("a bias of one element", () => {
  test.each([false, true])("behind MatMul [k,1] is trained; in front: %s", async (swapped) => {
    const model = Model.fromGraph(oneOutput(swapped));
    expect(model.parameters().find(({ name }) => name === "b")).toMatchObject({ trainable: true });
    expect(await lossTowardsConstant(model)).toBeLessThan(1e-6);
  });

  test("made by replaceHead(1) on MatMul and Add is trained", async () => {
    const g = new GraphSketch(["N", 3]);
    const product = g.node("MatMul", ["x", g.weight("w", [3, 4])], {});
    const graph = g.end(g.add(product, g.weight("b", [4])));
    const model = await loadOnnx(Model.fromGraph(graph).toOnnx());
    expect(await lossTowardsConstant(model.replaceHead(1))).toBeLessThan(1e-6);
  });

  test("shared by several outputs: its gradient is the sum over all of them", () => {
    const dense = new GraphSketch(["N", 3]);
    const product = dense.gemm("x", "fc", 3, 4);
    const sum = dense.end(dense.add(product, dense.weight("b", [1])));
    const images = new GraphSketch(["N", 2, 5, 4]);
    const conv = images.add(images.conv("x", "conv", 2, 3), images.weight("b", [1]));
    const flat = images.end(images.flatten(conv));
    for (const graph of [sum, flat]) {
      expect(listParameters(graph)).toContainEqual(
        expect.objectContaining({ name: "b", role: "parameter" }),
      );
      const compiled = compileForTest(graph, { loss: "mse" });
      expect(compiled.parameters.map(({ name }) => name)).toContain("b");
      expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
    }
  });

  test("behind anything else it is a constant: an epsilon", () => {
    const g = new GraphSketch(["N", 3]);
    const y = g.unary("Tanh", g.gemm("x", "fc", 3, 4));
    const roles = listParameters(g.end(g.add(y, g.weight("epsilon", []))));
    expect(roles).toContainEqual(expect.objectContaining({ name: "epsilon", role: "constant" }));
  });
});
