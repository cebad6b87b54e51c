import { describe, expect, test } from "vitest";
import { channelStatistics } from "../../src/data/statistics.js";
import type { Graph } from "../../src/graph/graph.js";
import { inferShapes } from "../../src/graph/infer.js";
import { importProto } from "../../src/onnx/import.js";
import { standardize, statisticsOf } from "../../src/onnx/standardize.js";
import { TestRandom } from "../helpers/random.js";
import { floatTensor, info, intAttribute, model, node, weight } from "./model.js";

const random = new TestRandom(11);

/** x → Relu → Gemm, and x → Gemm: the input has two readers. */
function twoReaders(inputs: ReturnType<typeof weight>[] = []) {
  return model({
    nodes: [
      node("Relu", ["x"], ["r"]),
      node("Gemm", ["r", "w"], ["a"], [], "first"),
      node("Gemm", ["x", "w"], ["b"], [], "second"),
      node("Add", ["a", "b"], ["y"]),
    ],
    initializers: [weight("w", 3, 2), ...inputs],
    inputs: [info("x", ["N", 3])],
    outputs: [info("y", ["N", 2])],
  });
}

function standardized(proto: ReturnType<typeof twoReaders>, x = random.array(30, 2, 5)) {
  const { graph } = importProto(proto);
  return standardize(graph, proto, statisticsOf(graph, x));
}

const initializer = ({ initializers }: Graph, name: string) => {
  const { shape, data } = initializers.get(name)!;
  return { shape, data: [...data] };
};

test("Sub and Div stand before every reader, with what was learned", () => {
  const x = random.array(30, 2, 5);
  const { graph, proto } = standardized(twoReaders(), x);
  const { mean, std } = channelStatistics(x, 3, 1);
  expect(initializer(graph, "x_mean")).toEqual({ shape: [3], data: [...mean] });
  expect(initializer(graph, "x_std")).toEqual({ shape: [3], data: [...std] });
  const nodes = proto.graph!.node.map(({ opType, input, output }) => [opType, ...input, ...output]);
  expect(nodes).toEqual([
    ["Sub", "x", "x_mean", "x_centered"],
    ["Div", "x_centered", "x_std", "x_standardized"],
    ["Relu", "x_standardized", "r"],
    ["Gemm", "r", "w", "a"],
    ["Gemm", "x_standardized", "w", "b"],
    ["Add", "a", "b", "y"],
  ]);
  expect(proto.graph!.input.map(({ name }) => name)).toEqual(["x"]);
});

test("what was given stays as it was", () => {
  const proto = twoReaders();
  const before = proto.graph!.node.map(({ input }) => [...input]);
  standardized(proto);
  expect(proto.graph!.node.map(({ input }) => [...input])).toEqual(before);
});

test("names that are taken get a number", () => {
  const taken = model({
    nodes: [
      node("Add", ["x", "x_mean"], ["x_centered"]),
      node("Gemm", ["x_centered", "w"], ["y"], [], "x_standardized"),
    ],
    initializers: [floatTensor("x_mean", [3], new Float32Array(3)), weight("w", 3, 2)],
    inputs: [info("x", ["N", 3])],
    outputs: [info("y", ["N", 2])],
  });
  const { graph, proto } = standardized(taken);
  expect(graph.initializers.has("x_mean_1")).toBe(true);
  const first = proto.graph!.node.slice(0, 2).map(({ input, output }) => [...input, ...output]);
  expect(first).toEqual([
    ["x", "x_mean_1", "x_centered_1"],
    ["x_centered_1", "x_std", "x_standardized_1"],
  ]);
  const again = standardized(proto as typeof taken, random.array(30, 3, -4));
  expect(again.proto.graph!.node).toHaveLength(proto.graph!.node.length);
  expect(initializer(again.graph, "x_mean_1")).not.toEqual(initializer(graph, "x_mean_1"));
  expect(initializer(again.graph, "x_mean")).toEqual({ shape: [3], data: [0, 0, 0] });
});

test("anew in place of the old", () => {
  const once = standardized(twoReaders());
  const x = random.array(30, 7, -50);
  const again = standardized(once.proto as ReturnType<typeof twoReaders>, x);
  expect(again.proto.graph!.node).toEqual(once.proto.graph!.node);
  expect(again.proto.graph!.initializer.map(({ name }) => name)).toEqual(["w", "x_mean", "x_std"]);
  expect(initializer(again.graph, "x_mean").data).toEqual([...channelStatistics(x, 3, 1).mean]);
});

test("a Sub of the model's own is not ours", () => {
  const own = model({
    nodes: [
      node("Sub", ["x", "shift"], ["s"]),
      node("Div", ["s", "scale"], ["d"]),
      node("Gemm", ["d", "w"], ["y"]),
    ],
    initializers: [weight("shift", 3), weight("scale", 3), weight("w", 3, 2)],
    inputs: [info("x", ["N", 3])],
    outputs: [info("y", ["N", 2])],
  });
  const { graph, proto } = standardized(own);
  expect(proto.graph!.node).toHaveLength(5);
  expect(initializer(graph, "shift").data).toEqual([1, 2, 3]);
});

test("a file from before IR 4 lists every initializer as an input", () => {
  const old = twoReaders();
  old.irVersion = 3n;
  old.graph!.input.push(info("w", [3, 2]));
  const { proto } = standardized(old);
  expect(proto.graph!.input.map(({ name }) => name)).toEqual(["x", "w", "x_mean", "x_std"]);
});

describe("shapes of mean and std broadcast over a row", () => {
  test.each<[number[], number[]]>([
    [[5], [5]],
    [[7, 3], [3]],
    [
      [2, 4, 5],
      [2, 1, 1],
    ],
    [
      [1, 4, 5],
      [1, 1, 1],
    ],
  ])("a row of %j: %j", (row, shape) => {
    const elements = row.reduce((a, b) => a * b, 1);
    const proto = model({
      nodes: [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["y"])],
      initializers: [weight("w", elements, 2)],
      inputs: [info("x", ["N", ...row])],
      outputs: [info("y", ["N", 2])],
    });
    const { graph } = standardized(proto, random.array(9 * elements));
    expect(graph.initializers.get("x_mean")!.shape).toEqual(shape);
    expect(graph.initializers.get("x_std")!.shape).toEqual(shape);
  });
});

describe("what has a mean of its own: channels, wherever the network has them", () => {
  const conv = (...kernel: number[]) => weight("w", 2, 3, ...kernel);
  const perm = (...axes: number[]) => [intAttribute("perm", axes)];
  test.each<[string, readonly number[], ReturnType<typeof conv>, readonly number[] | undefined]>([
    ["images, channels first", [3, 4, 5], conv(2, 2), undefined],
    ["images, channels last", [4, 5, 3], conv(2, 2), [0, 3, 1, 2]],
    ["signals, channels first", [3, 5], conv(2), undefined],
    ["series", [5, 3], conv(2), [0, 2, 1]],
  ])("%s", (_, row, w, turned) => {
    const last = row.at(-1) === 3;
    const sizes = last ? row.slice(0, -1) : row.slice(1);
    const proto = model({
      nodes: [
        ...(turned ? [node("Transpose", ["x"], ["t"], perm(...turned))] : []),
        node("Conv", [turned ? "t" : "x", "w"], ["y"]),
      ],
      initializers: [w],
      inputs: [info("x", ["N", ...row])],
      outputs: [info("y", ["N", 2, ...sizes.map((size) => size - 1)])],
    });
    const x = random.array(4 * row.reduce((a, b) => a * b), 2, 5);
    const inner = last ? 1 : sizes.reduce((a, b) => a * b);
    const { graph } = standardized(proto, x);
    expect(initializer(graph, "x_mean")).toEqual({
      shape: last ? [3] : [3, ...sizes.map(() => 1)],
      data: [...channelStatistics(x, 3, inner).mean],
    });
    expect(inferShapes(graph).get(graph.outputs[0]!)!.shape[1]).toBe(2);
    // A second time it finds the same axis behind its own Sub and Div.
    expect(statisticsOf(graph, x).mean).toHaveLength(3);
  });
});
