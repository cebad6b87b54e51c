import { describe, expect, test } from "vitest";
import { sequential } from "../../src/graph/builder.js";
import { inferShapes } from "../../src/graph/infer.js";
import type { Activation } from "../../src/graph/layer.js";
import {
  averagePool1d,
  averagePool2d,
  batchNorm,
  celu,
  clip,
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  dropout,
  elu,
  flatten,
  gelu,
  globalAveragePool,
  globalMaxPool,
  groupNorm,
  hardSigmoid,
  input,
  instanceNorm,
  layerNorm,
  leakyRelu,
  logSoftmax,
  maxPool1d,
  maxPool2d,
  pad2d,
  prelu,
  relu,
  selu,
  sigmoid,
  softmax,
  tanh,
  upsample2d,
} from "../../src/graph/layers.js";

const names = (graph: ReturnType<typeof sequential>) => [...graph.initializers.keys()];

describe("sequential", () => {
  test("dense, batch-norm, relu: names, shapes, and no bias in front of batch-norm", () => {
    const graph = sequential([
      input({ shape: [8] }),
      dense({ units: 6 }),
      batchNorm(),
      relu(),
      dense({ units: 3, activation: "softmax" }),
    ]);
    expect(names(graph)).toEqual([
      "dense1.weight",
      "bn1.weight",
      "bn1.bias",
      "bn1.running_mean",
      "bn1.running_var",
      "dense2.weight",
      "dense2.bias",
    ]);
    expect(graph.nodes.map(({ op }) => op)).toEqual([
      "Gemm",
      "BatchNormalization",
      "Relu",
      "Gemm",
      "Softmax",
    ]);
    expect(graph.initializers.get("dense1.weight")!.shape).toEqual([6, 8]);
    expect(graph.inputs).toEqual([{ name: "input", type: "float32", shape: ["N", 8] }]);
    expect(inferShapes(graph).get("output")!.shape).toEqual(["N", 3]);
  });

  test("activations by name, each as its op", () => {
    const ops: Partial<Record<Activation, string>> = {
      relu: "Relu",
      tanh: "Tanh",
      sigmoid: "Sigmoid",
      leakyRelu: "LeakyRelu",
      prelu: "PRelu",
      elu: "Elu",
      selu: "Selu",
      celu: "Celu",
      gelu: "Gelu",
      hardSigmoid: "HardSigmoid",
      hardSwish: "HardSwish",
      swish: "Swish",
      mish: "Mish",
      softplus: "Softplus",
      softsign: "Softsign",
    };
    for (const [activation, op] of Object.entries(ops) as [Activation, string][]) {
      const graph = sequential([dense({ units: 3, activation, inputShape: [4] })]);
      expect(graph.nodes.map((node) => node.op)).toEqual(["Gemm", op]);
      expect(inferShapes(graph).get("output")!.shape).toEqual(["N", 3]);
    }
  });

  test("activations with options; PyTorch's defaults", () => {
    const attributesOf = (layer: ReturnType<typeof elu>) =>
      sequential([input({ shape: [4] }), layer]).nodes[0]!.attributes;
    expect(attributesOf(leakyRelu())).toEqual({ alpha: 0.01 });
    expect(attributesOf(leakyRelu({ alpha: 0.3 }))).toEqual({ alpha: 0.3 });
    expect(attributesOf(elu())).toEqual({ alpha: 1 });
    expect(attributesOf(celu({ alpha: 2 }))).toEqual({ alpha: 2 });
    expect(attributesOf(gelu({ approximate: "tanh" }))).toEqual({ approximate: "tanh" });
    expect(attributesOf(hardSigmoid())).toEqual({ alpha: 1 / 6, beta: 0.5 });
    expect(attributesOf(clip({ min: 0, max: 6 }))).toEqual({ min: 0, max: 6 });
    expect(attributesOf(clip())).toEqual({ min: -Infinity, max: Infinity });
    expect(attributesOf(selu())).toMatchObject({ gamma: expect.closeTo(1.0507) });
  });

  test("prelu: one slope, or one for each channel", () => {
    const slopesOf = (shape: readonly number[], perChannel?: boolean) => {
      const options = perChannel === undefined ? {} : { perChannel };
      const graph = sequential([input({ shape }), prelu(options)]);
      return graph.initializers.get("prelu1.weight")!;
    };
    expect(slopesOf([5])).toMatchObject({ shape: [1], data: Float32Array.of(0.25) });
    expect(slopesOf([5], true).shape).toEqual([5]);
    expect(slopesOf([3, 8, 8], true).shape).toEqual([3, 1, 1]);
  });

  test("options of activations that cannot be", () => {
    const of = (layer: ReturnType<typeof elu>) => () => sequential([input({ shape: [4] }), layer]);
    expect(of(elu({ alpha: 0 }))).toThrow("elu1: alpha is 0, not a number above 0");
    expect(of(leakyRelu({ alpha: Number.NaN }))).toThrow("leakyRelu1: alpha is NaN");
    expect(of(clip({ min: 2, max: 1 }))).toThrow("clip1: min 2 is not below max 1");
    expect(of(gelu({ approximate: "erf" as "none" }))).toThrow("approximate is 'erf'");
  });

  test.each<[unknown, string]>([
    [[input({ shape: [4] }), relu], "layer 2: it is no layer. Call it: relu()."],
    [[input({ shape: [4] }), null], "layer 2: it is no layer."],
    [[input({ shape: 4 as unknown as number[] }), relu()], "the shape of the input is not a list"],
    [[input({ shape: [4] }), dense({ units: 2, activation: "reluu" as "relu" })], "reluu1: there"],
    [[input({ shape: [4] }), { kind: "lstm" }], "lstm1: there is no such layer."],
    [input({ shape: [4] }), "layers: they are not a list."],
    [undefined, "layers: they are not a list."],
  ])("what is no layer: %o", (layers, message) => {
    expect(() => sequential(layers as Parameters<typeof sequential>[0])).toThrow(message);
  });

  test("options that a layer does not have", () => {
    const of = (layer: object) => () =>
      sequential([input({ shape: [2, 6, 6] }), layer as ReturnType<typeof relu>]);
    const conv = { kind: "conv2d", filters: 2, kernelSize: 3 };
    expect(of({ ...conv, stride: 2 })).toThrow("no option 'stride'. Did you mean strides?");
    expect(of({ ...conv, dilation: 2 })).toThrow("no option 'dilation'. Did you mean dilations?");
    expect(of({ ...conv, depth: 2 })).toThrow(
      "conv1: there is no option 'depth'. There are name, inputShape, strides, padding, filters",
    );
    expect(of({ ...conv, dilation: undefined })).not.toThrow();
    expect(of({ kind: "relu", alpha: 1 })).toThrow("relu1: there is no option 'alpha'");
    const shaped = { kind: "input", shape: [2], batch: 3 } as ReturnType<typeof relu>;
    expect(() => sequential([shaped, relu()])).toThrow("input: there is no option 'batch'");
    const inner = { branches: [[], [{ kind: "maxPool2d", poolSize: 1, pad: 1 }]] };
    expect(of({ kind: "add", ...inner })).toThrow("maxPool1: there is no option 'pad'");
  });

  test("sizes that are not there, or no numbers", () => {
    const of = (layer: unknown) => () =>
      sequential([input({ shape: [2, 6, 6] }), layer as ReturnType<typeof relu>]);
    expect(of({ kind: "maxPool2d" })).toThrow("maxPool1: poolSize is undefined, not a whole");
    expect(of({ kind: "conv2d", filters: 2 })).toThrow("conv1: kernelSize is undefined, not a");
    expect(of({ kind: "averagePool2d", poolSize: [2] })).toThrow("poolSize is undefined, not a");
    expect(of({ kind: "maxPool2d", poolSize: null })).toThrow("poolSize is null, not a whole");
  });

  test("convolution, both paddings, flatten", () => {
    const same = { filters: 4, kernelSize: 3, strides: 2, padding: "same" } as const;
    const graph = sequential([
      conv2d({ ...same, inputShape: [2, 7, 6] }),
      batchNorm(),
      tanh(),
      conv2d({ filters: 5, kernelSize: [2, 1] }),
      sigmoid(),
      flatten(),
      dense({ units: 2, bias: false }),
    ]);
    const shapes = inferShapes(graph);
    expect(shapes.get("conv1")!.shape).toEqual(["N", 4, 4, 3]);
    expect(shapes.get("conv2")!.shape).toEqual(["N", 5, 3, 3]);
    expect(graph.nodes[0]).toMatchObject({ attributes: { pads: [1, 0, 1, 1] } });
    expect(names(graph)).toContain("conv2.bias");
    expect(names(graph)).not.toContain("conv1.bias");
    expect(names(graph)).not.toContain("dense1.bias");
  });

  test("pools: Keras's words, strides as large as the window", () => {
    const graph = sequential([
      maxPool2d({ poolSize: [3, 2], inputShape: [2, 11, 9] }),
      averagePool2d({ poolSize: 2, strides: 1, padding: "same", countIncludePad: true }),
      maxPool2d({ poolSize: 2, padding: 1, ceilMode: true }),
      globalAveragePool(),
    ]);
    const window = { dilations: [1, 1], layout: "NCHW" };
    expect(graph.nodes.map(({ op, name, attributes }) => ({ op, name, attributes }))).toEqual([
      {
        op: "MaxPool",
        name: "maxPool1",
        attributes: {
          ...{ ...window, kernelShape: [3, 2], strides: [3, 2], pads: [0, 0, 0, 0] },
          ceilMode: false,
        },
      },
      {
        op: "AveragePool",
        name: "averagePool1",
        attributes: {
          ...{ ...window, kernelShape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] },
          ...{ ceilMode: false, countIncludePad: true },
        },
      },
      {
        op: "MaxPool",
        name: "maxPool2",
        attributes: {
          ...{ ...window, kernelShape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1] },
          ceilMode: true,
        },
      },
      {
        op: "ReduceMean",
        name: "globalAveragePool1",
        attributes: { axes: [2, 3], keepDims: false },
      },
    ]);
    const shapes = inferShapes(graph);
    expect(shapes.get("maxPool1")!.shape).toEqual(["N", 2, 3, 4]);
    expect(shapes.get("averagePool1")!.shape).toEqual(["N", 2, 3, 4]);
    expect(shapes.get("maxPool2")!.shape).toEqual(["N", 2, 2, 3]);
    expect(shapes.get("output")!.shape).toEqual(["N", 2]);
  });

  test("signals are images of one row between two reshapes", () => {
    const graph = sequential([
      conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 1, inputShape: [2, 9] }),
      averagePool1d({ poolSize: 2, strides: 1 }),
      maxPool1d({ poolSize: 3, padding: "same" }),
      globalMaxPool(),
    ]);
    const around = (op: string) => ["Reshape", op, "Reshape"];
    expect(graph.nodes.map(({ op }) => op)).toEqual([
      ...["Conv", "AveragePool", "MaxPool"].flatMap(around),
      "ReduceMax",
    ]);
    expect(names(graph)).toEqual(["conv1.weight", "conv1.bias"]);
    expect(graph.initializers.get("conv1.weight")!.shape).toEqual([4, 2, 1, 3]);
    const shapes = inferShapes(graph);
    const signals = ["conv1", "averagePool1", "maxPool1"].map((n) => shapes.get(`${n}/signal`));
    expect(signals.map((value) => value!.shape)).toEqual([
      ["N", 4, 5],
      ["N", 4, 4],
      ["N", 4, 2],
    ]);
  });

  test("a transposed convolution undoes the sizes of one", () => {
    const sizes = (options: Partial<Parameters<typeof convTranspose2d>[0]>) => {
      const layer = convTranspose2d({ filters: 3, kernelSize: 3, ...options });
      const graph = sequential([input({ shape: [2, 5, 4] }), layer]);
      expect(graph.initializers.get("convTranspose1.weight")!.shape.slice(0, 2)).toEqual([2, 3]);
      expect(graph.initializers.get("convTranspose1.bias")!.shape).toEqual([3]);
      return inferShapes(graph).get("output")!.shape.slice(2);
    };
    expect(sizes({})).toEqual([7, 6]);
    expect(sizes({ strides: 2, padding: 1 })).toEqual([9, 7]);
    expect(sizes({ strides: 2, padding: 1, outputPadding: [1, 0] })).toEqual([10, 7]);
    for (const kernelSize of [1, 2, 3, 4, 5]) {
      expect(sizes({ kernelSize, strides: [2, 3], padding: "same" })).toEqual([10, 12]);
    }
  });

  test("he in front of relu, xavier elsewhere, by their bounds", () => {
    const bound = (graph: ReturnType<typeof sequential>) => {
      const data = graph.initializers.get("dense1.weight")!.data as Float32Array;
      return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    };
    const layer = dense({ units: 100, inputShape: [50] });
    const he = bound(sequential([layer, batchNorm(), relu()]));
    const xavier = bound(sequential([layer, tanh()]));
    expect(he).toBeLessThanOrEqual(Math.sqrt(6 / 50));
    expect(he).toBeGreaterThan(0.99 * Math.sqrt(6 / 50));
    expect(xavier).toBeLessThanOrEqual(Math.sqrt(6 / 150));
    expect(xavier).toBeGreaterThan(0.99 * Math.sqrt(6 / 150));
  });

  test("a seed makes the weights", () => {
    const build = (seed?: number) =>
      sequential(
        [dense({ units: 2, inputShape: [2] })],
        seed === undefined ? {} : { seed },
      ).initializers.get("dense1.weight")!.data;
    expect(build(3)).toEqual(build(3));
    expect(build(0)).toEqual(build());
    expect(build(3)).not.toEqual(build(4));
  });

  test("layer-norm over a whole row, dropout, softmax and log-softmax anywhere", () => {
    const { nodes, initializers } = sequential([
      input({ shape: [2, 3] }),
      layerNorm({ eps: 1e-3 }),
      dropout({ rate: 0.25 }),
      softmax(),
      logSoftmax(),
    ]);
    expect(nodes.map(({ op, attributes }) => ({ op, ...attributes }))).toEqual([
      { op: "LayerNormalization", axis: 1, epsilon: 1e-3 },
      { op: "Dropout", ratio: 0.25 },
      { op: "Softmax", axis: 2 },
      { op: "LogSoftmax", axis: 2 },
    ]);
    const shapes = [...initializers.values()].map(({ name, shape }) => [name, shape]);
    expect(shapes).toEqual([
      ["ln1.weight", [2, 3]],
      ["ln1.bias", [2, 3]],
    ]);
  });

  test("group- and instance-norm", () => {
    const { nodes, initializers } = sequential([
      input({ shape: [6, 4, 5] }),
      groupNorm({ groups: 3, eps: 1e-3 }),
      instanceNorm({ name: "style" }),
    ]);
    const layout = "NCHW";
    expect(nodes.map(({ op, attributes }) => ({ op, ...attributes }))).toEqual([
      { op: "GroupNormalization", numGroups: 3, epsilon: 1e-3, layout },
      { op: "GroupNormalization", numGroups: 6, epsilon: 1e-5, layout },
    ]);
    const data = [...initializers.values()].map((one) => [one.name, [...one.data]]);
    const [ones, zeros] = [1, 0].map((value) => new Array(6).fill(value));
    expect(data).toEqual([
      ["gn1.weight", ones],
      ["gn1.bias", zeros],
      ["style.weight", ones],
      ["style.bias", zeros],
    ]);
  });

  test.each([
    ["no shape", [dense({ units: 2 })], "the shape of the input is missing"],
    ["no layer", [input({ shape: [3] })], "there are no layers"],
    ["bad shape", [dense({ units: 2, inputShape: [0] })], "an input of shape [0]"],
    ["bad units", [dense({ units: 0.5, inputShape: [3] })], "units is 0.5"],
    ["dense on images", [dense({ units: 2, inputShape: [3, 3] })], "Put flatten() in front."],
    ["conv on rows", [conv2d({ filters: 2, kernelSize: 3, inputShape: [3] })], "needs images"],
    [
      "groups",
      [conv2d({ filters: 4, kernelSize: 1, groups: 3, inputShape: [3, 4, 4] })],
      "3 groups do not divide 3 channels and 4 filters",
    ],
    ["pool on rows", [maxPool2d({ poolSize: 2, inputShape: [3] })], "needs images"],
    ["pool on images", [maxPool1d({ poolSize: 2, inputShape: [3, 4, 4] })], "needs signals"],
    ["pool of nothing", [averagePool2d({ poolSize: 0, inputShape: [3, 4, 4] })], "poolSize is 0"],
    ["padding", [maxPool2d({ poolSize: 2, padding: -1, inputShape: [3, 4, 4] })], "padding -1"],
    [
      "all padding",
      [maxPool2d({ poolSize: 2, padding: 2, inputShape: [3, 4, 4] })],
      "in the padding",
    ],
    ["no pixels", [globalMaxPool({ inputShape: [3] })], "rows of shape [N, 3] have no pixels"],
    [
      "outputPadding",
      [convTranspose2d({ filters: 1, kernelSize: 2, outputPadding: 1, inputShape: [1, 4, 4] })],
      "outputPadding is 1, not a whole number below the stride",
    ],
    [
      "outputPadding beside same",
      [
        convTranspose2d({
          ...{ filters: 1, kernelSize: 2, outputPadding: 0, inputShape: [1, 4, 4] },
          padding: "same",
        }),
      ],
      "padding 'same' decides outputPadding",
    ],
    ["rate", [dropout({ rate: 1, inputShape: [3] })], "rate 1 is not from 0 and below 1"],
    ["eps", [layerNorm({ eps: 0, inputShape: [3] })], "eps 0 is not above 0"],
    ["groups", [groupNorm({ groups: 0, inputShape: [4] })], "groups is 0"],
    ["uneven groups", [groupNorm({ groups: 3, inputShape: [4, 2] })], "parted in 3 groups"],
    ["pixels", [instanceNorm({ inputShape: [4] })], "rows of shape [N, 4] have no pixels"],
    ["late input", [relu({ inputShape: [3] }), input({ shape: [3] })], "it is not the first layer"],
    [
      "two of a name",
      [relu({ name: "a", inputShape: [3] }), relu({ name: "a" })],
      "the name is taken",
    ],
    [
      "upsample2d by nothing",
      [upsample2d({ scale: [2, 0], inputShape: [2, 3, 3] })],
      "upsample2d1: scale 0 is not above 0",
    ],
    [
      "upsample2d of rows",
      [upsample2d({ scale: 2, inputShape: [3] })],
      "needs images [N, channels, height, width], not [N, 3]",
    ],
    [
      "upsample2d of another mode",
      [upsample2d({ scale: 2, mode: "cubic" as "nearest", inputShape: [2, 3, 3] })],
      "mode is 'cubic', not nearest or bilinear",
    ],
    [
      "upsample2d without end",
      [upsample2d({ scale: 1e9, inputShape: [2, 3, 3] })],
      "an axis of 3000000000 numbers",
    ],
    [
      "pad2d by half a pixel",
      [pad2d({ padding: 0.5, inputShape: [2, 3, 3] })],
      "is not four whole numbers",
    ],
    [
      "pad2d of two sides",
      [pad2d({ padding: [1, 2] as never, inputShape: [2, 3, 3] })],
      "padding [1,2] is not four whole numbers",
    ],
    [
      "pad2d with a value for the edge",
      [pad2d({ padding: 1, mode: "edge", value: 1, inputShape: [2, 3, 3] })],
      "a value where mode is 'edge'",
    ],
    [
      "pad2d of another mode",
      [pad2d({ padding: 1, mode: "wrap" as "edge", inputShape: [2, 3, 3] })],
      "mode is 'wrap', not constant, reflect or edge",
    ],
    ["momentum", [batchNorm({ momentum: 2, inputShape: [3] })], "momentum 2"],
  ])("%s is refused", (_, layers, message) => {
    expect(() => sequential(layers)).toThrow(message);
  });
});
