import { describe, expect, test } from "vitest";
import * as fn from "../../assembly/abi/functions.js";
import * as kinds from "../../assembly/abi/losses.js";
import * as op from "../../assembly/abi/opcodes.js";
import { isWritten } from "../../src/autodiff/signature.js";
import { centralDifferences } from "../../src/reference/finite-difference.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { TestRandom } from "../helpers/random.js";
import { f32, type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(31);
const BATCH = 3;

function run(opcode: number, specs: readonly OperandSpec[], attributes: readonly number[] = []) {
  const program = singleInstruction(opcode, specs, attributes, BATCH);
  const vm = new ReferenceVm(program.bytes);
  const at = (i: number) => vm.tensor(program.operands[i]!.tensor);
  return { execute: () => vm.execute(0), at };
}

const rows = (c1: number, shift = 0): OperandSpec => ({
  c1,
  data: random.array(c1 * BATCH, 1, shift),
});
const vector = (c0: number, shift = 0): OperandSpec => ({ c0, data: random.array(c0, 1, shift) });
const labels = (classes: number): OperandSpec => {
  return { c1: 1, type: "i32", data: random.labels(BATCH, classes) };
};

/**
 * A gradient instruction is right if its result is the derivative of Σ dy·y, where y is what the
 * forward instruction makes of its inputs.
 */
interface Pair {
  readonly name: string;
  readonly forward: readonly [opcode: number, inputs: OperandSpec[], attributes?: number[]];
  /** Result of the forward instruction. */
  readonly y: OperandSpec;
  /** Which input is differentiated by. */
  readonly by: number;
  readonly backward: (
    x: ArrayLike<number>[],
    y: OperandSpec,
    dy: OperandSpec,
  ) => readonly [opcode: number, operands: OperandSpec[], attributes?: number[]];
}

const conv = [5, 4, 4, 3, 2, 6, 3, 2, 2, 1, 1, 0, 1, 2, 2];
const strides = [2, 3, 4, 12, 0, 4, 1];
const region = [1, 3, 2, 12, 0, 4, -2, 3];
const onto = (spec: OperandSpec, data: ArrayLike<number>): OperandSpec => ({ ...spec, data });
const empty = ({ c0 = 0, c1 = 0 }: OperandSpec): OperandSpec => ({ c0, c1 });

function pair(
  name: string,
  forward: Pair["forward"],
  y: OperandSpec,
  by: number,
  backward: Pair["backward"],
): Pair {
  return { name, forward, y, by, backward };
}

function activationPair(name: string, forward: number, backward: number): Pair {
  const x = rows(7, 0.1);
  return pair(name, [forward, [x]], { c1: 7 }, 0, (_, y, dy) => [backward, [y, dy, empty(x)]]);
}

/** A function's gradient, given x or y; x lies where it is defined, and off its kinks. */
function unaryPair(name: string, kind: number, saved: "x" | "y", ...parameters: number[]): Pair {
  const positive = kind === fn.UNARY_LOG || kind === fn.UNARY_SQRT || kind === fn.UNARY_RECIPROCAL;
  const x: OperandSpec = {
    c1: 7,
    data: random.array(7 * BATCH, positive ? 0.5 : 2, positive ? 1 : 0.1),
  };
  const [a = 0, b = 0, c = 0] = parameters;
  const attributes = [kind, f32(a), f32(b), f32(c)];
  return pair(name, [op.UNARY, [x], attributes], { c1: 7 }, 0, (_, y, dy) => [
    op.UNARY_BACKWARD,
    [saved === "x" ? x : y, dy, empty(x)],
    attributes,
  ]);
}

const unaryPairs: readonly Pair[] = [
  unaryPair("ABS", fn.UNARY_ABS, "x"),
  unaryPair("EXP", fn.UNARY_EXP, "y"),
  unaryPair("LOG", fn.UNARY_LOG, "x"),
  unaryPair("SQRT", fn.UNARY_SQRT, "y"),
  unaryPair("RECIPROCAL", fn.UNARY_RECIPROCAL, "y"),
  unaryPair("ERF", fn.UNARY_ERF, "x"),
  unaryPair("LEAKY_RELU of y", fn.UNARY_LEAKY_RELU, "y", 0.1),
  unaryPair("LEAKY_RELU of x", fn.UNARY_LEAKY_RELU, "x", -0.3),
  unaryPair("ELU", fn.UNARY_ELU, "y", 1.5, 0.5, 1.25),
  unaryPair("GELU", fn.UNARY_GELU, "x"),
  unaryPair("GELU_TANH", fn.UNARY_GELU_TANH, "x"),
  unaryPair("HARD_SIGMOID", fn.UNARY_HARD_SIGMOID, "y", 0.4, 0.5),
  unaryPair("HARD_SWISH", fn.UNARY_HARD_SWISH, "x"),
  unaryPair("SWISH", fn.UNARY_SWISH, "x", 1.5),
  unaryPair("MISH", fn.UNARY_MISH, "x"),
  unaryPair("SOFTPLUS", fn.UNARY_SOFTPLUS, "x", 1),
  unaryPair("SOFTSIGN", fn.UNARY_SOFTSIGN, "y"),
  unaryPair("CLIP", fn.UNARY_CLIP, "y", -0.5, 0.75),
  unaryPair("THRESHOLDED_RELU", fn.UNARY_THRESHOLDED_RELU, "y", 0.5),
];

const gemmA = rows(4);
const [gemmNN, gemmNT] = [vector(4 * 5), vector(5 * 4)];
const image = rows(5 * 4 * 4);
const wide = rows(6);
const [gamma, beta] = [vector(6, 1), vector(6)];
const normalized = { c1: 6 };
/** Keeps three quarters. */
const drop = [2 ** 30, f32(1.25), 1, 2, 3, 6];
/** Mean and 1/σ of each row, as LAYER_NORM leaves them. */
const rowStatistics = (): OperandSpec[] => {
  const ahead = run(op.LAYER_NORM, [wide, gamma, beta, normalized, { c1: 1 }, { c1: 1 }], layer);
  ahead.execute();
  return [4, 5].map((k) => ({ c1: 1, data: ahead.at(k) }));
};
const layer = [6, f32(1e-2)];
const kernel = vector(3 * 2 * 2 * 6);
const small = rows(12);
const out = { c1: 3 * 2 * 6 };

const whole = (data: number[]): OperandSpec => ({ c0: data.length, type: "i32", data });
const shares = (data: number[]): OperandSpec => ({ c0: data.length, data });
/** Two rows of two, and two columns of three, of which the middle one has no share; and the transposes of both. */
const ahead = [
  whole([0, 2, 3, 0, 1, 1]),
  whole([0, 2, 3, 0, 2, 2]),
  shares([0.5, -1.5, 2]),
  shares([0.25, 3, -1]),
];
const back = [
  whole([0, 1, 3, 0, 0, 1]),
  whole([0, 1, 1, 3, 0, 0, 1]),
  shares([0.5, -1.5, 2]),
  shares([0.25, 3, -1]),
];

/** Windows that meet, and one of a single place. */
const lists = [whole([0, 2, 3, 0, 1, 1]), whole([0, 2, 4, 0, 1, 1, 2])];

const pairs: readonly Pair[] = [
  pair("SOFTMAX", [op.SOFTMAX, [wide], [6]], normalized, 0, (_, y, dy) => [
    op.SOFTMAX_BACKWARD,
    [y, dy, empty(wide)],
    [6],
  ]),
  pair("LOG_SOFTMAX", [op.LOG_SOFTMAX, [wide], [6]], normalized, 0, (_, y, dy) => [
    op.LOG_SOFTMAX_BACKWARD,
    [y, dy, empty(wide)],
    [6],
  ]),
  pair("DROPOUT", [op.DROPOUT, [wide], drop], normalized, 0, (_, _y, dy) => [
    op.DROPOUT,
    [dy, empty(wide)],
    drop,
  ]),
  ...unaryPairs,
  activationPair("RELU", op.RELU, op.RELU_BACKWARD),
  activationPair("TANH", op.TANH, op.TANH_BACKWARD),
  activationPair("SIGMOID", op.SIGMOID, op.SIGMOID_BACKWARD),
  pair("GEMM_NN by a", [op.GEMM_NN, [gemmA, gemmNN], [5, 4]], { c1: 5 }, 0, (_, _y, dy) => [
    op.GEMM_NT,
    [dy, gemmNN, empty(gemmA)],
    [4, 5],
  ]),
  pair("GEMM_NN by b", [op.GEMM_NN, [gemmA, gemmNN], [5, 4]], { c1: 5 }, 1, (_, _y, dy) => [
    op.GEMM_TN,
    [gemmA, dy, empty(gemmNN)],
    [4, 5],
  ]),
  pair("GEMM_NT by a", [op.GEMM_NT, [gemmA, gemmNT], [5, 4]], { c1: 5 }, 0, (_, _y, dy) => [
    op.GEMM_NN,
    [dy, gemmNT, empty(gemmA)],
    [4, 5],
  ]),
  pair(
    "GEMM_NT_BIAS by bias",
    [op.GEMM_NT_BIAS, [gemmA, gemmNT, vector(5)], [5, 4]],
    { c1: 5 },
    2,
    (_, _y, dy) => [op.COLUMN_SUM, [dy, { c0: 5 }], [5]],
  ),
  pair("CONV2D by x", [op.CONV2D, [image, kernel], conv], out, 0, (_, _y, dy) => [
    op.CONV2D_BACKWARD_INPUT,
    [dy, kernel, empty(image)],
    conv,
  ]),
  pair("CONV2D by w", [op.CONV2D, [image, kernel], conv], out, 1, (_, _y, dy) => [
    op.CONV2D_BACKWARD_PARAMS,
    [image, dy, empty(kernel)],
    conv,
  ]),
  pair(
    "BINARY, sum by b",
    [op.BINARY, [rows(24), small], [2, 3, 4, 24, 12, 4, 1, ...strides.slice(3), 0]],
    { c1: 24 },
    1,
    (_, _y, dy) => [op.BROADCAST_SUM, [dy, empty(small)], strides],
  ),
  pair("PERMUTE", [op.PERMUTE, [small], [2, 3, 2, 12, 1, 4, 2, 0]], { c1: 12 }, 0, (_, _y, dy) => [
    op.PERMUTE,
    [dy, empty(small)],
    [3, 2, 2, 12, 2, 1, 6, 0],
  ]),
  // Of rows [3, 4] the columns 3 and 1; both instructions leave zeros where the region is not.
  pair("PERMUTE of a region", [op.PERMUTE, [small], region], { c1: 6 }, 0, (_, _y, dy) => [
    op.PLACE,
    [dy, empty(small)],
    region,
  ]),
  pair("PLACE", [op.PLACE, [rows(6)], region], { c1: 12 }, 0, (_, _y, dy) => [
    op.PERMUTE,
    [dy, { c1: 6 }],
    region,
  ]),
  pair("MAX_POOL", [op.MAX_POOL, [small, ...lists], [2, 3, 2, 2, 2]], { c1: 8 }, 0, (_, _y, dy) => [
    op.MAX_POOL_BACKWARD,
    [small, ...lists, dy, empty(small)],
    [2, 3, 2, 2, 2],
  ]),
  pair(
    "SEPARABLE",
    [op.SEPARABLE, [small, ...ahead], [2, 3, 2, 2, 2]],
    { c1: 8 },
    0,
    (_, _y, dy) => [op.SEPARABLE, [dy, ...back, empty(small)], [2, 2, 2, 3, 2]],
  ),
];

describe("gradient opcodes equal central differences of their forward opcode", () => {
  test.each(pairs)("$name", ({ forward, y, by, backward }) => {
    const [opcode, inputs, attributes] = forward;
    const ahead = run(opcode, [...inputs, y], attributes);
    ahead.execute();
    const result = ahead.at(inputs.length);
    const dy = random.array(result.length);
    const scalar = () => {
      ahead.execute();
      return result.reduce((sum, value, i) => sum + value * dy[i]!, 0);
    };
    const specs = backward([], onto(y, result), onto(y, dy));
    const back = run(...specs);
    back.execute();
    const gradient = back.at(specs[1].length - 1);
    const numeric = centralDifferences(scalar, ahead.at(by));
    expect(largestDifference(gradient, numeric)).toBeLessThan(TOLERANCES.f32Rounding);
  });

  test.each([
    ["x", 0],
    ["gamma", 1],
    ["beta", 2],
  ] as const)("LAYER_NORM by %s", (_, by) => {
    const outputs = [normalized, { c1: 1 }, { c1: 1 }];
    const ahead = run(op.LAYER_NORM, [wide, gamma, beta, ...outputs], layer);
    const dy = rows(6);
    const scalar = () => {
      ahead.execute();
      return ahead.at(3).reduce((sum, value, i) => sum + value * dy.data![i]!, 0);
    };
    const numeric = centralDifferences(scalar, ahead.at(by));
    const statistics = rowStatistics();
    const back =
      by === 0
        ? run(op.LAYER_NORM_BACKWARD_INPUT, [wide, ...statistics, gamma, dy, empty(wide)], [6])
        : run(op.LAYER_NORM_BACKWARD_PARAMS, [wide, ...statistics, dy, { c0: 6 }, { c0: 6 }], [6]);
    // In the program they are rounded to f32.
    for (const [i, { data }] of statistics.entries()) back.at(1 + i).set(data!);
    back.execute();
    const gradient = back.at(by === 0 ? 5 : 3 + by);
    expect(largestDifference(gradient, numeric)).toBeLessThan(TOLERANCES.gradient);
  });

  test.each([
    ["plain", new Array(4).fill(1), [4, 0, 0, 0]],
    ["weighted, smoothed, one ignored", [1, 0.5, 2, 3], [4, 1, 2, f32(0.25)]],
  ] as const)("SOFTMAX_CROSS_ENTROPY, %s", (_, weights, attributes) => {
    const w = { c0: 4, data: weights };
    const [logits, y] = [rows(4), { c1: 1, type: "i32", data: [1, 2, 3] } as const];
    const result = { c1: 1 };
    const ahead = run(op.SOFTMAX_CROSS_ENTROPY, [logits, y, w, result, result], attributes);
    const total = (i: number) => ahead.at(i).reduce((a, b) => a + b);
    const mean = () => {
      ahead.execute();
      return total(3) / total(4);
    };
    mean();
    const weight = { c0: 1, data: [total(4)] };
    const operands = [logits, y, w, weight, { c1: 4 }];
    const back = run(op.SOFTMAX_CROSS_ENTROPY_BACKWARD, operands, attributes);
    back.execute();
    const numeric = centralDifferences(mean, ahead.at(0));
    expect(largestDifference(back.at(4), numeric)).toBeLessThan(TOLERANCES.gradient);
  });

  /** A loss for each row, whose mean is differentiated by the first operand. */
  const perRow: readonly [string, number, number, OperandSpec[], number[]][] = [
    [
      "SOFT_CROSS_ENTROPY",
      op.SOFT_CROSS_ENTROPY,
      op.SOFT_CROSS_ENTROPY_BACKWARD,
      [rows(4), rows(4, 1), { c0: 4, data: [1, 0.5, 2, 3] }],
      [4, f32(0.25)],
    ],
    ["MULTI_MARGIN", op.MULTI_MARGIN, op.MULTI_MARGIN_BACKWARD, [rows(4), labels(4)], [4, f32(1)]],
  ];
  test.each(perRow)("%s", (_, forward, backward, inputs, attributes) => {
    const ahead = run(forward, [...inputs, { c1: 1 }], attributes);
    const mean = () => {
      ahead.execute();
      return ahead.at(inputs.length).reduce((a, b) => a + b) / BATCH;
    };
    const back = run(backward, [...inputs, { c1: 4 }], attributes);
    back.execute();
    const numeric = centralDifferences(mean, ahead.at(0));
    expect(largestDifference(back.at(inputs.length), numeric)).toBeLessThan(TOLERANCES.gradient);
  });

  test.each([
    ["mse", kinds.LOSS_MSE, 0],
    ["mae", kinds.LOSS_MAE, 0],
    ["huber", kinds.LOSS_HUBER, 0.5],
    ["hinge", kinds.LOSS_HINGE, 1],
    ["binary-cross-entropy", kinds.LOSS_BINARY_CROSS_ENTROPY, 2.5],
  ])("ELEMENT_LOSS, %s", (_, kind, parameter) => {
    const [y, target] = [rows(4), rows(4)];
    const attributes = [kind, f32(parameter)];
    const ahead = run(op.ELEMENT_LOSS, [y, target, { c0: 1 }], attributes);
    const back = run(op.ELEMENT_LOSS_BACKWARD, [y, target, { c1: 4 }], attributes);
    back.execute();
    const loss = () => {
      ahead.execute();
      return ahead.at(2)[0]!;
    };
    const numeric = centralDifferences(loss, ahead.at(0));
    expect(largestDifference(back.at(2), numeric)).toBeLessThan(TOLERANCES.gradient);
  });
});

describe("single instructions", () => {
  const cases: readonly [string, number, OperandSpec[], number[], number[]][] = [
    ["FILL", op.FILL, [{ c0: 2 }], [f32(1.5)], [1.5, 1.5]],
    ["COPY", op.COPY, [{ c0: 2, data: [1, 2] }, { c0: 2 }], [], [1, 2]],
    ["SCALE", op.SCALE, [{ c0: 2, data: [1, 2] }, { c0: 2 }], [f32(0.5)], [0.5, 1]],
    ["COLUMN_SUM", op.COLUMN_SUM, [{ c0: 4, data: [1, 2, 3, 4] }, { c0: 2 }], [2], [4, 6]],
    ["MEAN", op.MEAN, [{ c0: 4, data: [1, 2, 3, 4] }, { c0: 1 }], [], [2.5]],
    [
      "SQUARE_SUM",
      op.SQUARE_SUM,
      [
        { c0: 2, data: [3, 4] },
        { c0: 1, data: [1] },
      ],
      [],
      [26],
    ],
    [
      "SCALE_BY",
      op.SCALE_BY,
      [
        { c0: 1, data: [2] },
        { c0: 2, data: [3, 4] },
      ],
      [],
      [6, 8],
    ],
    ["CLIP_VALUE", op.CLIP_VALUE, [{ c0: 3, data: [-3, 0.5, 4] }], [f32(1)], [-1, 0.5, 1]],
    [
      "CORRECT_COUNT, a tie counts for the first",
      op.CORRECT_COUNT,
      [{ c1: 2, data: [1, 1, 2, 1, 1, 2] }, { c1: 1, type: "i32", data: [0, 1, 1] }, { c0: 2 }],
      [2, 0, 0],
      [2, 3],
    ],
  ];

  test.each(cases)("%s", (_, opcode, specs, attributes, expected) => {
    const { execute, at } = run(opcode, specs, attributes);
    execute();
    const result = specs.map((_, i) => isWritten(opcode, i)).lastIndexOf(true);
    expect(Array.from(at(result))).toEqual(expected);
  });

  test("operands in place share an address and the first one's data", () => {
    const program = singleInstruction(op.RELU, [rows(4), { c1: 4, at: 0 }], [], BATCH);
    expect(program.operands[1]!.offset).toBe(program.operands[0]!.offset);
  });

  test("a label out of range and a loss that is not finite stop the run", () => {
    const bad = { c1: 1, type: "i32", data: [0, 4, 1] } as const;
    const [w, result] = [{ c0: 4 }, { c1: 1 }];
    const operands = [rows(4), bad, w, result, result];
    const loss = run(op.SOFTMAX_CROSS_ENTROPY, operands, [4, 0, 0, 0]);
    expect(loss.execute).toThrow(/row 1: label 4/);
    const check = run(op.CHECK_FINITE, [{ c0: 1, data: [Number.NaN] }]);
    expect(check.execute).toThrow(/not finite/);
  });
});
