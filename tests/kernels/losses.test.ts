import { describe, expect, test } from "vitest";
import * as kinds from "../../assembly/abi/losses.js";
import * as op from "../../assembly/abi/opcodes.js";
import { LABEL_RANGE, NON_FINITE } from "../../assembly/abi/status.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { expectAsVm, MODERATE, SIZES, SPECIAL } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { f32, type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(61);
const tolerance = TOLERANCES.f32Reduction;
const filled = (n: number, scale = 1): OperandSpec => ({ c0: n, data: random.array(n, scale) });

const logits = (rows: number, classes: number, scale: number): OperandSpec => ({
  c1: classes,
  data: random.array(rows * classes, scale),
});
const labels = (rows: number, classes: number): OperandSpec => ({
  c1: 1,
  type: "i32",
  data: random.labels(rows, classes),
});
const weights = (classes: number): OperandSpec => ({
  c0: classes,
  data: random.array(classes, 0.5, 1),
});
const ones = (classes: number): OperandSpec => ({ c0: classes, data: new Array(classes).fill(1) });

interface Labelled {
  readonly name: string;
  readonly opcode: number;
  /** What stands behind logits and labels; the last is the result. */
  readonly rest: (classes: number) => readonly OperandSpec[];
  readonly attributes: (classes: number) => readonly number[];
}

const perRow = { c1: 1 };
const total = { c0: 1, data: [7.5] };

const labelled: readonly Labelled[] = [
  {
    name: "softmaxCrossEntropy",
    opcode: op.SOFTMAX_CROSS_ENTROPY,
    rest: (classes) => [ones(classes), perRow, perRow],
    attributes: (classes) => [classes, 0, 0, f32(0)],
  },
  {
    name: "softmaxCrossEntropy, weighted and smoothed, class 0 ignored",
    opcode: op.SOFTMAX_CROSS_ENTROPY,
    rest: (classes) => [weights(classes), perRow, perRow],
    attributes: (classes) => [classes, 1, 0, f32(0.1)],
  },
  {
    name: "softmaxCrossEntropyBackward",
    opcode: op.SOFTMAX_CROSS_ENTROPY_BACKWARD,
    rest: (classes) => [ones(classes), total, { c1: classes }],
    attributes: (classes) => [classes, 0, 0, f32(0)],
  },
  {
    name: "softmaxCrossEntropyBackward, weighted and smoothed, class 0 ignored",
    opcode: op.SOFTMAX_CROSS_ENTROPY_BACKWARD,
    rest: (classes) => [weights(classes), total, { c1: classes }],
    attributes: (classes) => [classes, 1, 0, f32(0.1)],
  },
  {
    name: "softmaxCrossEntropyBackward, nothing counts",
    opcode: op.SOFTMAX_CROSS_ENTROPY_BACKWARD,
    rest: (classes) => [weights(classes), { c0: 1, data: [0] }, { c1: classes }],
    attributes: (classes) => [classes, 0, 0, f32(0)],
  },
  {
    name: "correctCount",
    opcode: op.CORRECT_COUNT,
    rest: () => [{ c0: 2 }],
    attributes: (classes) => [classes, 0, 0],
  },
  {
    name: "correctCount, class 0 ignored",
    opcode: op.CORRECT_COUNT,
    rest: () => [{ c0: 2 }],
    attributes: (classes) => [classes, 1, 0],
  },
  {
    name: "multiMargin",
    opcode: op.MULTI_MARGIN,
    rest: () => [perRow],
    attributes: (classes) => [classes, f32(1)],
  },
  {
    name: "multiMarginBackward",
    opcode: op.MULTI_MARGIN_BACKWARD,
    rest: (classes) => [{ c1: classes }],
    attributes: (classes) => [classes, f32(1)],
  },
];

describe.each(labelled)("$name", ({ opcode, rest, attributes }) => {
  test.each(SIZES)("%i classes, rows of every size", (classes) => {
    for (const batch of SIZES) {
      const operands = [logits(batch, classes, 4), labels(batch, classes), ...rest(classes)];
      expectAsVm({ opcode, operands, attributes: attributes(classes), batch, tolerance });
    }
  });

  test("a batch of 3 in a program planned for 7", () => {
    const operands = [logits(7, 5, 4), labels(7, 5), ...rest(5)];
    expectAsVm({ opcode, operands, attributes: attributes(5), batch: 3, planned: 7, tolerance });
  });

  test("ties, and special numbers among the logits", () => {
    const classes = 4;
    const rows = MODERATE.flatMap((a) => MODERATE.map((b) => [a, b, a, b]));
    const operands = [
      { c1: classes, data: rows.flat() },
      labels(rows.length, classes),
      ...rest(classes),
    ];
    const batch = rows.length;
    expectAsVm({ opcode, operands, attributes: attributes(classes), batch, tolerance });
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
            ...rest(classes),
          ];
          const { bytes } = singleInstruction(opcode, operands, attributes(classes), 3);
          const core = Core.load(bytes, flavour);
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

test("an ignored label may be no class, and one that is ignored is not looked at", () => {
  const data = [-100, 2, -100, 0, 1];
  const y = { c1: 1, type: "i32", data } as const;
  for (const [index, { opcode, rest, attributes }] of labelled.entries()) {
    if (attributes(3).length < 3) continue;
    const [classes, , , ...more] = attributes(3) as [number, ...number[]];
    const operands = [logits(5, 3, 2), y, ...rest(3)];
    const given = [classes, 1, -100 >>> 0, ...more];
    expect(index).toBeLessThan(7);
    expectAsVm({ opcode, operands, attributes: given, batch: 5, tolerance });
  }
});

describe("soft labels", () => {
  const soft = (rows: number, classes: number): OperandSpec => ({
    c1: classes,
    data: random.array(rows * classes, 0.5, 0.5),
  });
  const results: readonly [number, (classes: number) => OperandSpec][] = [
    [op.SOFT_CROSS_ENTROPY, () => perRow],
    [op.SOFT_CROSS_ENTROPY_BACKWARD, (classes) => ({ c1: classes })],
  ];

  test.each(SIZES)("%i classes, rows of every size", (classes) => {
    for (const [opcode, result] of results) {
      for (const batch of SIZES) {
        const inputs = [logits(batch, classes, 4), soft(batch, classes), weights(classes)];
        const attributes = [classes, f32(batch % 2 ? 0 : 0.2)];
        // A sum of up to 257 targets.
        const each = 8 * tolerance;
        const operands = [...inputs, result(classes)];
        expectAsVm({ opcode, operands, attributes, batch, tolerance: each });
      }
    }
  });

  test("a batch of 3 in a program planned for 7, and in place", () => {
    for (const [opcode, result] of results) {
      const operands = [logits(7, 5, 4), soft(7, 5), weights(5), result(5)];
      expectAsVm({ opcode, operands, attributes: [5, 0], batch: 3, planned: 7, tolerance });
    }
    const operands = [logits(3, 5, 4), soft(3, 5), weights(5), { c1: 5, at: 0 }];
    const opcode = op.SOFT_CROSS_ENTROPY_BACKWARD;
    expectAsVm({ opcode, operands, attributes: [5, f32(0.1)], batch: 3, tolerance });
  });
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
  test("softmaxCrossEntropyBackward and multiMarginBackward on the logits", () => {
    for (const { opcode, rest, attributes } of labelled) {
      if (opcode !== op.SOFTMAX_CROSS_ENTROPY_BACKWARD && opcode !== op.MULTI_MARGIN_BACKWARD)
        continue;
      for (const classes of SIZES) {
        const others = rest(classes).slice(0, -1);
        const result = { c1: classes, at: 0 };
        const operands = [logits(5, classes, 4), labels(5, classes), ...others, result];
        expectAsVm({ opcode, operands, attributes: attributes(classes), batch: 5, tolerance });
      }
    }
  });

  test("elementLossBackward on y", () => {
    for (const n of SIZES) {
      const operands = [filled(n), filled(n), { c0: n, at: 0 }];
      const opcode = op.ELEMENT_LOSS_BACKWARD;
      for (const { kind, parameter } of elementLosses) {
        const attributes = [kind, f32(parameter)];
        expectAsVm({ opcode, operands, attributes, tolerance: TOLERANCES.f32Elementwise });
      }
    }
  });
});

/** Targets from 0 to 1 where the loss takes no others. */
const elementLosses = [
  { name: "mse", kind: kinds.LOSS_MSE, parameter: 0, targets: SPECIAL },
  { name: "mae", kind: kinds.LOSS_MAE, parameter: 0, targets: SPECIAL },
  { name: "huber", kind: kinds.LOSS_HUBER, parameter: 0.7, targets: SPECIAL },
  { name: "hinge", kind: kinds.LOSS_HINGE, parameter: 1, targets: [-1, 0, -0, 1] },
  {
    name: "binary-cross-entropy",
    kind: kinds.LOSS_BINARY_CROSS_ENTROPY,
    parameter: 2.5,
    targets: [0, 0.25, 1],
  },
] as const;

describe.each(elementLosses)("$name", ({ kind, parameter, targets }) => {
  const attributes = [kind, f32(parameter)];
  const pairs = [
    { opcode: op.ELEMENT_LOSS, result: () => ({ c0: 1 }) },
    { opcode: op.ELEMENT_LOSS_BACKWARD, result: (n: number, c1 = 0) => (c1 ? { c1 } : { c0: n }) },
  ];
  const target = (n: number) => random.array(n, 0.5, 0.5);

  test.each(SIZES)("%i elements", (n) => {
    for (const { opcode, result } of pairs) {
      const operands = [filled(n, 3), { c0: n, data: target(n) }, result(n)];
      expectAsVm({ opcode, operands, attributes, tolerance });
    }
  });

  test("a batch of 3 in a program planned for 7: the rest does not count", () => {
    for (const { opcode, result } of pairs) {
      // A gradient may be written to the next multiple of four, and no further.
      const width = opcode === op.ELEMENT_LOSS ? 5 : 4;
      const operands = [
        { c1: width, data: random.array(7 * width) },
        { c1: width, data: target(7 * width) },
        result(7 * width, width),
      ];
      expectAsVm({ opcode, operands, attributes, batch: 3, planned: 7, tolerance });
    }
  });

  test("special numbers, each for itself", () => {
    for (const { opcode, result } of pairs) {
      for (const y of SPECIAL) {
        for (const t of targets) {
          const operands = [{ c0: 1, data: [y] }, { c0: 1, data: [t] }, result(1)];
          expectAsVm({ opcode, operands, attributes, tolerance });
        }
      }
    }
  });
});

describe("means and counts", () => {
  test.each(SIZES)("mean, weightedMean and binaryCorrectCount of %i", (n) => {
    const [opcode, one] = [op.BINARY_CORRECT_COUNT, { c0: 1 }];
    expectAsVm({ opcode: op.MEAN, operands: [filled(n, 3), one], tolerance });
    const weighted = [filled(n, 3), weights(n), one, one];
    expectAsVm({ opcode: op.WEIGHTED_MEAN, operands: weighted, tolerance });
    for (const threshold of [0, 0.5]) {
      const operands = [filled(n), filled(n), { c0: 2 }];
      expectAsVm({ opcode, operands, attributes: [f32(threshold)], tolerance });
    }
  });

  test("a batch of 3 in a program planned for 7", () => {
    const rows = () => ({ c1: 5, data: random.array(35) });
    const batches = { batch: 3, planned: 7, tolerance };
    const [opcode, one] = [op.BINARY_CORRECT_COUNT, { c0: 1 }];
    expectAsVm({ opcode: op.MEAN, operands: [rows(), one], ...batches });
    const ascending = { c1: 5, data: random.array(35, 0.5, 1) };
    expectAsVm({ opcode: op.WEIGHTED_MEAN, operands: [rows(), ascending, one, one], ...batches });
    expectAsVm({ opcode, operands: [rows(), rows(), { c0: 2 }], attributes: [0], ...batches });
  });

  test("a mean of nothing that counts is 0", () => {
    const [x, w, one] = [filled(5), { c0: 5, data: [0, 0, 0, 0, 0] }, { c0: 1 }];
    expectAsVm({ opcode: op.WEIGHTED_MEAN, operands: [x, w, one, one], tolerance });
  });

  test("special numbers", () => {
    for (const a of SPECIAL) {
      const [x, one] = [{ c0: 1, data: [a] }, { c0: 1 }];
      expectAsVm({ opcode: op.MEAN, operands: [x, one], tolerance });
      for (const b of SPECIAL) {
        const operands = [x, { c0: 1, data: [b] }, { c0: 2 }];
        const opcode = op.BINARY_CORRECT_COUNT;
        expectAsVm({ opcode, operands, attributes: [f32(0.5)], tolerance });
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
