import { describe, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { expectAsVm, MODERATE, SIZES } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { f32, type OperandSpec } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(51);
const filled = (n: number): OperandSpec => ({ c0: n, data: random.array(n) });
/** Variances, scales and the like: 0.5 … 1.5. */
const positive = (n: number): OperandSpec => ({ c0: n, data: random.array(n, 0.5, 1) });
/** A row for each of the batch. */
const rowsOf = (rows: number, channels: number): OperandSpec => ({
  c1: channels,
  data: random.array(rows * channels, 2, 0.3),
});

type Inputs = (rows: number, channels: number) => OperandSpec[];

interface Kernel {
  readonly name: string;
  readonly opcode: number;
  readonly inputs: Inputs;
  readonly outputs: (channels: number) => OperandSpec[];
  readonly tolerance: number;
}

const perRow = (channels: number): OperandSpec[] => [{ c1: channels }];
const perChannel = (channels: number): OperandSpec[] => [{ c0: channels }, { c0: channels }];

const kernels: readonly Kernel[] = [
  {
    name: "batchNormStats",
    opcode: op.BATCH_NORM_STATS,
    inputs: (rows, channels) => [rowsOf(rows, channels)],
    outputs: perChannel,
    tolerance: TOLERANCES.f32Reduction,
  },
  {
    name: "batchNorm",
    opcode: op.BATCH_NORM,
    inputs: (rows, c) => [rowsOf(rows, c), filled(c), positive(c), positive(c), filled(c)],
    outputs: perRow,
    tolerance: TOLERANCES.f32Elementwise,
  },
  {
    name: "batchNormBackwardParams",
    opcode: op.BATCH_NORM_BACKWARD_PARAMS,
    inputs: (rows, c) => [rowsOf(rows, c), filled(c), positive(c), rowsOf(rows, c)],
    outputs: perChannel,
    tolerance: TOLERANCES.f32Reduction,
  },
  {
    name: "batchNormBackwardInput",
    opcode: op.BATCH_NORM_BACKWARD_INPUT,
    inputs: (rows, c) => [
      rowsOf(rows, c),
      ...[filled(c), positive(c), positive(c), filled(c), filled(c)],
      rowsOf(rows, c),
    ],
    outputs: perRow,
    tolerance: TOLERANCES.f32Reduction,
  },
  {
    name: "batchNormFrozenBackwardInput",
    opcode: op.BATCH_NORM_FROZEN_BACKWARD_INPUT,
    inputs: (rows, c) => [positive(c), positive(c), rowsOf(rows, c)],
    outputs: perRow,
    tolerance: TOLERANCES.f32Elementwise,
  },
];

describe.each(kernels)("$name", ({ opcode, inputs, outputs, tolerance }) => {
  test.each(SIZES)("%i channels, rows of every size", (channels) => {
    for (const batch of SIZES) {
      const operands = [...inputs(batch, channels), ...outputs(channels)];
      expectAsVm({ opcode, operands, attributes: [channels], batch, tolerance });
    }
  });

  test("a batch of 3 in a program planned for 7", () => {
    const operands = [...inputs(7, 5), ...outputs(5)];
    expectAsVm({ opcode, operands, attributes: [5], batch: 3, planned: 7, tolerance });
  });
});

describe("in place", () => {
  const places = kernels.flatMap((kernel) =>
    Array.from({ length: 8 }, (_, at) => ({ ...kernel, at })).filter(
      ({ opcode, at }) => ((opcode >>> 24) >> at) & 1,
    ),
  );

  test.each(places)("$name on operand $at", ({ opcode, inputs, tolerance, at }) => {
    for (const channels of SIZES) {
      const operands = [...inputs(9, channels), { c1: channels, at }];
      expectAsVm({ opcode, operands, attributes: [channels], batch: 9, tolerance });
    }
  });
});

describe("special numbers in x and dy", () => {
  const channels = MODERATE.length;
  const batch = MODERATE.length;
  const special = {
    c1: channels,
    data: MODERATE.flatMap((_, row) => MODERATE.map((_, c) => MODERATE[(row + c) % channels]!)),
  };

  test.each(kernels.filter(({ opcode }) => opcode === op.BATCH_NORM))(
    "$name",
    ({ opcode, inputs }) => {
      const operands = [special, ...inputs(1, channels).slice(1), { c1: channels }];
      const tolerance = TOLERANCES.f32Elementwise;
      expectAsVm({ opcode, operands, attributes: [channels], batch, tolerance });
    },
  );

  test("batchNormFrozenBackwardInput", () => {
    const operands = [positive(channels), positive(channels), special, { c1: channels }];
    const opcode = op.BATCH_NORM_FROZEN_BACKWARD_INPUT;
    const tolerance = TOLERANCES.f32Elementwise;
    expectAsVm({ opcode, operands, attributes: [channels], batch, tolerance });
  });
});

test("batchNormStats, a mean of thousands of deviations is the nearest float but for half a unit", () => {
  for (const batch of [3, 200, 700]) {
    const far = { c1: 5, data: random.array(batch * 5, 0.5, 1000) };
    const operands = [far, ...perChannel(5)];
    const tolerance = TOLERANCES.f32Rounding;
    const opcode = op.BATCH_NORM_STATS;
    expectAsVm({ opcode, operands, attributes: [5], batch, tolerance });
  }
});

describe("per channel", () => {
  test("batchNormInvStd, every size, eps 1e-5 and a variance of 0", () => {
    for (const n of SIZES) {
      const variance = positive(n);
      (variance.data as Float32Array)[0] = 0;
      const operands = [variance, { c0: n }];
      const tolerance = TOLERANCES.f32Elementwise;
      expectAsVm({ opcode: op.BATCH_NORM_INV_STD, operands, attributes: [f32(1e-5)], tolerance });
    }
  });

  test("batchNormMerge of an epoch's first rows: theirs, whatever was there", () => {
    for (const n of SIZES) {
      const lost = { c0: n, data: new Float32Array(n).fill(Number.NaN) };
      for (const [batch, spatial] of [
        [1, 1],
        [4, 1],
        [3, 35],
      ] as const) {
        const operands = [filled(n), positive(n), lost, lost];
        const tolerance = TOLERANCES.f32Elementwise;
        const opcode = op.BATCH_NORM_MERGE;
        expectAsVm({ opcode, operands, attributes: [spatial], batch, tolerance });
      }
    }
  });

  test.each([
    { name: "population variance", unbiased: 0, spatial: 1, batch: 4 },
    { name: "population variance of one value", unbiased: 0, spatial: 1, batch: 1 },
    { name: "unbiased variance", unbiased: 1, spatial: 1, batch: 4 },
    { name: "unbiased variance over an image", unbiased: 1, spatial: 35, batch: 3 },
    { name: "unbiased variance of one image of two pixels", unbiased: 1, spatial: 2, batch: 1 },
  ])("batchNormRunning, $name", ({ unbiased, spatial, batch }) => {
    for (const n of SIZES) {
      const operands = [filled(n), positive(n), filled(n), positive(n)];
      const attributes = [f32(0.9), f32(1 - 0.9), spatial, unbiased];
      const tolerance = TOLERANCES.f32Elementwise;
      const opcode = op.BATCH_NORM_RUNNING;
      for (const planned of [batch, batch + 5]) {
        expectAsVm({ opcode, operands, attributes, batch, planned, tolerance });
      }
    }
  });
});
