import { create } from "@bufbuild/protobuf";
import { TensorProto_DataType, TensorProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { UNARY_OPS } from "../../src/graph/ops/families.js";
import { importOnnx } from "../../src/onnx/import.js";
import {
  bytes,
  counting,
  floatAttribute,
  floatTensor,
  gemmParts,
  info,
  intAttribute,
  intTensor,
  node,
  type Parts,
  stringAttribute,
  tensorAttribute,
  unaryParts,
  weight,
} from "./model.js";

const graphOf = (parts: Parts): Graph => importOnnx(bytes(parts)).graph;
const shapeOfY = (parts: Parts) => inferShapes(graphOf(parts)).get("y")!.shape;
const statistics = ["g", "b", "m", "v"];

function batchNormParts(opset: number, outputs: string[], training?: number): Parts {
  const attributes = training === undefined ? [] : [intAttribute("training_mode", training)];
  return {
    nodes: [node("BatchNormalization", ["x", ...statistics], outputs, attributes)],
    initializers: statistics.map((name) => weight(name, 4)),
    outputs: [info("y", ["N", 4])],
    opset,
  };
}

describe("ops", () => {
  test("Gemm with its attributes, with and without bias", () => {
    const graph = graphOf(gemmParts());
    expect(graph.nodes).toEqual([
      {
        op: "Gemm",
        name: "gemm",
        inputs: ["x", "w", "b"],
        outputs: ["y"],
        attributes: { alpha: 1, beta: 1, transB: true },
      },
    ]);
    expect([...graph.initializers.get("b")!.data]).toEqual([1, 2, 3]);
    const bare = node("Gemm", ["x", "w"], ["y"], [floatAttribute("alpha", 0.5)]);
    const parts = { nodes: [bare], initializers: [weight("w", 4, 3)] };
    expect(graphOf(parts).nodes[0]).toMatchObject({
      inputs: ["x", "w"],
      attributes: { alpha: 0.5 },
    });
  });

  test("Gemm with transA: A is transposed, a weight in its initializer", () => {
    const transA = [intAttribute("transA", 1)];
    const nodes = [node("Gemm", ["w", "v"], ["h"], transA), node("MatMul", ["x", "h"], ["y"])];
    const graph = graphOf({ nodes, initializers: [weight("w", 3, 4), weight("v", 3, 5)] });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Gemm", "MatMul"]);
    expect(graph.nodes[0]!.inputs).toEqual(["w", "v"]);
    expect(inferShapes(graph).get("h")!.shape).toEqual([4, 5]);
    expect(graph.initializers.get("w")).toMatchObject({ shape: [4, 3], view: { shape: [3, 4] } });
    const batch = { nodes: [node("Gemm", ["x", "v"], ["y"], transA)] };
    expect(() => graphOf({ ...batch, initializers: [weight("v", 3, 5)] })).toThrow(
      "moves or mixes the batch N",
    );
  });

  test("a 1-D convolution is one of images of one row; its weight keeps the file's layout", () => {
    const attributes = [
      intAttribute("strides", [2]),
      intAttribute("pads", [1, 2]),
      intAttribute("dilations", [3]),
    ];
    const parts: Parts = {
      nodes: [node("Conv", ["x", "w", "b"], ["y"], attributes)],
      initializers: [weight("w", 5, 2, 3), weight("b", 5)],
      inputs: [info("x", ["N", 2, 9])],
    };
    const graph = graphOf(parts);
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Reshape", "Conv", "Reshape"]);
    expect(graph.nodes[1]).toMatchObject({
      attributes: {
        kernelShape: [1, 3],
        strides: [1, 2],
        pads: [0, 1, 0, 2],
        dilations: [1, 3],
      },
    });
    expect(graph.initializers.get("w")).toMatchObject({
      shape: [5, 2, 1, 3],
      view: { shape: [5, 2, 3] },
    });
    expect(shapeOfY(parts)).toEqual(["N", 5, 3]);
    const same = [stringAttribute("auto_pad", "SAME_UPPER"), intAttribute("strides", [2])];
    const padded = { ...parts, nodes: [node("Conv", ["x", "w"], ["y"], same)] };
    expect(graphOf(padded).nodes[1]).toMatchObject({ attributes: { pads: [0, 1, 0, 1] } });
  });

  test.each([[["N", 4]], [["N", 4, 6]], [["N", 4, 1]], [["N", 4, 2, 3]], [["N", 4, 2, 3, 5]]] as (
    | "N"
    | number
  )[][][])("BatchNormalization over %j", (shape) => {
    const parts = { ...batchNormParts(17, ["y"]), inputs: [info("x", shape)] };
    expect(graphOf(parts).nodes.map(({ op }) => op)).toEqual(["BatchNormalization"]);
    expect(shapeOfY(parts)).toEqual(shape);
  });

  test("BatchNormalization of a vector has one channel", () => {
    const initializers = statistics.map((name) => weight(name, 1));
    const parts = { ...batchNormParts(17, ["y"]), initializers, inputs: [info("x", ["N"])] };
    const ops = graphOf(parts).nodes.map(({ op }) => op);
    expect(ops).toEqual(["Reshape", "BatchNormalization", "Reshape"]);
    expect(shapeOfY(parts)).toEqual(["N"]);
  });

  test.each([
    ["InstanceNormalization", 6, [], 4, 4],
    ["GroupNormalization, scale of groups", 18, [intAttribute("num_groups", 2)], 2, 2],
    ["GroupNormalization, scale of channels", 21, [intAttribute("num_groups", 2)], 2, 4],
  ] as const)("%s, opset %i", (name, opset, attributes, numGroups, scales) => {
    const [op] = name.split(",") as [string];
    for (const shape of [
      ["N", 4, 6],
      ["N", 4, 2, 3],
      ["N", 4, 2, 3, 5],
    ] as const) {
      const parts: Parts = {
        nodes: [node(op, ["x", "g", "b"], ["y"], [floatAttribute("epsilon", 0.5), ...attributes])],
        initializers: [weight("g", scales), weight("b", scales)],
        inputs: [info("x", shape)],
        opset: Math.max(opset, 7),
      };
      expect(graphOf(parts).nodes).toEqual([
        {
          op: "GroupNormalization",
          name: op.toLowerCase(),
          inputs: ["x", "g", "b"],
          outputs: ["y"],
          attributes: { numGroups, epsilon: 0.5, layout: "NCHW" },
        },
      ]);
      expect(shapeOfY(parts)).toEqual(shape);
    }
  });

  test("InstanceNormalization's ones and zeros of Constant nodes are none, of initializers weights", () => {
    const ones = floatTensor("g", [4], new Float32Array(4).fill(1));
    const zeros = floatTensor("b", [4], new Float32Array(4));
    const norm = node("InstanceNormalization", ["x", "g", "b"], ["y"]);
    const inputs = [info("x", ["N", 4, 3])];
    const constants = [ones, zeros].map((tensor) =>
      node("Constant", [], [tensor.name], [tensorAttribute("value", tensor)], tensor.name),
    );
    expect(graphOf({ nodes: [...constants, norm], inputs }).nodes[0]!.inputs).toEqual(["x"]);
    const given = graphOf({ nodes: [norm], inputs, initializers: [ones, zeros] });
    expect(given.nodes[0]!.inputs).toEqual(["x", "g", "b"]);
    // As PyTorch merges equal vectors.
    const merged = [node("Identity", ["c"], ["g"]), norm];
    const copied = graphOf({
      nodes: merged,
      inputs,
      initializers: [{ ...ones, name: "c" }, zeros],
    });
    expect(copied.nodes[0]!.inputs).toEqual(["x", "c", "b"]);
  });

  test("MeanVarianceNormalization, axes given and not", () => {
    const parts = (...axes: number[]): Parts => ({
      ...unaryParts(
        "MeanVarianceNormalization",
        ["N", 4, 2, 3],
        [...(axes.length > 0 ? [intAttribute("axes", axes)] : [])],
      ),
    });
    const nodes = graphOf(parts(-1, 2)).nodes;
    expect(nodes.map(({ op }) => op)).toEqual([
      "ReduceMean",
      "Sub",
      "Mul",
      "ReduceMean",
      "Sqrt",
      "Add",
      "Div",
    ]);
    expect(nodes[0]).toMatchObject({ attributes: { axes: [2, 3], keepDims: true } });
    expect(() => graphOf(parts())).toThrow("moves or mixes the batch N");
    expect(() => graphOf(parts(4))).toThrow("axes is [4]");
  });

  test.each([
    ["pads", [intAttribute("pads", [1, 0, 2, 1])], [1, 0, 2, 1], [0, 0]],
    ["output_padding", [intAttribute("output_padding", [1, 0])], [0, 0, 0, 0], [1, 0]],
    // 2·(4 − 1) + 3 = 9 by 2·(3 − 1) + 3 = 7 without pads.
    ["output_shape", [intAttribute("output_shape", [6, 8])], [2, 0, 1, 0], [0, 1]],
    ["SAME_UPPER", [stringAttribute("auto_pad", "SAME_UPPER")], [0, 0, 1, 1], [0, 0]],
    ["SAME_LOWER", [stringAttribute("auto_pad", "SAME_LOWER")], [1, 1, 0, 0], [0, 0]],
    ["VALID", [stringAttribute("auto_pad", "VALID")], [0, 0, 0, 0], [0, 0]],
  ] as const)("ConvTranspose, %s", (_, given, pads, outputPadding) => {
    const attributes = [intAttribute("strides", [2, 2]), ...given];
    const graph = graphOf({
      nodes: [node("ConvTranspose", ["x", "w"], ["y"], attributes)],
      initializers: [weight("w", 2, 5, 3, 3)],
      inputs: [info("x", ["N", 2, 4, 3])],
    });
    const expected = { kernelShape: [3, 3], strides: [2, 2], pads, outputPadding, group: 1 };
    expect(graph.nodes[0]).toMatchObject({ op: "ConvTranspose", attributes: expected });
  });

  test("a weight behind Transpose is folded under its own name", () => {
    const nodes = [node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"], ["y"])];
    const graph = graphOf({ nodes, initializers: [weight("w", 3, 4)] });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["MatMul"]);
    expect(graph.initializers.get("w")).toMatchObject({ shape: [4, 3], view: { shape: [3, 4] } });
  });

  test("the node's attributes of every op", () => {
    // Each op as its ONNX default; a converter that reads a wrong attribute or none shows here.
    const attributesOf = (op: string, ...given: ReturnType<typeof floatAttribute>[]) =>
      graphOf({ ...unaryParts(op, ["N", 4], given), opset: 20 }).nodes[0]!.attributes;
    for (const op of UNARY_OPS.filter((one) => one !== "Swish")) {
      const parts = { ...unaryParts(op, ["N", 4]), opset: 20 };
      expect(graphOf(parts).nodes[0]).toMatchObject({ op, inputs: ["x"] });
    }
    expect(attributesOf("Celu")).toEqual({ alpha: 1 });
    expect(attributesOf("Clip")).toEqual({ min: -Infinity, max: Infinity });
    expect(attributesOf("Elu")).toEqual({ alpha: 1 });
    expect(attributesOf("Gelu")).toEqual({ approximate: "none" });
    expect(attributesOf("HardSigmoid")).toEqual({ alpha: 0.2, beta: 0.5 });
    expect(attributesOf("LeakyRelu")).toEqual({ alpha: 0.01 });
    expect(attributesOf("ThresholdedRelu")).toEqual({ alpha: 1 });
    expect(attributesOf("Elu", floatAttribute("alpha", 0.5))).toEqual({ alpha: 0.5 });
    expect(attributesOf("Gelu", stringAttribute("approximate", "tanh"))).toEqual({
      approximate: "tanh",
    });
  });

  test.each([
    ["NOTSET", [1, 0, 2, 1], [1, 0, 2, 1]],
    ["VALID", undefined, [0, 0, 0, 0]],
    ["SAME_UPPER", undefined, [1, 0, 1, 1]],
    ["SAME_LOWER", undefined, [1, 1, 1, 0]],
  ])("Conv, auto_pad %s", (auto, pads, expected) => {
    const attributes = [intAttribute("strides", [2, 2]), stringAttribute("auto_pad", auto)];
    if (pads) attributes.push(intAttribute("pads", pads));
    const graph = graphOf({
      nodes: [node("Conv", ["x", "w"], ["y"], attributes)],
      initializers: [weight("w", 5, 2, 3, 3)],
      inputs: [info("x", ["N", 2, 7, 6])],
    });
    expect(graph.nodes[0]).toMatchObject({
      attributes: {
        kernelShape: [3, 3],
        strides: [2, 2],
        pads: expected,
        group: 1,
        layout: "NCHW",
      },
    });
  });

  test("BatchNormalization: inference, five outputs before opset 14, training_mode since", () => {
    const five = ["y", "o1", "o2", "o3", "o4"];
    const forms = [
      batchNormParts(9, ["y"]),
      batchNormParts(13, five),
      batchNormParts(14, ["y"], 0),
      batchNormParts(17, ["y", "o1", "o2"], 1),
    ];
    for (const parts of forms) {
      const [only] = graphOf(parts).nodes;
      expect(only!.outputs).toEqual(["y"]);
      expect(only!.attributes).toMatchObject({ momentum: expect.closeTo(0.9), layout: "NCHW" });
    }
    const read = batchNormParts(17, ["h", "y", "o2"], 1);
    expect(() => graphOf(read)).toThrow("its output 2, 'y', is used");
  });

  test("Dropout: its ratio as attribute, as input and by default; training_mode does not matter", () => {
    const notesOf = (parts: Parts) => importOnnx(bytes(parts)).notes;
    const ratioOf = (parts: Parts) => graphOf(parts).nodes.map(({ attributes }) => attributes);
    const attribute = [floatAttribute("ratio", 0.25)];
    const early = { nodes: [node("Dropout", ["x"], ["y"], attribute, "d1")], opset: 11 };
    expect(ratioOf(early)).toEqual([{ ratio: 0.25 }]);
    expect(notesOf(early)).toEqual(["Dropout 'd1' (0.25) is active in training"]);
    expect(ratioOf({ ...unaryParts("Dropout", ["N", 4]), opset: 11 })).toEqual([{ ratio: 0.5 }]);
    expect(ratioOf(unaryParts("Dropout", ["N", 4]))).toEqual([{ ratio: 0.5 }]);
    const late = (ratio: number, training: number): Parts => {
      const mode = create(TensorProtoSchema, {
        name: "mode",
        dataType: TensorProto_DataType.BOOL,
        int32Data: [training],
      });
      return {
        nodes: [node("Dropout", ["x", "ratio", "mode"], ["y", "mask"], [], "d2")],
        initializers: [floatTensor("ratio", [], Float32Array.of(ratio)), mode],
        outputs: [info("y", ["N", 4])],
      };
    };
    for (const training of [0, 1]) {
      const { nodes, initializers } = graphOf(late(0.1, training));
      expect(nodes).toMatchObject([{ op: "Dropout", inputs: ["x"], name: "d2" }]);
      expect(initializers.size).toBe(0);
      expect(notesOf(late(0.1, training))).toEqual(["Dropout 'd2' (0.1) is active in training"]);
    }
    expect(graphOf(late(0, 1)).nodes[0]!.op).toBe("Identity");
    expect(notesOf(late(0, 1))).toEqual([]);
    expect(() => graphOf(late(1, 0))).toThrow("ratio is 1");
  });

  test.each(["Softmax", "LogSoftmax"])("%s: the axis by opset", (op) => {
    const opsOf = (opset: number, shape: readonly ("N" | number)[], axis?: number) => {
      const attributes = axis === undefined ? [] : [intAttribute("axis", axis)];
      const parts = unaryParts(op, shape);
      const nodes = [node(op, ["x"], ["y"], attributes)];
      return graphOf({ ...parts, nodes, opset }).nodes.map((one) => ({
        op: one.op,
        ...one.attributes,
      }));
    };
    expect(opsOf(13, ["N", 4])).toEqual([{ op, axis: 1 }]);
    expect(opsOf(13, ["N", 3, 4])).toEqual([{ op, axis: 2 }]);
    expect(opsOf(13, ["N", 4, 1, 1], 1)).toEqual([{ op, axis: 1 }]);
    expect(opsOf(9, ["N", 4])).toEqual([{ op, axis: 1 }]);
    expect(opsOf(9, ["N", 4, 1, 1])).toEqual([{ op, axis: 1 }]);
    expect(opsOf(9, ["N", 1, 4])).toEqual([{ op, axis: 2 }]);
    expect(opsOf(9, ["N", 3, 4], 2)).toEqual([{ op, axis: 2 }]);
    expect(opsOf(9, ["N", 3, 4])).toEqual([
      { op: "Reshape", shape: ["N", 12], allowZero: false },
      { op, axis: 1 },
      { op: "Reshape", shape: ["N", 3, 4], allowZero: false },
    ]);
    const perm = [0, 3, 2, 1];
    expect(opsOf(13, ["N", 3, 4, 5], 1)).toEqual([
      { op: "Transpose", perm },
      { op, axis: 3 },
      { op: "Transpose", perm },
    ]);
    expect(() => opsOf(13, ["N", 4], 0)).toThrow("a softmax over the rows");
    expect(() => opsOf(12, ["N", 4], 0)).toThrow("a softmax over the rows");
  });

  test("LayerNormalization: axis −1 and several axes, with and without a bias", () => {
    const parts = (attributes: ReturnType<typeof intAttribute>[], ...weights: string[]): Parts => ({
      nodes: [node("LayerNormalization", ["x", ...weights], ["y"], attributes)],
      initializers: [weight("w", 4), weight("b", 4), weight("all", 3, 4)],
      inputs: [info("x", ["N", 3, 4])],
      outputs: [info("y", ["N", 3, 4])],
    });
    const plain = graphOf(parts([], "w", "b")).nodes[0]!;
    expect(plain.attributes).toMatchObject({ axis: -1, epsilon: expect.closeTo(1e-5) });
    expect(plain.inputs).toEqual(["x", "w", "b"]);
    const all = graphOf(parts([intAttribute("axis", 1)], "all", "")).nodes[0]!;
    expect(all).toMatchObject({ inputs: ["x", "all"], attributes: { axis: 1 } });
    expect(() => graphOf(parts([floatAttribute("epsilon", 0)], "w"))).toThrow("epsilon is 0");
  });

  test("LayerNormalization's mean and inverse deviation, where something reads them", () => {
    const opsOf = (...read: string[]) => {
      const all = read.map((name, i) => node("Add", [i ? `h${i - 1}` : "y", name], [`h${i}`]));
      const norm = node("LayerNormalization", ["x", "w"], ["y", "mean", "scale"]);
      const output = read.length > 0 ? `h${read.length - 1}` : "y";
      return graphOf({
        nodes: [norm, ...all],
        initializers: [weight("w", 4)],
        inputs: [info("x", ["N", 3, 4])],
        outputs: [info(output, ["N", 3, 4])],
      }).nodes.map(({ op }) => op);
    };
    const norm = "LayerNormalization";
    expect(opsOf()).toEqual([norm]);
    expect(opsOf("mean")).toEqual(["ReduceMean", norm, "Add"]);
    const deviation = ["ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Reciprocal"];
    expect(opsOf("scale")).toEqual([...deviation, norm, "Add"]);
    expect(opsOf("mean", "scale")).toEqual(["ReduceMean", ...deviation, norm, "Add", "Add"]);
  });

  test("equal vectors that PyTorch merged part again; equal matrices stay tied", () => {
    const vectors = [
      node("Identity", ["b"], ["b2"]),
      node("Add", ["x", "b"], ["h"]),
      node("Add", ["h", "b2"], ["y"]),
    ];
    const parted = graphOf({ nodes: vectors, initializers: [weight("b", 4)] });
    expect([...parted.initializers.keys()]).toEqual(["b", "b2"]);
    const matrices = [
      node("Identity", ["w"], ["w2"]),
      node("MatMul", ["x", "w"], ["h"]),
      node("MatMul", ["h", "w2"], ["y"]),
    ];
    const tied = graphOf({ nodes: matrices, initializers: [weight("w", 4, 4)] });
    expect(tied.nodes.map(({ inputs }) => inputs[1])).toEqual(["w", "w"]);
  });
});

describe("constants", () => {
  test("every form of Constant that holds numbers", () => {
    const add = (attribute: ReturnType<typeof floatAttribute>) =>
      graphOf({
        nodes: [node("Constant", [], ["c"], [attribute]), node("Add", ["x", "c"], ["y"])],
      }).initializers.get("c")!;
    expect([...add(tensorAttribute("value", weight("", 4))).data]).toEqual([1, 2, 3, 4]);
    expect(add(floatAttribute("value_float", 2))).toMatchObject({ shape: [] });
    expect(() => add(intAttribute("value_int", 2))).toThrow("its input 'c' is int32");
    expect(() => add(intAttribute("value_ints", [2]))).toThrow("its input 'c' is int32");
    expect(() => add(stringAttribute("value_string", "a"))).toThrow("a constant as value_string");
  });

  test("data as raw bytes and as values; int64 saturates", () => {
    const typed = create(TensorProtoSchema, {
      name: "b",
      dataType: TensorProto_DataType.FLOAT,
      dims: [4n],
      floatData: [...counting(4)],
    });
    const graph = graphOf({ nodes: [node("Add", ["x", "b"], ["y"])], initializers: [typed] });
    expect([...graph.initializers.get("b")!.data]).toEqual([1, 2, 3, 4]);
  });

  test("ConstantOfShape, Size and Neg of shapes", () => {
    const value = tensorAttribute("value", intTensor("", [1]));
    const nodes = [
      node("Shape", ["x"], ["s"]),
      node("Size", ["s"], ["rank"]),
      node("Neg", ["rank"], ["end"]),
      node("Sub", ["end", "end"], ["none"]),
      node("Sub", ["none", "one"], ["last"]),
      node("Neg", ["last"], ["count"]),
      node("ConstantOfShape", ["count"], ["ones"], [value]),
      node("Concat", ["s", "ones"], ["longer"], [intAttribute("axis", 0)]),
      node("Reshape", ["x", "longer"], ["y"]),
    ];
    const parts = { nodes, initializers: [intTensor("one", [1])] };
    expect(shapeOfY(parts)).toEqual(["N", 4, 1]);
    const sum = (...shape: number[]): Parts => ({
      nodes: [node("ConstantOfShape", ["s"], ["c"]), node("Add", ["x", "c"], ["y"])],
      initializers: [intTensor("s", shape)],
    });
    expect(graphOf(sum(4)).nodes.map(({ op }) => op)).toEqual(["Expand", "Add"]);
    expect(() => graphOf(sum(2 ** 30, 2 ** 30))).toThrow("is too large");
    const tooLong = { ...parts, initializers: [intTensor("one", [2 ** 20])] };
    expect(() => graphOf(tooLong)).toThrow("too long to be a shape");
    const batch = [node("Size", ["x"], ["s"]), node("Reshape", ["x", "s"], ["y"])];
    expect(() => graphOf({ nodes: batch })).toThrow("depends on the batch");
  });

  test("x.view(x.size(0), -1) as PyTorch writes it", () => {
    const axes = (axis: number, opset: number) =>
      opset < 13 ? { attribute: [intAttribute("axes", [axis])], input: [] } : { input: ["axes"] };
    for (const opset of [9, 13, 21]) {
      const unsqueeze = axes(0, opset);
      const nodes = [
        node("Shape", ["x"], ["s"]),
        node("Constant", [], ["zero"], [tensorAttribute("value", intScalar(0))]),
        node("Gather", ["s", "zero"], ["g"], [intAttribute("axis", 0)]),
        node("Unsqueeze", ["g", ...unsqueeze.input], ["u"], unsqueeze.attribute),
        node("Concat", ["u", "minus"], ["c"], [intAttribute("axis", 0)]),
        node("Reshape", ["x", "c"], ["y"]),
      ];
      const parts: Parts = {
        nodes,
        initializers: [intTensor("minus", [-1]), ...(opset < 13 ? [] : [intTensor("axes", [0])])],
        inputs: [info("x", ["N", 2, 3])],
        opset,
      };
      expect(shapeOfY(parts)).toEqual(["N", 6]);
      expect(graphOf(parts).nodes).toMatchObject([{ attributes: { shape: ["N", -1] } }]);
    }
  });

  test.each([
    [
      "Add",
      [
        ["broadcast", 1],
        ["axis", 1],
      ],
      [3, 1],
    ],
    [
      "Mul",
      [
        ["broadcast", 1],
        ["axis", 2],
      ],
      [3],
    ],
    ["Sub", [["broadcast", 1]], [3]],
    ["PRelu", [], [3, 1]],
  ] as const)("%s of opset 6 with %j: a second operand [3] is [%j]", (op, given, shape) => {
    const attributes = given.map(([name, value]) => intAttribute(name, value));
    const parts: Parts = {
      nodes: [node(op, ["x", "b"], ["y"], attributes)],
      initializers: [weight("b", 3)],
      inputs: [info("x", ["N", 3, 3])],
      opset: 6,
    };
    const graph = graphOf(parts);
    expect(graph.nodes.map((one) => one.op)).toEqual([op]);
    expect(graph.initializers.get("b")!.shape).toEqual(shape);
  });

  test("slices, casts and squeezes of shapes", () => {
    const nodes = [
      node("Shape", ["x"], ["s"]),
      node("Slice", ["s", "from", "to"], ["batch"]),
      node("Squeeze", ["batch"], ["n"]),
      node("Cast", ["n"], ["n32"], [intAttribute("to", TensorProto_DataType.INT32)]),
      node("Reshape", ["n32", "minus"], ["v"]),
      node("Concat", ["v", "minus"], ["c"], [intAttribute("axis", 0)]),
      node("Reshape", ["x", "c"], ["y"]),
    ];
    const initializers = [intTensor("from", [0]), intTensor("to", [1]), intTensor("minus", [-1])];
    expect(shapeOfY({ nodes, initializers, inputs: [info("x", ["N", 2, 3])] })).toEqual(["N", 6]);
  });

  test("shape arithmetic cannot grow without end", () => {
    const nodes = Array.from({ length: 60 }, (_, i) =>
      node("Concat", [`c${i}`, `c${i}`], [`c${i + 1}`], [intAttribute("axis", 0)]),
    );
    nodes.push(node("Relu", ["x"], ["y"]));
    expect(() => graphOf({ nodes, initializers: [intTensor("c0", [1])] })).toThrow(
      "too long to be a shape",
    );
  });
});

describe("structure", () => {
  test("initializers listed as inputs, as before IR 4, are no inputs", () => {
    const graph = graphOf({ ...gemmParts(), inputs: [info("x", ["N", 4]), info("w", [3, 4])] });
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("nodes out of order are put in order", () => {
    const nodes = [node("Relu", ["h"], ["y"]), node("Tanh", ["x"], ["h"])];
    expect(graphOf({ nodes }).nodes.map(({ op }) => op)).toEqual(["Tanh", "Relu"]);
  });

  test("nodes without a name, or with the same one, get one", () => {
    const nodes = [
      node("Relu", ["x"], ["a"], [], ""),
      node("Relu", ["a"], ["b"], [], "same"),
      node("Relu", ["b"], ["y"], [], "same"),
    ];
    expect(graphOf({ nodes }).nodes.map(({ name }) => name)).toEqual(["relu_0", "same", "same_2"]);
  });
});

function intScalar(value: number) {
  const tensor = intTensor("", [value]);
  tensor.dims = [];
  return tensor;
}
