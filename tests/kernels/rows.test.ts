import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { hashCounters } from "../../src/compile/hash.js";
import { expectAsVm, MODERATE, SIZES } from "../helpers/core-against-vm.js";
import { lanes, times } from "../helpers/f32-order.js";
import { TestRandom } from "../helpers/random.js";
import { given, runInstruction } from "../helpers/run-instruction.js";
import { f32, type OperandSpec } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(83);
const rowsOf = (rows: number, n: number, scale = 2): OperandSpec => ({
  c1: n,
  data: random.array(rows * n, scale, 0.3),
});
const vector = (n: number, shift = 0): OperandSpec => ({
  c0: n,
  data: random.array(n, 0.5, shift),
});
const perRow = (rows: number, shift = 0): OperandSpec => ({
  c1: 1,
  data: random.array(rows, 0.5, shift),
});
/** Rows of probabilities, and of their logarithms. */
function probabilities(rows: number, n: number): OperandSpec {
  const data = random.array(rows * n, 0.5, 0.6);
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * n, (r + 1) * n);
    const sum = row.reduce((a, b) => a + b, 0);
    row.set(row.map((value) => value / sum));
  }
  return { c1: n, data };
}
const logarithms = (rows: number, n: number): OperandSpec => {
  const { data } = probabilities(rows, n);
  return { c1: n, data: Float32Array.from(data!, Math.log) };
};

/** Threshold of a half, a scale, a seed of two words, a number. */
const HALF = [2 ** 31, f32(2), 5, 6, 7];

interface Kernel {
  readonly name: string;
  readonly opcode: number;
  readonly inputs: (rows: number, n: number) => OperandSpec[];
  readonly outputs: (n: number) => OperandSpec[];
  readonly attributes?: (n: number) => number[];
}

const kernels: readonly Kernel[] = [
  {
    name: "softmaxBackward",
    opcode: op.SOFTMAX_BACKWARD,
    inputs: (rows, n) => [probabilities(rows, n), rowsOf(rows, n)],
    outputs: (n) => [{ c1: n }],
  },
  {
    name: "logSoftmax",
    opcode: op.LOG_SOFTMAX,
    inputs: (rows, n) => [rowsOf(rows, n, 30)],
    outputs: (n) => [{ c1: n }],
  },
  {
    name: "logSoftmaxBackward",
    opcode: op.LOG_SOFTMAX_BACKWARD,
    inputs: (rows, n) => [logarithms(rows, n), rowsOf(rows, n)],
    outputs: (n) => [{ c1: n }],
  },
  {
    name: "layerNorm",
    opcode: op.LAYER_NORM,
    inputs: (rows, n) => [rowsOf(rows, n), vector(n, 1), vector(n)],
    outputs: (n) => [{ c1: n }, { c1: 1 }, { c1: 1 }],
    attributes: (n) => [n, f32(1e-2)],
  },
  {
    name: "layerNormBackwardInput",
    opcode: op.LAYER_NORM_BACKWARD_INPUT,
    inputs: (rows, n) => [
      rowsOf(rows, n),
      ...[perRow(rows), perRow(rows, 1)],
      vector(n, 1),
      rowsOf(rows, n),
    ],
    outputs: (n) => [{ c1: n }],
  },
  {
    name: "layerNormBackwardParams",
    opcode: op.LAYER_NORM_BACKWARD_PARAMS,
    inputs: (rows, n) => [rowsOf(rows, n), ...[perRow(rows), perRow(rows, 1)], rowsOf(rows, n)],
    outputs: (n) => [{ c0: n }, { c0: n }],
  },
  {
    name: "dropout",
    opcode: op.DROPOUT,
    inputs: (rows, n) => [rowsOf(rows, n)],
    outputs: (n) => [{ c1: n }],
    attributes: (n) => [...HALF, n],
  },
];

describe.each(kernels)("$name", ({ opcode, inputs, outputs, attributes = (n) => [n] }) => {
  const tolerance = TOLERANCES.f32Reduction;

  test.each(SIZES)("rows of %i elements, any number of them", (n) => {
    for (const batch of SIZES) {
      const operands = [...inputs(batch, n), ...outputs(n)];
      expectAsVm({ opcode, operands, attributes: attributes(n), batch, tolerance });
    }
  });

  test("a batch of 3 in a program planned for 7", () => {
    const operands = [...inputs(7, 5), ...outputs(5)];
    expectAsVm({ opcode, operands, attributes: attributes(5), batch: 3, planned: 7, tolerance });
  });

  const places = Array.from({ length: 8 }, (_, at) => at).filter(
    (at) => ((opcode >>> 24) >> at) & 1,
  );

  test.each(places)("in place on operand %i", (at) => {
    for (const n of SIZES) {
      const [first, ...others] = outputs(n);
      const operands = [...inputs(9, n), { ...first!, at }, ...others];
      expectAsVm({ opcode, operands, attributes: attributes(n), batch: 9, tolerance });
    }
  });
});

describe("special numbers", () => {
  const n = MODERATE.length;
  const special = {
    c1: n,
    data: MODERATE.flatMap((_, row) => MODERATE.map((_, c) => MODERATE[(row + c) % n]!)),
  };

  test("dropout: what is dropped is 0, also of infinity and NaN", () => {
    const operands = [special, { c1: n }];
    const tolerance = TOLERANCES.f32Elementwise;
    expectAsVm({ opcode: op.DROPOUT, operands, attributes: [...HALF, n], batch: n, tolerance });
  });

  test.each(kernels.filter(({ opcode }) => opcode === op.LOG_SOFTMAX || opcode === op.LAYER_NORM))(
    "$name: one in a row of ordinary ones, infinities and NaN among them",
    ({ opcode, inputs, outputs, attributes = (size) => [size] }) => {
      const operands = [...inputs(n, 5), ...outputs(5)];
      const data = Float32Array.from(operands[0]!.data!);
      MODERATE.forEach((value, row) => {
        data[row * 5 + (row % 5)] = value;
      });
      const first = { c1: 5, data };
      const tolerance = TOLERANCES.f32Reduction;
      const given = [first, ...operands.slice(1)];
      expectAsVm({ opcode, operands: given, attributes: attributes(5), batch: n, tolerance });
    },
  );
});

test.each(["scalar", "simd"] as const)("%s: sums along a row keep four lanes", (flavour) => {
  for (const n of [1, 5, 19, 300]) {
    const [y, dy] = [random.array(n), random.array(n, 3)];
    const dot = lanes([...dy].map((value, i) => times(value, y[i]!)));
    const expected = [...dy].map((value, i) => times(Math.fround(value - dot), y[i]!));
    const operands = [given(y), given(dy), { c0: n }];
    expect(runInstruction(flavour, op.SOFTMAX_BACKWARD, operands, [n])).toEqual(expected);
  }
});

describe("dropout", () => {
  const [rows, n] = [40, 2500];
  const ones = new Float32Array(rows * n).fill(1);

  function mask(ratio: number, number = 3): number[] {
    const scale = 1 / (1 - ratio);
    const attributes = [Math.round(ratio * 2 ** 32), f32(scale), 1, 2, number, n];
    return runInstruction("simd", op.DROPOUT, [given(ones), { c0: rows * n }], attributes);
  }

  test.each([0.1, 0.5, 0.9])("drops a share of %d, and keeps the mean", (ratio) => {
    const y = mask(ratio);
    const deviation = Math.sqrt((ratio * (1 - ratio)) / y.length);
    const dropped = y.filter((value) => value === 0).length / y.length;
    expect(Math.abs(dropped - ratio)).toBeLessThan(4 * deviation);
    const mean = y.reduce((a, b) => a + b, 0) / y.length;
    expect(Math.abs(mean - 1)).toBeLessThan((4 * deviation) / (1 - ratio));
    expect(new Set(y.filter((value) => value !== 0))).toEqual(
      new Set([Math.fround(1 / (1 - ratio))]),
    );
  });

  test("a ratio of 0 keeps all", () => {
    expect(mask(0)).toEqual([...ones]);
  });

  test("another number, another mask, with no more in common than chance", () => {
    const [a, b] = [mask(0.5, 3), mask(0.5, 4)];
    const same = a.filter((value, i) => value === b[i]).length / a.length;
    expect(Math.abs(same - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / a.length));
  });

  test("each element's hash is that of its five counters and its number in the row", () => {
    const y = mask(0.5);
    for (const [row, element] of [
      [0, 0],
      [1, 3],
      [17, 1022],
      [39, 2499],
    ] as const) {
      const isKept = hashCounters([1, 2, 0, 3, row, element]) >= 2 ** 31;
      expect(y[row * n + element]).toBe(isKept ? 2 : 0);
    }
  });
});
