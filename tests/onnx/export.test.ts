import { create } from "@bufbuild/protobuf";
import {
  type ModelProto,
  StringStringEntryProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import { sequential } from "../../src/graph/builder.js";
import type { NodeOf } from "../../src/graph/graph.js";
import type { Layer } from "../../src/graph/layer.js";
import {
  batchNorm,
  conv2d,
  dense,
  flatten,
  groupNorm,
  input,
  instanceNorm,
  relu,
  softmax,
} from "../../src/graph/layers.js";
import { unview } from "../../src/graph/view.js";
import { buildOnnx } from "../../src/onnx/build.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { importOnnx, importProto } from "../../src/onnx/import.js";
import { parseModel } from "../../src/onnx/parse.js";
import { GraphSketch } from "../helpers/graphs.js";
import {
  counting,
  floatAttribute,
  gemmParts,
  info,
  intAttribute,
  model,
  node,
  tensorAttribute,
  weight,
} from "./model.js";

const reread = (proto: ModelProto, weights: Record<string, Float32Array>) =>
  parseModel(exportOnnx(proto, new Map(Object.entries(weights))), "exported");

const fresh = (count: number) => counting(count).map((value) => -value);

describe("weights", () => {
  test("raw_data stays raw_data, float_data stays float_data, the rest is untouched", () => {
    const typed = create(TensorProtoSchema, {
      name: "b",
      dataType: TensorProto_DataType.FLOAT,
      dims: [3n],
      floatData: [1, 2, 3],
      docString: "a bias",
    });
    const proto = model({ ...gemmParts(), initializers: [weight("w", 3, 4), typed] });
    const before = structuredClone(proto);
    const [w, b] = reread(proto, { w: fresh(12), b: fresh(3) }).graph.initializer;
    expect([...new Float32Array(w!.rawData.slice().buffer)]).toEqual([...fresh(12)]);
    expect(b).toMatchObject({ floatData: [-1, -2, -3], docString: "a bias" });
    expect(b!.rawData).toHaveLength(0);
    expect(structuredClone(proto)).toEqual(before);
  });

  test("metadata, doc strings, producer and unknown fields are kept", () => {
    const proto = model({
      ...gemmParts(),
      change: (changed) => {
        changed.producerName = "someone";
        changed.docString = "about";
        changed.graph!.docString = "inside";
        changed.metadataProps.push(
          create(StringStringEntryProtoSchema, { key: "author", value: "Ada" }),
        );
        changed.$unknown = [{ no: 999, wireType: 2, data: Uint8Array.of(2, 7, 8) }];
        changed.graph!.node[0]!.$unknown = [{ no: 500, wireType: 0, data: Uint8Array.of(5) }];
      },
    });
    const after = reread(proto, { w: fresh(12) });
    expect(after).toMatchObject({ producerName: "someone", docString: "about" });
    expect(after.graph.docString).toBe("inside");
    expect(after.metadataProps).toEqual(proto.metadataProps);
    expect(after.$unknown).toEqual(proto.$unknown);
    expect(after.graph.node[0]!.$unknown).toEqual(proto.graph!.node[0]!.$unknown);
  });

  test("a weight behind Transpose comes back in the file's layout", () => {
    const nodes = [node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"], ["y"])];
    const proto = model({ nodes, initializers: [weight("w", 3, 4)] });
    const w = importProto(proto).graph.initializers.get("w")!;
    const doubled = (w.data as Float32Array).map((value) => 2 * value);
    const [after] = reread(proto, { w: unview(w, doubled) }).graph.initializer;
    expect([...new Float32Array(after!.rawData.slice().buffer)]).toEqual(
      [...counting(12)].map((value) => 2 * value),
    );
    expect(after!.dims).toEqual([3n, 4n]);
  });

  test("Constant nodes, as tensor and as float", () => {
    const nodes = [
      node("Constant", [], ["c"], [tensorAttribute("value", weight("", 4))], "c"),
      node("Constant", [], ["d"], [floatAttribute("value_float", 1)], "d"),
      node("Add", ["x", "c"], ["h"]),
      node("Add", ["h", "d"], ["y"], [], "add2"),
    ];
    const [c, d] = reread(model({ nodes }), { c: fresh(4), d: fresh(1) }).graph.node;
    const tensor = c!.attribute[0]!.t!;
    expect([...new Float32Array(tensor.rawData.slice().buffer)]).toEqual([-1, -2, -3, -4]);
    expect(d!.attribute[0]!.f).toBe(-1);
  });

  test("an Identity of a merged vector becomes an initializer", () => {
    const nodes = [
      node("Identity", ["b"], ["b2"]),
      node("Add", ["x", "b"], ["h"]),
      node("Add", ["h", "b2"], ["y"], [], "add2"),
    ];
    const after = reread(model({ nodes, initializers: [weight("b", 4)] }), { b2: fresh(4) });
    expect(after.graph.initializer.map(({ name }) => name)).toEqual(["b", "b2"]);
    expect(after.graph.node.map(({ opType }) => opType)).toEqual(["Add", "Add"]);
    expect(() => importProto(after)).not.toThrow();
  });

  test("a merged vector that is not named keeps its values when the other changes", () => {
    const nodes = [
      node("Identity", ["b"], ["b2"]),
      node("Add", ["x", "b"], ["h"]),
      node("Add", ["h", "b2"], ["y"], [], "add2"),
    ];
    const after = reread(model({ nodes, initializers: [weight("b", 4)] }), { b: fresh(4) });
    const values = after.graph.initializer.map(({ name, rawData }) => [
      name,
      ...new Float32Array(rawData.slice().buffer),
    ]);
    expect(values).toEqual([
      ["b", -1, -2, -3, -4],
      ["b2", 1, 2, 3, 4],
    ]);
    const only = [node("Identity", ["b"], ["b2"]), node("Add", ["x", "b2"], ["y"])];
    const renamed = reread(model({ nodes: only, initializers: [weight("b", 4)] }), { b: fresh(4) });
    expect(renamed.graph.node).toHaveLength(2);
  });

  test("a name or a size that is not the model's is a bug", () => {
    const proto = model(gemmParts());
    expect(() => reread(proto, { z: fresh(1) })).toThrow("no initializer 'z'");
    expect(() => reread(proto, { w: fresh(5) })).toThrow("has 12 elements, not 5");
  });
});

describe("inference form", () => {
  const statistics = ["g", "b", "m", "v"];
  const normalized = (opset: number, outputs: string[], training: number[]) =>
    model({
      nodes: [
        node(
          "BatchNormalization",
          ["x", ...statistics],
          outputs,
          training.map((mode) => intAttribute("training_mode", mode)),
        ),
      ],
      initializers: statistics.map((name) => weight(name, 4)),
      outputs: [info("y", ["N", 4])],
      opset,
      change: ({ graph }) => void graph!.valueInfo.push(...outputs.map((name) => info(name, [4]))),
    });

  test.each([
    [9, ["y"], []],
    [13, ["y", "a", "b1", "c", "d"], []],
    [17, ["y", "a", "b1"], [1]],
    [17, ["y"], [0]],
  ])("BatchNormalization of opset %i, outputs %j, training_mode %j", (opset, outputs, training) => {
    const { graph } = reread(normalized(opset, outputs, training), {});
    const [only] = graph.node;
    expect(only!.output).toEqual(["y"]);
    expect(only!.attribute.map(({ i }) => i)).toEqual(training.map(() => 0n));
    expect(graph.valueInfo.map(({ name }) => name)).toEqual(["y"]);
  });

  test.each([0, 1, undefined])("opset 6, is_test %s: becomes 1", (isTest) => {
    const attributes = isTest === undefined ? [] : [intAttribute("is_test", isTest)];
    const nodes = [
      node("BatchNormalization", ["x", ...statistics], ["h"], attributes),
      node("Dropout", ["h"], ["y"], attributes),
    ];
    const initializers = statistics.map((name) => weight(name, 4));
    const read = reread(model({ nodes, initializers, opset: 6 }), {}).graph.node;
    for (const { attribute } of read) {
      expect(attribute.map(({ name, i }) => [name, i])).toEqual([["is_test", 1n]]);
    }
  });

  test("Dropout loses its training_mode and keeps its ratio", () => {
    const nodes = [node("Dropout", ["x", "ratio", "mode"], ["y"])];
    const mode = create(TensorProtoSchema, { name: "mode", dataType: 9, int32Data: [1] });
    const proto = model({ nodes, initializers: [weight("ratio"), mode] });
    expect(reread(proto, {}).graph.node[0]!.input).toEqual(["x", "ratio"]);
  });
});

describe("build", () => {
  test("a group for each channel is InstanceNormalization; GroupNormalization asks for opset 21", () => {
    const normalized = (layer: Layer) => {
      const graph = sequential([input({ shape: [4, 3, 2] }), layer]);
      const proto = buildOnnx(graph);
      const again = importOnnx(exportOnnx(proto, new Map()));
      const [one] = graph.nodes as [NodeOf<"GroupNormalization">];
      const epsilon = Math.fround(one.attributes.epsilon);
      expect(again.graph.nodes).toEqual([{ ...one, attributes: { ...one.attributes, epsilon } }]);
      expect(again.graph.initializers).toEqual(graph.initializers);
      return { opset: again.opset, irVersion: proto.irVersion, op: proto.graph!.node[0]!.opType };
    };
    const instance = { opset: 17, irVersion: 8n, op: "InstanceNormalization" };
    expect(normalized(instanceNorm({ eps: 1e-3 }))).toEqual(instance);
    expect(normalized(groupNorm({ groups: 4 }))).toEqual(instance);
    const group = { opset: 21, irVersion: 10n, op: "GroupNormalization" };
    expect(normalized(groupNorm({ groups: 2 }))).toEqual(group);
  });

  test("a builder's model survives export and import", () => {
    const graph = sequential([
      input({ shape: [2, 6, 6] }),
      conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
      batchNorm({ eps: 1e-3 }),
      relu(),
      flatten(),
      dense({ units: 5, activation: "tanh" }),
      dense({ units: 3, activation: "sigmoid" }),
      softmax(),
    ]);
    const { graph: again, opset } = importOnnx(exportOnnx(buildOnnx(graph), new Map()));
    expect(opset).toBe(17);
    expect(again.inputs).toEqual(graph.inputs);
    expect(again.outputs).toEqual(graph.outputs);
    expect(again.initializers).toEqual(graph.initializers);
    const rounded = graph.nodes.map((one) =>
      one.op === "BatchNormalization"
        ? {
            ...one,
            attributes: {
              ...one.attributes,
              epsilon: Math.fround(1e-3),
              momentum: Math.fround(0.9),
            },
          }
        : one,
    );
    expect(again.nodes).toEqual(rounded);
  });

  test("regions survive export and import", () => {
    const g = new GraphSketch(["N", 4, 6]);
    const cut = (start: number, step: number, size: number) =>
      g.node("Slice", ["x"], {
        starts: [0, 1, start],
        steps: [1, 1, step],
        sizes: ["N", 2, size],
      });
    const parts = [cut(5, -1, 6), cut(4, -2, 2), cut(0, 2, 3)];
    const row = g.node("ReduceSum", [g.node("Concat", parts, { axis: 2 })], {
      axes: [1],
      keepDims: true,
    });
    const graph = g.end(g.node("Expand", [row], { shape: ["N", 3, 11] }));
    const { graph: again } = importOnnx(exportOnnx(buildOnnx(graph), new Map()));
    expect(again.nodes).toEqual(graph.nodes);
  });
});
