import { describe, expect, test } from "vitest";
import { sequential } from "../../src/graph/builder.js";
import { inferShapes } from "../../src/graph/infer.js";
import type { Layer } from "../../src/graph/layer.js";
import {
  add,
  batchNorm,
  concat,
  conv2d,
  dense,
  input,
  relu,
  slice,
  tanh,
} from "../../src/graph/layers.js";

const built = (shape: readonly number[], ...layers: Layer[]) =>
  sequential([input({ shape }), ...layers]);
const opsOf = ({ nodes }: ReturnType<typeof sequential>) =>
  nodes.map(({ op, inputs, outputs }) => `${op} ${inputs.join(" ")} → ${outputs}`);

describe("add", () => {
  test("a residual block: what is empty leaves the value as it is", () => {
    const conv = (strides = 1) => conv2d({ filters: 4, kernelSize: 1, strides });
    const branches = [[conv(), batchNorm({ name: "norm" }), relu(), conv()], []];
    const graph = built([4, 5, 5], add({ branches }), relu());
    const norm = ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].join(" ");
    expect(opsOf(graph)).toEqual([
      "Conv input conv1.weight → conv1",
      `BatchNormalization conv1 ${norm} → norm`,
      "Relu norm → relu1",
      "Conv relu1 conv2.weight conv2.bias → conv2",
      "Add conv2 input → add1",
      "Relu add1 → output",
    ]);
  });

  test("of three branches, the first layer, last in a branch, nested", () => {
    const inner = add({ branches: [[tanh()], []] });
    const outer = add({ inputShape: [3], branches: [[inner], [relu()], []], name: "sum" });
    expect(opsOf(sequential([outer]))).toEqual([
      "Tanh input → tanh1",
      "Add tanh1 input → add2",
      "Relu input → relu1",
      "Add add2 relu1 → sum/1",
      "Add sum/1 input → output",
    ]);
  });

  test("a weight in front of the sum begins as the activation behind it wants", () => {
    const spread = (behind: Layer) => {
      const branch = [dense({ units: 50, bias: false })];
      const { initializers } = built([50], add({ branches: [branch, []] }), behind);
      return Math.max(...initializers.get("dense1.weight")!.data.map(Math.abs));
    };
    // Uniform in ±√(6 / 100) for a tanh (Xavier), in ±√(6 / 50) for a ReLU (He).
    expect(spread(tanh())).toBeLessThan(0.25);
    expect(spread(relu())).toBeGreaterThan(0.3);
  });
});

describe("concat and slice", () => {
  test("halves of the channels, one of them worked on", () => {
    const work = [slice({ start: 2 }), conv2d({ filters: 3, kernelSize: 1, bias: false })];
    const graph = built([4, 5, 5], concat({ branches: [[slice({ end: -2 })], work] }));
    expect(opsOf(graph)).toEqual([
      "Slice input → slice1",
      "Slice input → slice2",
      "Conv slice2 conv1.weight → conv1",
      "Concat slice1 conv1 → output",
    ]);
    expect(inferShapes(graph).get("output")!.shape).toEqual(["N", 5, 5, 5]);
  });

  test("along another axis, backwards and in steps", () => {
    const backwards = slice({ axis: -1, step: -2 });
    const graph = built([2, 5], concat({ axis: 2, branches: [[backwards], [], []] }));
    expect(graph.nodes[0]!.attributes).toEqual({
      starts: [0, 0, 4],
      steps: [1, 1, -2],
      sizes: ["N", 2, 3],
    });
    expect(inferShapes(graph).get("output")!.shape).toEqual(["N", 2, 13]);
  });
});

test.each([
  ["one branch", add({ branches: [[relu()]] }), "add1: 1 branches, where two are the least"],
  ["no lists", concat({ branches: [relu()] as never }), "concat1: its branches are no lists"],
  ["no branches", add({} as never), "add1: its branches are no lists"],
  ["no layer", add({ branches: [[undefined as never], []] }), "it is no layer"],
  ["an input inside", add({ branches: [[input({ shape: [3] })], []] }), "an input of its own"],
  ["other ends", add({ branches: [[slice({ end: 1 })], []] }), "end in [N, 1, 4] and [N, 3, 4]"],
  [
    "other rows",
    concat({ branches: [[slice({ axis: 2, end: 1 })], []] }),
    "differ in another axis",
  ],
  ["the batch joined", concat({ axis: 0, branches: [[], []] }), "axis 0 of values of shape"],
  ["the batch sliced", slice({ axis: -3, end: 1 }), "axis -3 of values of shape [N, 3, 4]"],
  ["a broken axis", slice({ axis: 0.5 }), "axis 0.5 of values of shape [N, 3, 4]"],
  ["nothing left", slice({ start: 2, end: 1 }), "2:1:1 leaves nothing of axis 1 of [N, 3, 4]"],
  ["no step", slice({ step: 0 }), "is no start, end and step"],
  ["a broken start", slice({ start: 0.5 }), "0.5:3:1 is no start, end and step"],
])("%s is refused", (_, layer, message) => {
  expect(() => built([3, 4], layer)).toThrow(message);
});
