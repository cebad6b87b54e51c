import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { LABEL_RANGE, NON_FINITE } from "../../assembly/abi/status.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { expectAsVm, SIZES, SPECIAL } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(61);
const tolerance = TOLERANCES.f32Reduction;
const filled = (n: number, scale = 1): OperandSpec => ({ c0: n, data: random.array(n, scale) });

interface Labelled {
  readonly name: string;
  readonly opcode: number;
  readonly output: (classes: number) => OperandSpec;
}

const labelled: readonly Labelled[] = [
  { name: "softmaxCrossEntropy", opcode: op.SOFTMAX_CROSS_ENTROPY, output: () => ({ c1: 1 }) },
  {
    name: "softmaxCrossEntropyBackward",
    opcode: op.SOFTMAX_CROSS_ENTROPY_BACKWARD,
    output: (classes) => ({ c1: classes }),
  },
  { name: "correctCount", opcode: op.CORRECT_COUNT, output: () => ({ c0: 1 }) },
];

const logits = (rows: number, classes: number, scale: number): OperandSpec => ({
  c1: classes,
  data: random.array(rows * classes, scale),
});
const labels = (rows: number, classes: number): OperandSpec => ({
  c1: 1,
  type: "i32",
  data: random.labels(rows, classes),
});

describe.each(labelled)("$name", ({ opcode, output }) => {
  test.each(SIZES)("%i classes, rows of every size", (classes) => {
    for (const batch of SIZES) {
      const operands = [logits(batch, classes, 4), labels(batch, classes), output(classes)];
      expectAsVm({ opcode, operands, attributes: [classes], batch, tolerance });
    }
  });

  test("a batch of 3 in a program planned for 7", () => {
    const operands = [logits(7, 5, 4), labels(7, 5), output(5)];
    expectAsVm({ opcode, operands, attributes: [5], batch: 3, planned: 7, tolerance });
  });

  test("ties, and special numbers among the logits", () => {
    const classes = 4;
    const rows = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b, a, b]));
    const operands = [
      { c1: classes, data: rows.flat() },
      labels(rows.length, classes),
      output(classes),
    ];
    expectAsVm({ opcode, operands, attributes: [classes], batch: rows.length, tolerance });
  });

  test.each(["scalar", "simd"] as const)(
    "a label out of range is refused with row and label, %s",
    (flavour) => {
      const classes = 5;
      for (const bad of [-1, classes, 2147483647, -2147483648]) {
        for (const row of [0, 2]) {
          const data = random.labels(3, classes);
          data[row] = bad;
          const operands = [
            logits(3, classes, 1),
            { c1: 1, type: "i32", data } as const,
            output(classes),
          ];
          const core = Core.load(singleInstruction(opcode, operands, [classes], 3).bytes, flavour);
          const { place } = refusal(() => core.execute(0, 3));
          expect(place).toMatchObject({
            status: LABEL_RANGE,
            index: 0,
            detail: row,
            value: bad >>> 0,
          });
        }
      }
    },
  );
});

function refusal(run: () => void): CoreRefusal {
  try {
    run();
  } catch (error) {
    if (error instanceof CoreRefusal) return error;
    throw error;
  }
  throw new Error("the core refused nothing");
}

describe("in place", () => {
  test("softmaxCrossEntropyBackward on the logits", () => {
    for (const classes of SIZES) {
      const operands = [logits(5, classes, 4), labels(5, classes), { c1: classes, at: 0 }];
      const opcode = op.SOFTMAX_CROSS_ENTROPY_BACKWARD;
      expectAsVm({ opcode, operands, attributes: [classes], batch: 5, tolerance });
    }
  });

  test("mseBackward on y", () => {
    for (const n of SIZES) {
      const operands = [filled(n), filled(n), { c0: n, at: 0 }];
      expectAsVm({ opcode: op.MSE_BACKWARD, operands, tolerance: TOLERANCES.f32Elementwise });
    }
  });
});

describe("mean and squared error", () => {
  test.each(SIZES)("mean, mse and mseBackward of %i", (n) => {
    expectAsVm({ opcode: op.MEAN, operands: [filled(n, 3), { c0: 1 }], tolerance });
    expectAsVm({ opcode: op.MSE, operands: [filled(n), filled(n), { c0: 1 }], tolerance });
    expectAsVm({ opcode: op.MSE_BACKWARD, operands: [filled(n), filled(n), { c0: n }], tolerance });
  });

  test("a batch of 3 in a program planned for 7", () => {
    const rows = () => ({ c1: 5, data: random.array(35) });
    const batches = { batch: 3, planned: 7, tolerance };
    expectAsVm({ opcode: op.MEAN, operands: [rows(), { c0: 1 }], ...batches });
    expectAsVm({ opcode: op.MSE, operands: [rows(), rows(), { c0: 1 }], ...batches });
    expectAsVm({ opcode: op.MSE_BACKWARD, operands: [rows(), rows(), { c1: 5 }], ...batches });
  });

  test("special numbers, each for itself and each with every other", () => {
    for (const a of SPECIAL) {
      expectAsVm({ opcode: op.MEAN, operands: [{ c0: 1, data: [a] }, { c0: 1 }], tolerance });
      for (const b of SPECIAL) {
        const operands = [{ c0: 1, data: [a] }, { c0: 1, data: [b] }, { c0: 1 }];
        expectAsVm({ opcode: op.MSE, operands, tolerance });
        expectAsVm({ opcode: op.MSE_BACKWARD, operands, tolerance });
      }
    }
  });
});

describe("checkFinite", () => {
  test.each(["scalar", "simd"] as const)(
    "stops at what is not finite, and at nothing else, %s",
    (flavour) => {
      for (const value of SPECIAL) {
        const operand = { c0: 1, data: [value] };
        const core = Core.load(singleInstruction(op.CHECK_FINITE, [operand]).bytes, flavour);
        const run = () => core.execute(0, 1);
        if (Number.isFinite(value)) expect(run).not.toThrow();
        else expect(refusal(run).place.status).toBe(NON_FINITE);
      }
    },
  );
});
