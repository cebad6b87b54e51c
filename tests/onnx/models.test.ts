import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type GraphProto, TensorProto_DataType } from "onnx-buf";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { listParameters } from "../../src/graph/parameters.js";
import { unview } from "../../src/graph/view.js";
import { unsupportedNodes } from "../../src/onnx/check.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { type ImportedModel, importOnnx } from "../../src/onnx/import.js";
import { parseModel } from "../../src/onnx/parse.js";
import { areShared, SHARED_MODELS, sharedBytes } from "../helpers/shared-models.js";

// Models that other programs wrote: PyTorch's (in the repo) and tf2onnx's (beside it, where they are shared).

const root = new URL("../../", import.meta.url);
const parity = new URL("tests/fixtures/parity/", root);

const cases = existsSync(parity) ? readdirSync(parity) : [];
const fromPyTorch = [
  ...cases.map((name) => new URL(`${name}/model.onnx`, parity)),
  new URL("examples/models/digits.onnx", root),
].filter((url) => existsSync(url));

const nameOf = (url: URL) => url.pathname.split("/").slice(-2).join("/");

/** Large arrays by their hash: element by element a comparison takes seconds. */
const digest = (data: ArrayBufferView) =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");

const tensors = ({ initializer }: GraphProto) =>
  initializer.map((tensor) => ({ ...tensor, rawData: digest(tensor.rawData) }));

const digested = (graph: Graph) => ({
  ...graph,
  initializers: [...graph.initializers.values()].map((one) => ({
    ...one,
    data: digest(one.data),
    view: one.view && [one.view.shape, digest(one.view.index)],
  })),
});

function unchanged(model: ImportedModel): Uint8Array {
  const weights = [...model.graph.initializers.values()].map(
    (initializer) =>
      [initializer.name, unview(initializer, initializer.data as Float32Array)] as const,
  );
  return exportOnnx(model.proto, new Map(weights));
}

function expectSameButInference(before: ImportedModel, bytes: Uint8Array): void {
  const after = parseModel(bytes, "exported");
  const graph = before.proto.graph!;
  expect(tensors(after.graph)).toEqual(tensors(graph));
  expect(after.graph.input).toEqual(graph.input);
  expect(after.graph.output).toEqual(graph.output);
  expect(after.metadataProps).toEqual(before.proto.metadataProps);
  expect(after.graph.node.map(({ name, opType }) => [name, opType])).toEqual(
    graph.node.map(({ name, opType }) => [name, opType]),
  );
  for (const { opType, input, output, attribute } of after.graph.node) {
    if (opType === "BatchNormalization") {
      expect(output).toHaveLength(1);
      for (const { name, i } of attribute) if (name === "training_mode") expect(i).toBe(0n);
    }
    if (opType === "Dropout") expect(input.length).toBeLessThan(3);
  }
}

describe("PyTorch", () => {
  test.each(fromPyTorch.map((url) => [nameOf(url), url] as const))("%s", (_, url) => {
    const model = importOnnx(readFileSync(url), { name: nameOf(url) });
    const shapes = inferShapes(model.graph);
    expect(shapes.get(model.graph.outputs[0]!)!.shape[0]).toBe("N");
    const names = model.proto.graph!.initializer.map(({ name }) => name);
    expect(
      listParameters(model.graph)
        // Numbers that the graph computes with stand in nodes of their own.
        .filter(({ name, role }) => role !== "constant" || names.includes(name))
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...names].sort());
    const bytes = unchanged(model);
    expectSameButInference(model, bytes);
    expect(digested(importOnnx(bytes).graph)).toEqual(digested(model.graph));
  });
});

describe.skipIf(!areShared)("tf2onnx", () => {
  test.each(SHARED_MODELS)(
    "%s is imported wholly, and written as it was",
    (_, network, setting) => {
      const bytes = sharedBytes(network, setting);
      expect(unsupportedNodes(parseModel(bytes, network))).toEqual([]);
      const model = importOnnx(bytes);
      const proto = model.proto.graph!;
      const floats = proto.initializer.filter(
        ({ dataType }) => dataType === TensorProto_DataType.FLOAT,
      );
      expect(
        listParameters(model.graph)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(floats.map(({ name }) => name).sort());
      const norms = proto.node.filter(({ opType }) => opType === "BatchNormalization").length;
      const roles = listParameters(model.graph).map(({ role }) => role);
      expect(roles.filter((role) => role === "statistic")).toHaveLength(2 * norms);
      expectSameButInference(model, unchanged(model));
    },
  );

  test("batch-norm left as Mul and Add is trained", () => {
    const model = importOnnx(sharedBytes("ad-autoencoder", ".default"));
    const ops = new Set(model.graph.nodes.map(({ op }) => op));
    expect(ops).toEqual(new Set(["MatMul", "Add", "Mul", "Relu"]));
    const factors = model.graph.nodes.filter(({ op }) => op === "Mul");
    const trained = listParameters(model.graph).filter(({ role }) => role === "parameter");
    const names = trained.map(({ name }) => name);
    expect(factors.every(({ inputs }) => names.includes(inputs[1]!))).toBe(true);
  });
});
