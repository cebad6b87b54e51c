import { create } from "@bufbuild/protobuf";
import {
  FunctionProtoSchema,
  SparseTensorProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as Type,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import { StropError } from "../../src/errors.js";
import { unsupportedNodes } from "../../src/onnx/check.js";
import { importOnnx } from "../../src/onnx/import.js";
import {
  bytes,
  emptyTensor,
  floatTensor,
  gemmParts,
  info,
  intAttribute,
  model,
  node,
  type Parts,
  stringAttribute,
  unaryParts,
  weight,
} from "./model.js";

function problem(given: Parts | Uint8Array): string {
  try {
    importOnnx(given instanceof Uint8Array ? given : bytes(given), { name: "m.onnx" });
  } catch (error) {
    if (error instanceof StropError) return error.message;
    throw error;
  }
  return "";
}

describe("not ONNX", () => {
  test.each([
    ["empty", new Uint8Array()],
    ["text", new TextEncoder().encode("this is no model at all, only text")],
    ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
    ["zeros", new Uint8Array(100)],
    ["truncated", bytes(gemmParts()).slice(0, -20)],
    ["an endless number", new Uint8Array(100).fill(0xff)],
  ])("%s", (_, given) => {
    expect(problem(given)).toMatch(/^m\.onnx: this is not an ONNX model \(.*\)\. The file may be/);
  });

  test("a million empty nodes are refused before they become objects", () => {
    const count = 2 ** 21;
    const graph = new Uint8Array(2 * count);
    for (let i = 0; i < graph.length; i += 2) graph[i] = 0x0a;
    const length = [0x80, 0x80, 0x80, 0x02];
    const file = Uint8Array.of(0x3a, ...length, ...graph.slice(0, 0));
    const given = new Uint8Array(file.length + graph.length);
    given.set(file);
    given.set(graph, file.length);
    expect(problem(given)).toContain("too many small parts");
  });

  test("messages nested without end are refused", () => {
    // TypeProto.sequence_type.elem_type.sequence_type…, built from the inside out.
    let inner: number[] = [];
    const wrap = (tag: number) => {
      const size = inner.length;
      inner = [tag, ...(size < 128 ? [size] : [(size & 127) | 128, size >> 7]), ...inner];
    };
    for (let i = 0; i < 200; i++) wrap(i % 2 === 0 ? 0x0a : 0x22);
    wrap(0x12);
    wrap(0x5a);
    wrap(0x3a);
    expect(problem(Uint8Array.from(inner))).toContain("nested too deep");
  });
});

describe("ops", () => {
  test("an op that is lacking: its node, itself, and the others", () => {
    const nodes = [
      node("Hardmax", ["x"], ["a"], [], "pool"),
      node("Foo", ["a"], ["b"], [], ""),
      node("Relu", ["b"], ["y"]),
    ];
    expect(problem({ nodes })).toBe(
      "node 'pool' is a Hardmax, which Strop does not support yet. Also unsupported in this model: Foo.",
    );
    expect(unsupportedNodes(model({ nodes }))).toEqual([
      { name: "pool", op: "Hardmax" },
      { name: "foo_1", op: "Foo" },
    ]);
    expect(problem({ nodes: nodes.slice(1) })).toContain("node 'foo_0' is a Foo, which");
  });

  test("other domains, control flow", () => {
    const foreign = node("Gelu", ["x"], ["y"]);
    foreign.domain = "com.microsoft";
    expect(problem({ nodes: [foreign] })).toContain("is a com.microsoft.Gelu, which Strop");
    for (const op of ["If", "Loop", "Scan"]) {
      expect(problem({ nodes: [node(op, ["x"], ["y"])] })).toContain(
        ` ${op}, which Strop does not`,
      );
    }
  });

  test("opset outside 6 to 21, or none", () => {
    expect(problem({ ...gemmParts(), opset: 5 })).toContain("opset 5; Strop reads 6 to 21");
    expect(problem({ ...gemmParts(), opset: 22 })).toContain("opset 22; Strop reads 6 to 21");
    const none: Parts = { ...gemmParts(), change: (proto) => void proto.opsetImport.splice(0) };
    expect(problem(none)).toContain("no opset");
  });

  test("what was dropped in opset 9", () => {
    const statistics = ["g", "b", "m", "v"];
    const norm = (opset: number): Parts => ({
      nodes: [
        node("BatchNormalization", ["x", ...statistics], ["y"], [intAttribute("spatial", 0)]),
      ],
      initializers: statistics.map((name) => weight(name, 4)),
      opset,
    });
    expect(problem(norm(7))).toContain("statistics of every pixel (spatial 0)");
    expect(importOnnx(bytes(norm(9))).graph.nodes[0]!.op).toBe("BatchNormalization");
  });

  test("functions, sparse initializers", () => {
    const functions: Parts = {
      ...gemmParts(),
      change: (proto) => void proto.functions.push(create(FunctionProtoSchema, { name: "f" })),
    };
    expect(problem(functions)).toContain("defines functions of its own ('f')");
    const sparse: Parts = {
      ...gemmParts(),
      change: (proto) =>
        void proto.graph!.sparseInitializer.push(
          create(SparseTensorProtoSchema, { values: weight("s", 1) }),
        ),
    };
    expect(problem(sparse)).toContain("the initializer 's' is sparse");
  });

  test("a 3-D convolution, by name; impossible attributes", () => {
    const conv = (attributes: ReturnType<typeof intAttribute>[], ...shape: number[]): Parts => ({
      nodes: [node("Conv", ["x", "w"], ["y"], attributes)],
      initializers: [weight("w", ...shape)],
      inputs: [info("x", ["N", 2, ...shape.slice(2).map(() => 9)])],
    });
    expect(problem(conv([], 3, 2, 1, 1, 1))).toContain("node 'conv' (Conv): a 3-D convolution");
    expect(problem(conv([], 3, 2))).toContain("a 0-D convolution");
    expect(problem(conv([intAttribute("pads", [1, 1, 1, 1])], 3, 2, 3))).toContain("pads is");
    expect(problem(conv([intAttribute("dilations", [2, 2])], 3, 2, 3))).toContain("dilations is");
    expect(problem(conv([intAttribute("group", 0)], 3, 2, 3, 3))).toContain("group is 0");
    expect(problem(conv([intAttribute("strides", [0, 1])], 3, 2, 3, 3))).toContain("strides is");
    expect(problem(conv([intAttribute("pads", [1, 1])], 3, 2, 3, 3))).toContain("pads is [1,1]");
    expect(problem(conv([intAttribute("pads", 1)], 3, 2, 3, 3))).toContain("not of type ints");
    const far = /go as far as 1073741\d{3}, where 536870911 is the most/;
    expect(problem(conv([intAttribute("strides", [1, 2 ** 30])], 3, 2, 3, 3))).toMatch(far);
    const wide = [
      intAttribute("pads", [2 ** 30, 0, 0, 0]),
      intAttribute("dilations", [2 ** 29, 1]),
    ];
    expect(problem(conv(wide, 3, 2, 3, 3))).toMatch(far);
    expect(problem(conv([], 3, 2, 0, 3))).toContain("does not fit a weight of shape [3, 2, 0, 3]");
    const pad = stringAttribute("auto_pad", "HALF");
    expect(problem(conv([pad], 3, 2, 3, 3))).toContain("auto_pad is 'HALF'");
  });

  test("a Reshape to what only a sample tells", () => {
    const nodes = [node("Reshape", ["x", "x"], ["y"])];
    expect(problem({ nodes })).toContain("its shape is not a constant of whole numbers");
  });
});

describe("tensors", () => {
  test.each([
    ["double", Type.DOUBLE],
    ["float16", Type.FLOAT16],
    ["bfloat16", Type.BFLOAT16],
    ["string", Type.STRING],
  ])("%s weights", (name, type) => {
    const parts = { ...gemmParts(), initializers: [emptyTensor("w", type), weight("b", 3)] };
    expect(problem(parts)).toBe(
      `initializer 'w': it is ${name}, which is not supported. Strop reads models with float32 weights.`,
    );
  });

  test("external data, too little data, sizes that overflow", () => {
    const external = weight("w", 3, 4);
    external.dataLocation = TensorProto_DataLocation.EXTERNAL;
    const parts = gemmParts();
    expect(problem({ ...parts, initializers: [external] })).toContain("is in another file");
    const short = floatTensor("w", [3, 4], new Float32Array(11));
    expect(problem({ ...parts, initializers: [short] })).toContain(
      "initializer 'w': it has 44 bytes of data where its shape [3,4] needs 48",
    );
    const huge = floatTensor("w", [2 ** 20, 2 ** 20], new Float32Array(1));
    expect(problem({ ...parts, initializers: [huge] })).toContain("is too large");
    const negative = floatTensor("w", [-1, -1], new Float32Array(1));
    expect(problem({ ...parts, initializers: [negative] })).toContain("is too large");
    const odd = weight("w", 3, 4);
    odd.rawData = odd.rawData.slice(0, -1);
    expect(problem({ ...parts, initializers: [odd] })).toContain("47 bytes");
  });

  test("inputs that are not tensors, of a wrong type, too large, scalars, or none", () => {
    const double = info("x", ["N", 4]);
    if (double.type!.value.case === "tensorType") double.type!.value.value.elemType = Type.DOUBLE;
    expect(problem({ ...gemmParts(), inputs: [double] })).toContain("input 'x': it is double");
    const integer = info("x", ["N", 4]);
    if (integer.type!.value.case === "tensorType") integer.type!.value.value.elemType = Type.INT64;
    expect(problem({ ...gemmParts(), inputs: [integer] })).toContain("'x' is int32; only float32");
    const untyped = info("x", ["N", 4]);
    untyped.type = undefined;
    expect(problem({ ...gemmParts(), inputs: [untyped] })).toContain("it is not a tensor");
    const vast = info("x", ["N", 2 ** 20, 2 ** 20]);
    expect(problem({ ...gemmParts(), inputs: [vast] })).toContain("is too large");
    expect(problem({ ...gemmParts(), inputs: [info("x", [])] })).toContain("it is a scalar");
    expect(problem({ ...gemmParts(), inputs: [] })).toContain("the model has no input");
  });
});

describe("structure", () => {
  test("a value from nowhere, a cycle, names given twice, no output", () => {
    expect(problem({ nodes: [node("Relu", ["z"], ["y"])] })).toBe(
      "node 'relu' (Relu): its input 'z' comes from nowhere.",
    );
    const cycle = [node("Add", ["x", "y"], ["h"]), node("Relu", ["h"], ["y"])];
    expect(problem({ nodes: cycle })).toContain("the graph has a cycle");
    const twice = [node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"])];
    expect(problem({ nodes: twice })).toContain("the name 'y' is given twice");
    const weights = [weight("w", 3, 4), weight("w", 3, 4), weight("b", 3)];
    expect(problem({ ...gemmParts(), initializers: weights })).toContain("'w' is given twice");
    expect(problem({ ...gemmParts(), outputs: [] })).toContain("the model has no output");
    const outputs = [info("z", ["N", 3])];
    expect(problem({ ...gemmParts(), outputs })).toContain("no node makes the output 'z'");
    expect(problem({ nodes: [node("Relu", ["x"], [])] })).toContain("it has no output");
    expect(problem({ nodes: [node("Relu", [], ["y"])] })).toContain("input 1 is missing");
  });

  test("shapes that do not fit name node and shapes", () => {
    expect(problem({ ...gemmParts(), inputs: [info("x", ["N", 5])] })).toBe(
      "node 'gemm' (Gemm): the shapes [N, 5] × [3, 4]ᵀ do not multiply.",
    );
    expect(problem(unaryParts("Transpose", ["N", 4]))).toContain("moves or mixes the batch N");
  });

  test("names that are also those of JavaScript do no harm", () => {
    const nodes = [node("Add", ["x", "__proto__"], ["constructor"], [], "toString")];
    const outputs = [info("constructor", ["N", 4])];
    const initializers = [weight("__proto__", 4)];
    expect(problem({ nodes, initializers, outputs })).toBe("");
  });
});
