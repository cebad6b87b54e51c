import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../src/compile/options.js";
import type { Graph, OpAttributes } from "../../src/graph/graph.js";
import { BINARY_OPS, REDUCE_OPS } from "../../src/graph/ops/families.js";
import { pooling } from "../graph/graphs.js";
import { convNet, denseNet, GraphSketch, pooledNet } from "../helpers/graphs.js";
import { compileForTest, gradientError } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

type Case = readonly [name: string, graph: Graph, options?: Partial<CompileOptions>];

function sketch(input: readonly (number | "N")[], build: (g: GraphSketch) => string): Graph {
  const g = new GraphSketch(input, 9);
  return g.end(build(g));
}

const gemmWith = (alpha: number, beta: number, bias: readonly number[]) =>
  sketch(["N", 4], (g) => {
    const inputs = ["x", g.weight("w", [4, 3]), g.weight("c", bias)];
    const first = g.node("Gemm", inputs, { alpha, beta, transB: false });
    return g.gemm(g.unary("Tanh", first), "fc", 3, 3);
  });

const addOf = (shape: readonly number[]) =>
  sketch(["N", 2, 3, 4], (g) => {
    const x = g.unary("Tanh", g.add(g.add("x", g.weight("a", [2, 3, 4])), g.weight("b", shape)));
    return g.gemm(g.flatten(x), "fc", 24, 3);
  });

const cases: readonly Case[] = [
  ["Gemm, transB and not, Relu", denseOnly("Relu")],
  ["Tanh", denseOnly("Tanh")],
  ["Sigmoid", denseOnly("Sigmoid")],
  ["Gemm alpha 0.5, beta 2, c [3]", gemmWith(0.5, 2, [3])],
  ["Gemm alpha 1, beta 2, c [1, 3]", gemmWith(1, 2, [1, 3])],
  ["Gemm alpha 2, scalar c", gemmWith(2, 1, [1])],
  ["MatMul of three axes", matMul3()],
  ["MatMul + Add fused", denseNet(), { bn: "frozen" }],
  ["Add of [1, 1, 4]", addOf([1, 1, 4])],
  ["Add of [2, 1, 1]", addOf([2, 1, 1])],
  ["Add of [3, 1]", addOf([3, 1])],
  ["Add of [1]", addOf([1])],
  ["Add of [2, 1, 4]", addOf([2, 1, 4])],
  ["batch-norm by the batch, dense", denseNet()],
  ["batch-norm frozen, dense", denseNet(), { bn: "frozen" }],
  ["batch-norm, gamma alone", denseNet(), { trainable: (name) => name === "bn1.weight" }],
  ["batch-norm, beta alone", denseNet(), { trainable: (name) => name === "bn1.bias" }],
  ["batch-norm, affine frozen", denseNet(), { trainable: (name) => !name.startsWith("bn") }],
  ["Conv, batch-norm, groups, strides", convNet()],
  ["Conv, batch-norm frozen", convNet(), { bn: "frozen" }],
  ["ConvTranspose, strides, groups, output padding", upsampled(2)],
  ["ConvTranspose with dilations", upsampled(1)],
  ["ConvTranspose, strides and dilations with a common factor, all else", upsampledFar()],
  ["Relu below a mean over the image", pooledNet(1)],
  ["Relu below three means, which share its gradient", pooledNet(3)],
  ["one weight in a Conv and a ConvTranspose", tiedDecoder(), { loss: "mse" }],
  ["mse", denseNet(), { loss: "mse" }],
  ["mse on Sigmoid", sigmoidEnd(), { loss: "mse" }],
  ["cross-entropy on the input of Softmax", softmaxEnd()],
  [
    "cross-entropy with all its options",
    denseNet(),
    {
      loss: {
        name: "cross-entropy",
        classWeights: [1, 2, 0.5, 3],
        labelSmoothing: 0.1,
        ignoreLabel: 1,
      },
    },
  ],
  ["soft labels", denseNet(), { loss: { name: "cross-entropy", targets: "values" } }],
  ["binary-cross-entropy", denseNet(), { loss: { name: "binary-cross-entropy", posWeight: 3 } }],
  ["binary-cross-entropy on Sigmoid's input", sigmoidEnd(), { loss: "binary-cross-entropy" }],
  ["mae", denseNet(), { loss: "mae" }],
  ["huber", denseNet(), { loss: { name: "huber", delta: 0.3 } }],
  ["hinge on labels", denseNet(), { loss: "hinge" }],
  ["hinge on signs", denseNet(), { loss: { name: "hinge", targets: "values" } }],
  ["cross-entropy on the input of LogSoftmax", softmaxEnd("LogSoftmax")],
  ["Softmax in the middle", softmaxMiddle("Softmax")],
  ["LogSoftmax in the middle", softmaxMiddle("LogSoftmax")],
  ["Softmax as the output, mse", softmaxEnd(), { loss: "mse" }],
  ["layer-norm over the last axis, without a bias", layerNormOf(-1, [4], false)],
  ["layer-norm over two axes", layerNormOf(2, [3, 4])],
  ["layer-norm over the whole row", layerNormOf(1, [2, 3, 4])],
  ["layer-norm, gamma alone", layerNormOf(-1, [4]), { trainable: (name) => name === "ln.weight" }],
  ["layer-norm, affine frozen", layerNormOf(-1, [4]), { trainable: (n) => !n.startsWith("ln") }],
  ["layer-norm of an image behind a convolution", layerNormOfImage()],
  ["group-norm of images, 1 group", groupNormOfImage(1)],
  ["group-norm of images, 2 groups", groupNormOfImage(2)],
  ["instance-norm of images", groupNormOfImage(4)],
  ["group-norm, a scale and a bias for each group", groupNormOfImage(2, 2)],
  ["group-norm without scale and bias", groupNormOfImage(2, 0)],
  ["group-norm, gamma alone", groupNormOfImage(2), { trainable: (n) => n === "gn.weight" }],
  ["group-norm, beta alone", groupNormOfImage(2), { trainable: (n) => n === "gn.bias" }],
  ["group-norm, affine frozen", groupNormOfImage(2), { trainable: (n) => !n.startsWith("gn") }],
  ["batch-norm of signals", batchNormOf([4, 5])],
  ["batch-norm of signals of one element", batchNormOf([4, 1])],
  ["batch-norm of volumes", batchNormOf([3, 2, 3, 2])],
  ["batch-norm of volumes, frozen", batchNormOf([3, 2, 3, 2]), { bn: "frozen" }],
  ["group-norm of rows", groupNormOf([6], 2)],
  ["group-norm of signals", groupNormOf([6, 5], 3)],
  ["instance-norm of signals", groupNormOf([6, 5], 6)],
  ["group-norm of volumes", groupNormOf([4, 2, 3, 2], 2)],
  ["Dropout", dropoutNet()],
  ["Dropout of an image", dropoutOfImage()],
  ["fan-out and residual Add", residual()],
  ["one weight used twice", shared()],
  ["Transpose of an image", transposed()],
  ["dilation, uneven padding and strides", dilated()],
];

/** f on what a dense layer gives, away from kinks: y of 5 values. */
const activated = (build: (g: GraphSketch, x: string) => string) =>
  sketch(["N", 4], (g) => g.gemm(build(g, g.gemm("x", "fc1", 4, 5)), "fc2", 5, 3));
/** Above ½, where log and powers of any exponent are smooth. */
const above = (g: GraphSketch, x: string) =>
  g.node("Add", [g.node("Sigmoid", [x], {}), g.weight("half", [1], 0, 0.5)], {});

const unaryCases: readonly Case[] = [
  ...(["Abs", "Erf", "Exp", "HardSwish", "Mish", "Neg", "Softplus", "Softsign"] as const).map(
    (op): Case => [op, activated((g, x) => g.node(op, [x], {}))],
  ),
  ...(["Log", "Reciprocal", "Sqrt"] as const).map(
    (op): Case => [op, activated((g, x) => g.node(op, [above(g, x)], {}))],
  ),
  ["Celu", activated((g, x) => g.node("Celu", [x], { alpha: 0.7 }))],
  ["Clip", activated((g, x) => g.node("Clip", [x], { min: -0.3, max: 0.4 }))],
  [
    "Clip without bounds",
    activated((g, x) => g.node("Clip", [x], { min: -Infinity, max: Infinity })),
  ],
  ["Elu", activated((g, x) => g.node("Elu", [x], { alpha: 1.3 }))],
  ["Gelu", activated((g, x) => g.node("Gelu", [x], { approximate: "none" }))],
  ["Gelu by tanh", activated((g, x) => g.node("Gelu", [x], { approximate: "tanh" }))],
  ["HardSigmoid", activated((g, x) => g.node("HardSigmoid", [x], { alpha: 0.4, beta: 0.5 }))],
  ["LeakyRelu", activated((g, x) => g.node("LeakyRelu", [x], { alpha: 0.1 }))],
  ["LeakyRelu that turns", activated((g, x) => g.node("LeakyRelu", [x], { alpha: -0.5 }))],
  ["Selu", activated((g, x) => g.node("Selu", [x], { alpha: 1.6, gamma: 1.05 }))],
  ["Swish", activated((g, x) => g.node("Swish", [x], { alpha: 1.2 }))],
  ["ThresholdedRelu", activated((g, x) => g.node("ThresholdedRelu", [x], { alpha: 0.1 }))],
];

/** Both operands depend on trained weights; b broadcasts. */
const binaryCases: readonly Case[] = BINARY_OPS.flatMap((op) =>
  [[5], [1, 5], [1], []].map((shape): Case => {
    const graph = activated((g, x) => {
      const w = g.weight("w", shape, 0.4, 1);
      return g.node(op, [op === "Pow" || op === "Div" ? above(g, x) : x, w], {});
    });
    return [`${op} with [${shape}]`, graph];
  }),
);

const constantPowers: readonly Case[] = [1, 2, 3, 5, 8, 0.5, -1, -2, 2.5].map((exponent) => [
  `Pow ${exponent}`,
  activated((g, x) => g.node("Pow", [above(g, x), g.weight("n", [], 0, exponent)], {})),
  { trainable: (name: string) => name !== "n" },
]);

/** x⁰ where x is 0: the slope is 0, not 0·∞. */
const zeroPower: Case = [
  "Pow 0 of 0",
  activated((g, x) => {
    const nothing = g.node("Mul", [x, g.weight("zero", [], 0, 0)], {});
    return g.node("Add", [x, g.node("Pow", [nothing, g.weight("n", [], 0, 0)], {})], {});
  }),
  { trainable: (name) => name !== "n" && name !== "zero" },
];

/** Windows over an image behind a convolution, and in front of another one. */
const pooled = (
  op: "AveragePool" | "MaxPool",
  window: Partial<OpAttributes["AveragePool"]>,
  features: number,
) =>
  sketch(["N", 2, 8, 7], (g) => {
    const x = g.unary("Tanh", g.conv("x", "conv", 2, 3, { bias: true }));
    const attributes = { ...pooling, ...window };
    const { countIncludePad: _, ...others } = attributes;
    const y = op === "MaxPool" ? g.node(op, [x], others) : g.node(op, [x], attributes);
    return g.gemm(g.flatten(g.conv(y, "next", 3, 2, { kernelShape: [1, 1] })), "fc", features, 3);
  });

const poolCases: readonly Case[] = (["AveragePool", "MaxPool"] as const).flatMap((op): Case[] => [
  [`${op} 2`, pooled(op, {}, 12)],
  [`${op} 3, stride 2, pads 1`, pooled(op, { kernelShape: [3, 3], pads: [1, 1, 1, 1] }, 18)],
  [
    `${op} 3, pads 1, padding counted`,
    pooled(op, { kernelShape: [3, 3], pads: [1, 0, 1, 1], countIncludePad: true }, 12),
  ],
  [`${op} with ceilMode`, pooled(op, { strides: [3, 2], ceilMode: true }, 12)],
  [
    `${op}, overlapping and dilated, of one row alone`,
    pooled(op, { kernelShape: [1, 2], strides: [1, 1], dilations: [1, 3] }, 24),
  ],
]);

const reduceCases: readonly Case[] = REDUCE_OPS.flatMap((op) =>
  [[1], [2], [3], [1, 2], [2, 3], [1, 3], [1, 2, 3]].flatMap((axes) =>
    [true, false].map((keepDims): Case => {
      const sizes = [2, 3, 4].map((size, i) => (axes.includes(i + 1) ? 1 : size));
      const graph = sketch(["N", 2, 3, 4], (g) => {
        const x = g.unary("Tanh", g.add("x", g.weight("shift", [2, 3, 4])));
        const y = g.node(op, [x], { axes, keepDims });
        const n = sizes.reduce((a, b) => a * b);
        const shape = ["N", n] as const;
        const flat = g.node("Reshape", [y], { shape, allowZero: false });
        return g.gemm(flat, "fc", n, 3);
      });
      return [`${op} over ${axes}${keepDims ? "" : ", axes dropped"}`, graph];
    }),
  ),
);

describe("gradients equal central differences", () => {
  for (const [name, graph, options] of [
    ...cases,
    ...unaryCases,
    ...binaryCases,
    ...constantPowers,
    zeroPower,
    ...poolCases,
    ...reduceCases,
  ]) {
    test(name, () => {
      const compiled = compileForTest(graph, options);
      expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
      const smallerBatch = 3;
      expect(gradientError(compiled, smallerBatch)).toBeLessThan(TOLERANCES.gradient);
    });
  }
});

function denseOnly(op: "Relu" | "Tanh" | "Sigmoid"): Graph {
  return sketch(["N", 6], (g) => {
    const x = g.unary(op, g.gemm("x", "fc1", 6, 7));
    return g.gemm(g.unary(op, g.gemm(x, "fc2", 7, 5, false)), "fc3", 5, 3);
  });
}

function matMul3(): Graph {
  return sketch(["N", 3, 4], (g) => {
    let x = g.node("MatMul", ["x", g.weight("w", [4, 2])], {});
    x = g.unary("Tanh", g.add(g.weight("b", [2]), x));
    x = g.node("Reshape", [x], { shape: [-1, 6], allowZero: false });
    return g.gemm(x, "fc", 6, 3);
  });
}

function sigmoidEnd(): Graph {
  return sketch(["N", 4], (g) => g.unary("Sigmoid", g.gemm("x", "fc", 4, 3)));
}

function softmaxEnd(op: "Softmax" | "LogSoftmax" = "Softmax"): Graph {
  return sketch(["N", 4], (g) => g.node(op, [g.gemm("x", "fc", 4, 3)], { axis: 1 }));
}

function softmaxMiddle(op: "Softmax" | "LogSoftmax"): Graph {
  return sketch(["N", 4], (g) => {
    const x = g.node("Reshape", [g.gemm("x", "fc1", 4, 6)], { shape: [0, 2, 3], allowZero: false });
    return g.gemm(g.flatten(g.node(op, [x], { axis: -1 })), "fc2", 6, 3);
  });
}

function layerNorm(g: GraphSketch, x: string, axis: number, shape: number[], bias = true): string {
  const parameters = [g.weight("ln.weight", shape, 0.5, 1)];
  if (bias) parameters.push(g.weight("ln.bias", shape));
  return g.node("LayerNormalization", [x, ...parameters], { axis, epsilon: 1e-3 });
}

function layerNormOf(axis: number, shape: number[], bias = true): Graph {
  return sketch(["N", 2, 3, 4], (g) => {
    const x = g.unary("Tanh", g.add("x", g.weight("shift", [2, 3, 4])));
    return g.gemm(g.flatten(layerNorm(g, x, axis, shape, bias)), "fc", 24, 3);
  });
}

function layerNormOfImage(): Graph {
  return sketch(["N", 2, 4, 5], (g) => {
    const x = g.unary("Tanh", g.conv("x", "conv", 2, 3));
    return g.gemm(g.flatten(layerNorm(g, x, 1, [3, 2, 3])), "fc", 18, 3);
  });
}

function groupNorm(g: GraphSketch, x: string, numGroups: number, parameters: number): string {
  const affine = parameters
    ? [g.weight("gn.weight", [parameters], 0.5, 1), g.weight("gn.bias", [parameters])]
    : [];
  const attributes = { numGroups, epsilon: 1e-3, layout: "NCHW" } as const;
  return g.node("GroupNormalization", [x, ...affine], attributes);
}

function groupNormOfImage(numGroups: number, parameters = 4): Graph {
  return sketch(["N", 2, 4, 5], (g) => {
    const x = groupNorm(g, g.conv("x", "conv", 2, 4), numGroups, parameters);
    return g.gemm(g.flatten(g.unary("Tanh", x)), "fc", 24, 3);
  });
}

function batchNormOf(sizes: readonly number[]): Graph {
  return sketch(["N", ...sizes], (g) => {
    const x = g.unary("Tanh", g.add("x", g.weight("shift", sizes)));
    const n = sizes.reduce((a, b) => a * b);
    return g.gemm(g.flatten(g.batchNorm(x, "bn", sizes[0]!)), "fc", n, 3);
  });
}

function groupNormOf(sizes: readonly number[], numGroups: number): Graph {
  return sketch(["N", ...sizes], (g) => {
    const x = g.unary("Tanh", g.add("x", g.weight("shift", sizes)));
    const n = sizes.reduce((a, b) => a * b);
    return g.gemm(g.flatten(groupNorm(g, x, numGroups, sizes[0]!)), "fc", n, 3);
  });
}

function dropoutNet(): Graph {
  return sketch(["N", 4], (g) => {
    const x = g.node("Dropout", [g.unary("Tanh", g.gemm("x", "fc1", 4, 9))], { ratio: 0.4 });
    return g.node("Dropout", [g.gemm(x, "fc2", 9, 3)], { ratio: 0.2 });
  });
}

function dropoutOfImage(): Graph {
  return sketch(["N", 2, 4, 5], (g) => {
    const x = g.node("Dropout", [g.conv("x", "conv", 2, 3, { bias: true })], { ratio: 0.3 });
    return g.gemm(g.flatten(g.unary("Sigmoid", x)), "fc", 18, 3);
  });
}

function residual(): Graph {
  return sketch(["N", 5], (g) => {
    const x = g.unary("Tanh", g.gemm("x", "fc1", 5, 5));
    const y = g.unary("Sigmoid", g.gemm(x, "fc2", 5, 5));
    const z = g.add(g.add(x, y), g.add(x, x));
    return g.gemm(g.add(z, g.weight("shift", [1, 5])), "fc3", 5, 3);
  });
}

function shared(): Graph {
  return sketch(["N", 5], (g) => {
    const w = g.weight("w", [5, 5]);
    const x = g.unary("Tanh", g.node("MatMul", ["x", w], {}));
    return g.add(g.node("MatMul", [x, w], {}), g.weight("b", [5]));
  });
}

function transposed(): Graph {
  return sketch(["N", 2, 4, 5], (g) => {
    const x = g.unary("Tanh", g.conv("x", "conv", 2, 3, { bias: true }));
    const t = g.node("Transpose", [x], { perm: [0, 3, 1, 2] });
    return g.gemm(g.flatten(t), "fc", 18, 3);
  });
}

function dilated(): Graph {
  return sketch(["N", 1, 7, 6], (g) => {
    const options = { dilations: [2, 1], pads: [1, 0, 2, 1], strides: [1, 2] } as const;
    const x = g.unary("Relu", g.conv("x", "conv1", 1, 3, { ...options, bias: true }));
    const y = g.unary("Tanh", g.conv(x, "conv2", 3, 3, { group: 3 }));
    return g.gemm(g.flatten(y), "fc", 12, 3);
  });
}

function upsampled(strides: 1 | 2): Graph {
  return sketch(["N", 2, 3, 2], (g) => {
    const other = strides === 2 ? { outputPadding: [1, 0], group: 2 } : { dilations: [1, 2] };
    const options = { ...other, strides: [strides, strides], pads: [1, 0, 1, 1] } as object;
    const x = g.convTranspose("x", "up", 2, 4, { ...options, bias: true });
    const flat = g.flatten(g.unary("Tanh", g.convTranspose(g.unary("Tanh", x), "next", 4, 1)));
    return g.gemm(flat, "fc", strides === 2 ? 48 : 35, 3);
  });
}

function upsampledFar(): Graph {
  return sketch(["N", 4, 2, 3], (g) => {
    const strides = { strides: [2, 4], dilations: [2, 6], outputPadding: [1, 5] } as const;
    const options = { ...strides, pads: [1, 0, 2, 3], group: 2, bias: true } as const;
    const x = g.unary("Tanh", g.convTranspose("x", "up", 4, 2, options));
    return g.gemm(g.flatten(x), "fc", 2 * 5 * 23, 3);
  });
}

function tiedDecoder(): Graph {
  return sketch(["N", 2, 5, 4], (g) => {
    const convolution = { strides: [2, 1], pads: [1, 1, 1, 1] } as const;
    const x = g.unary("Sigmoid", g.conv("x", "conv", 2, 3, { ...convolution, bias: true }));
    const attributes = {
      kernelShape: [3, 3],
      dilations: [1, 1],
      group: 1,
      layout: "NCHW",
      outputPadding: [0, 0],
      ...convolution,
    } as const;
    return g.node("ConvTranspose", [x, "conv.weight", g.weight("b", [2])], attributes);
  });
}
