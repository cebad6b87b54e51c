import { describe, expect, test } from "vitest";
import { inferShapes } from "../../src/graph/infer.js";
import { listParameters } from "../../src/graph/parameters.js";
import { Model } from "../../src/index.js";
import { importOnnx } from "../../src/onnx/import.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import { TestRandom } from "../helpers/random.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";
import {
  bytes,
  doubleTensor,
  floatAttribute,
  floatTensor,
  info,
  intAttribute,
  intTensor,
  node,
  type Parts,
  tensorAttribute,
  weight,
} from "./model.js";

const graphOf = (parts: Parts) => importOnnx(bytes(parts)).graph;
const rows = ["N", 2, 3] as const;
const onRows = (
  parts: Omit<Parts, "inputs" | "outputs">,
  shape: readonly ("N" | number)[],
): Parts => ({
  ...parts,
  inputs: [info("x", rows)],
  outputs: [info("y", shape)],
});
const scalar = (name: string, value: number) => floatTensor(name, [], Float32Array.of(value));
const refusal = (parts: Parts) => expect(() => graphOf(parts));

describe("Clip", () => {
  const clipped = (
    opset: number,
    input: string[],
    attributes = [] as never[] | ReturnType<typeof floatAttribute>[],
    initializers: Parts["initializers"] = [],
  ) =>
    graphOf({
      nodes: [node("Clip", ["x", ...input], ["y"], attributes)],
      initializers,
      outputs: [info("y", ["N", 4])],
      opset,
    });

  test("bounds are attributes before opset 11, inputs since, either left out", () => {
    const attributes = [floatAttribute("min", -1), floatAttribute("max", 6)];
    expect(clipped(10, [], attributes).nodes[0]!.attributes).toEqual({ min: -1, max: 6 });
    expect(clipped(9, []).nodes[0]!.attributes).toEqual({ min: -Infinity, max: Infinity });
    const bounds = [scalar("low", 0), scalar("high", 6)];
    const both = clipped(11, ["low", "high"], [], bounds);
    expect(both.nodes[0]).toMatchObject({ inputs: ["x"], attributes: { min: 0, max: 6 } });
    expect(both.initializers.size).toBe(0);
    expect(clipped(13, ["", "high"], [], bounds).nodes[0]!.attributes).toEqual({
      min: -Infinity,
      max: 6,
    });
  });

  test("a bound behind a Cast of a double, as PyTorch writes it", () => {
    const nodes = [
      node("Constant", [], ["c"], [tensorAttribute("value", doubleTensor("", 0.7))]),
      node("Cast", ["c"], ["f"], [intAttribute("to", 1)]),
      node("Clip", ["x", "", "f"], ["y"]),
    ];
    const { attributes } = graphOf({ nodes, outputs: [info("y", ["N", 4])] }).nodes[0]!;
    expect(attributes).toEqual({ min: -Infinity, max: Math.fround(0.7) });
  });

  test("a bound that is no constant is refused", () => {
    const nodes = [node("Clip", ["x", "x"], ["y"])];
    refusal({ nodes, outputs: [info("y", ["N", 4])] }).toThrow("its bound 'x' is not a constant");
  });
});

describe("roles of constants", () => {
  const rolesOf = (parts: Parts) =>
    Object.fromEntries(listParameters(graphOf(parts)).map(({ name, role }) => [name, role]));
  const y = [info("y", ["N", 4])];

  test("multiplied or added vectors are parameters; subtracted, divided by, compared ones are not", () => {
    const ops = ["Mul", "Add", "Sub", "Div", "Max", "Min", "Pow"] as const;
    const nodes = ops.map((op, i) =>
      node(op, [i === 0 ? "x" : `h${i - 1}`, op], [i === ops.length - 1 ? "y" : `h${i}`]),
    );
    const initializers = ops.map((op) => weight(op, 4));
    expect(rolesOf({ nodes, initializers, outputs: y })).toEqual({
      Mul: "parameter",
      Add: "parameter",
      Sub: "constant",
      Div: "constant",
      Max: "constant",
      Min: "constant",
      Pow: "constant",
    });
  });

  test("one number is a constant, even shared; a slope of PRelu is trained", () => {
    const nodes = [
      node("Pow", ["x", "two"], ["p"]),
      node("Add", ["p", "two"], ["a"]),
      node("Mul", ["a", "two"], ["m"]),
      node("PRelu", ["m", "slope"], ["y"]),
    ];
    const initializers = [scalar("two", 2), weight("slope", 1)];
    expect(rolesOf({ nodes, initializers, outputs: y })).toEqual({
      two: "constant",
      slope: "parameter",
    });
  });

  test("batch-norm left as Mul and Add, and Dense as MatMul and Add", () => {
    const nodes = [
      node("MatMul", ["x", "w"], ["h"]),
      node("Add", ["h", "b"], ["z"]),
      node("Mul", ["z", "scale"], ["s"]),
      node("Add", ["s", "shift"], ["y"]),
    ];
    const initializers = [weight("w", 4, 3), ...["b", "scale", "shift"].map((n) => weight(n, 3))];
    const roles = rolesOf({ nodes, initializers });
    expect(new Set(Object.values(roles))).toEqual(new Set(["parameter"]));
    expect(Object.keys(roles)).toEqual(["w", "b", "scale", "shift"]);
  });
});

describe("variadic ops", () => {
  test.each([
    ["Sum", ["Add", "Add"]],
    ["Max", ["Max", "Max"]],
    ["Min", ["Min", "Min"]],
    ["Mean", ["Add", "Add", "Mul"]],
  ])("%s of three", (op, expected) => {
    const initializers = [weight("a", 4), weight("y/Add", 4)];
    const parts = {
      nodes: [node(op, ["x", "a", "y/Add"], ["y"])],
      initializers,
      outputs: [info("y", ["N", 4])],
    };
    const graph = graphOf(parts);
    expect(graph.nodes.map((one) => one.op)).toEqual(expected);
    const x = Float32Array.of(9, -9, 0.5, 3);
    const join = {
      Sum: (v: number[]) => v[0]! + v[1]! + v[2]!,
      Max: (v: number[]) => Math.max(...v),
    };
    const mean = (v: number[]) => join.Sum(v) / 3;
    const f = { ...join, Min: (v: number[]) => Math.min(...v), Mean: mean }[op]!;
    const wanted = Array.from(x, (value, i) => f([value, i + 1, i + 1]));
    const found = Model.fromOnnx(bytes(parts)).predict({ shape: [1, 4], data: x }).data;
    expect(largestDifference(found as Float32Array, wanted)).toBeLessThan(
      TOLERANCES.f32Elementwise,
    );
  });

  test("of one input it is that input", () => {
    for (const op of ["Sum", "Max", "Min", "Mean"]) {
      const parts = { nodes: [node(op, ["x"], ["y"])], outputs: [info("y", ["N", 4])] };
      expect(graphOf(parts).nodes.map((one) => one.op)).toEqual(["Identity"]);
    }
  });
});

describe("reductions", () => {
  const reduced = (
    op: string,
    opset: number,
    axes: number[] | undefined,
    ...flags: [string, number][]
  ) => {
    const since = op === "ReduceSum" ? 13 : 18;
    const asInput = opset >= since && axes !== undefined;
    const attributes = flags.map(([name, value]) => intAttribute(name, value));
    if (!asInput && axes) attributes.push(intAttribute("axes", axes));
    return graphOf(
      onRows(
        {
          nodes: [node(op, asInput ? ["x", "axes"] : ["x"], ["y"], attributes)],
          initializers: asInput ? [intTensor("axes", axes)] : [],
          opset,
        },
        rows,
      ),
    );
  };

  test("axes as an attribute and as an input, negative, kept or dropped", () => {
    for (const op of ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"]) {
      for (const opset of [9, 11, 13, 17, 18, 21]) {
        const [one] = reduced(op, opset, [-1, 1]).nodes;
        expect(one).toMatchObject({
          op,
          inputs: ["x"],
          attributes: { axes: [1, 2], keepDims: true },
        });
        const dropped = reduced(op, opset, [2], ["keepdims", 0]);
        expect(inferShapes(dropped).get("y")!.shape).toEqual(["N", 2]);
      }
    }
  });

  test("no axes: none with noop_with_empty_axes, else all, which mixes the rows", () => {
    const nothing = reduced("ReduceSum", 13, undefined, ["noop_with_empty_axes", 1]);
    expect(nothing.nodes.map(({ op }) => op)).toEqual(["Identity"]);
    expect(() => reduced("ReduceSum", 13, undefined)).toThrow("moves or mixes the batch N");
    expect(() => reduced("ReduceMean", 17, [0, 1])).toThrow("moves or mixes the batch N");
    expect(() => reduced("ReduceMax", 17, [3])).toThrow("axis 3 of an input of shape [N, 2, 3]");
  });

  test.each(["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"])(
    "%s is what its name says, kept or dropped",
    (op) => {
      const sum = (values: number[], f: (x: number) => number) =>
        values.reduce((total, value) => total + f(value), 0);
      const expected: Record<string, (v: number[]) => number> = {
        ReduceL1: (v) => sum(v, Math.abs),
        ReduceL2: (v) => Math.hypot(...v),
        ReduceSumSquare: (v) => sum(v, (x) => x * x),
        ReduceLogSum: (v) => Math.log(sum(v, (x) => x)),
        ReduceLogSumExp: (v) => Math.log(sum(v, Math.exp)),
      };
      const x = new TestRandom(3).array(4 * 6, 1, 1.5);
      for (const keep of [0, 1]) {
        const graph = reduced(op, 17, [2], ["keepdims", keep]);
        expect(inferShapes(graph).get("y")!.shape).toEqual(keep ? ["N", 2, 1] : ["N", 2]);
        const found = evaluateNaively(graph, 4, x);
        const wanted = Array.from({ length: 8 }, (_, i) =>
          expected[op]!([...x.slice(3 * i, 3 * i + 3)]),
        );
        expect(largestDifference(found, wanted)).toBeLessThan(TOLERANCES.f64Order);
      }
    },
  );

  test("LogSumExp of large numbers does not overflow", () => {
    const graph = onRows(
      { nodes: [node("ReduceLogSumExp", ["x"], ["y"], [intAttribute("axes", [2])])] },
      ["N", 2, 1],
    );
    const data = Float32Array.of(200, 200, 200, -300, -300, -300);
    const { data: y } = Model.fromOnnx(bytes(graph)).predict({ shape: [1, 2, 3], data });
    const wanted = [200 + Math.log(3), -300 + Math.log(3)];
    expect(largestDifference(y as Float32Array, wanted)).toBeLessThan(TOLERANCES.f32Elementwise);
  });
});

describe("whole numbers where floats stand", () => {
  test("an exponent, and a Cast of a constant", () => {
    const pow = {
      nodes: [node("Pow", ["x", "n"], ["y"])],
      initializers: [intTensor("n", [3])],
      outputs: [info("y", ["N", 4])],
    };
    const graph = graphOf(pow);
    const [one] = graph.nodes;
    expect([...graph.initializers.get(one!.inputs[1]!)!.data]).toEqual([3]);
    const cast = [
      node("Cast", ["n"], ["f"], [intAttribute("to", 1)]),
      node("Div", ["x", "f"], ["y"]),
    ];
    expect([...graphOf({ ...pow, nodes: cast }).initializers.get("f")!.data]).toEqual([3]);
  });

  test("x.view(-1, x.size(1) * x.size(2)): products of sizes", () => {
    const gather = (index: string, output: string) => node("Gather", ["s", index], [output]);
    const nodes = [
      node("Shape", ["x"], ["s"]),
      gather("one", "height"),
      gather("two", "width"),
      node("Mul", ["height", "width"], ["product"]),
      node("Unsqueeze", ["product", "zero"], ["p"]),
      node("Concat", ["minus", "p"], ["shape"], [intAttribute("axis", 0)]),
      node("Reshape", ["x", "shape"], ["y"]),
    ];
    const index = (name: string, value: number) => {
      const tensor = intTensor(name, [value]);
      tensor.dims = [];
      return tensor;
    };
    const initializers = [
      index("one", 1),
      index("two", 2),
      intTensor("zero", [0]),
      intTensor("minus", [-1]),
    ];
    const graph = graphOf(onRows({ nodes, initializers }, ["N", 6]));
    expect(inferShapes(graph).get("y")!.shape).toEqual(["N", 6]);
  });
});

describe("Squeeze and Unsqueeze of values", () => {
  test.each([11, 13])("opset %i", (opset) => {
    const axes = (op: string, from: string, to: string, list: number[]) =>
      opset < 13
        ? node(op, [from], [to], [intAttribute("axes", list)])
        : node(op, [from, op], [to]);
    const nodes = [axes("Unsqueeze", "x", "h", [1, -1]), axes("Squeeze", "h", "y", [1])];
    const initializers =
      opset < 13 ? [] : [intTensor("Unsqueeze", [1, -1]), intTensor("Squeeze", [1])];
    const graph = graphOf(onRows({ nodes, initializers, opset }, ["N", 2, 3, 1]));
    expect(inferShapes(graph).get("h")!.shape).toEqual(["N", 1, 2, 3, 1]);
    expect(inferShapes(graph).get("y")!.shape).toEqual(["N", 2, 3, 1]);
  });
});

describe("refusals", () => {
  const y = [info("y", ["N", 4])];

  test("functions whose gradient would need another sign", () => {
    for (const op of ["Elu", "Celu", "Selu"]) {
      const nodes = [node(op, ["x"], ["y"], [floatAttribute("alpha", -1)])];
      refusal({ nodes, outputs: y }).toThrow("alpha is -1, and only one above 0 is supported");
    }
  });

  test("shapes that do not broadcast, a slope larger than its input", () => {
    const of = (op: string) => ({ nodes: [node(op, ["x", "w"], ["y"])], outputs: y });
    refusal({ ...of("Mul"), initializers: [weight("w", 3)] }).toThrow("do not broadcast");
    refusal({ ...of("PRelu"), initializers: [weight("w", 1, 1, 4)] }).toThrow("do not broadcast");
  });

  test.each(["If", "Loop", "Scan"])("%s, with what to do", (op) => {
    const nodes = [node(op, ["x"], ["y"])];
    refusal({ nodes, outputs: y }).toThrow(
      /, which Strop does not support yet\. Export the model by tracing/,
    );
  });

  test("a Softmax in a list of lacking ops keeps its hint", () => {
    const nodes = [node("If", ["x"], ["h"]), node("Foo", ["h"], ["y"])];
    refusal({ nodes, outputs: y }).toThrow("Also unsupported in this model: Foo.");
  });
});

test("a file whose batch is fixed at 1: Reshape, ReduceMean and Gemm with a free one", () => {
  const nodes = [
    node("ReduceMean", ["x"], ["m"], [intAttribute("axes", [2]), intAttribute("keepdims", 0)]),
    node("Reshape", ["m", "shape"], ["r"]),
    node("MatMul", ["r", "w"], ["h"]),
    node("Add", ["h", "b"], ["y"]),
  ];
  const initializers = [intTensor("shape", [1, 2]), weight("w", 2, 3), weight("b", 3)];
  const parts = {
    nodes,
    initializers,
    inputs: [info("x", [1, 2, 3])],
    outputs: [info("y", [1, 3])],
  };
  const { graph, notes } = importOnnx(bytes(parts));
  expect(notes).toEqual(["the batch was fixed at 1 and is free now"]);
  expect(inferShapes(graph).get("y")!.shape).toEqual(["N", 3]);
  const data = new TestRandom(5).array(30);
  const { data: y } = Model.fromOnnx(bytes(parts)).predict({ shape: [5, 2, 3], data });
  const expected = evaluateNaively(graph, 5, data);
  expect(largestDifference(y as Float32Array, expected)).toBeLessThan(TOLERANCES.f32Reduction);
});
