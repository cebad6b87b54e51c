import { describe, expect, test } from "vitest";
import { BINARY_KINDS } from "../../assembly/abi/functions.js";
import * as op from "../../assembly/abi/opcodes.js";
import { BAD_ATTRIBUTE, BAD_OPERAND } from "../../assembly/abi/status.js";
import { isWritten, opcodeName } from "../../src/autodiff/signature.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";

// What the reader must not let through, opcode by opcode: an operand of another size or type, two
// operands that lie on each other. n elements are written as n, n labels as { labels: n }.

type Size = number | { readonly labels: number };

const image = [3, 4, 2, 2, 3, 6, 2, 2, 1, 1, 0, 0, 1, 1, 2];

/** One sound instruction for every opcode whose operands' sizes depend on each other. */
const sound: readonly (readonly [
  opcode: number,
  sizes: readonly Size[],
  attributes: readonly number[],
])[] = [
  [op.COPY, [12, 12], []],
  [op.SCALE, [12, 12], [0]],
  [op.ADD, [12, 12, 12], []],
  [op.BINARY, [48, 48, 48], [2, 3, 4, 24, 12, 4, 1, 24, 12, 4, 1, BINARY_KINDS - 1]],
  [op.UNARY, [12, 12], [0, 0, 0, 0]],
  [op.UNARY_BACKWARD, [12, 12, 12], [0, 0, 0, 0]],
  [op.BROADCAST_MAX, [48, 48], [2, 3, 4, 24, 12, 4, 1]],
  [op.BROADCAST_MIN, [48, 48], [2, 3, 4, 24, 12, 4, 1]],
  [op.BROADCAST_SUM, [48, 48], [2, 3, 4, 24, 12, 4, 1]],
  [op.COLUMN_SUM, [40, 8], [8]],
  [op.PERMUTE, [48, 48], [2, 3, 4, 24, 12, 4, 1]],
  [op.RELU, [12, 12], []],
  [op.RELU_BACKWARD, [12, 12, 12], []],
  [op.TANH, [12, 12], []],
  [op.TANH_BACKWARD, [12, 12, 12], []],
  [op.SIGMOID, [12, 12], []],
  [op.SIGMOID_BACKWARD, [12, 12, 12], []],
  [op.SOFTMAX, [40, 40], [8]],
  [op.GEMM_NN, [15, 35, 21], [7, 5]],
  [op.GEMM_NT, [15, 35, 21], [7, 5]],
  [op.GEMM_TN, [15, 35, 21], [3, 7]],
  [op.GEMM_NN_BIAS, [15, 35, 7, 21], [7, 5]],
  [op.GEMM_NT_BIAS, [15, 35, 7, 21], [7, 5]],
  [op.CONV2D, [24, 24, 36], image],
  [op.CONV2D_BIAS, [24, 24, 6, 36], image],
  [op.CONV2D_BACKWARD_INPUT, [36, 24, 24], image],
  [op.CONV2D_BACKWARD_PARAMS, [24, 36, 24], image],
  [op.BATCH_NORM_STATS, [40, 8, 8], [8]],
  [op.BATCH_NORM_INV_STD, [8, 8], [0]],
  [op.BATCH_NORM, [40, 8, 8, 8, 8, 40], [8]],
  [op.BATCH_NORM_RUNNING, [8, 8, 8, 8], [0, 0, 2, 1]],
  [op.BATCH_NORM_BACKWARD_PARAMS, [40, 8, 8, 40, 8, 8], [8]],
  [op.BATCH_NORM_BACKWARD_INPUT, [40, 8, 8, 8, 8, 8, 40, 40], [8]],
  [op.BATCH_NORM_FROZEN_BACKWARD_INPUT, [8, 8, 40, 40], [8]],
  [op.SOFTMAX_CROSS_ENTROPY, [40, { labels: 5 }, 8, 5, 5], [8, 0, 0, 0]],
  [op.SOFTMAX_CROSS_ENTROPY_BACKWARD, [40, { labels: 5 }, 8, 1, 40], [8, 0, 0, 0]],
  [op.SOFT_CROSS_ENTROPY, [40, 40, 8, 5], [8, 0]],
  [op.SOFT_CROSS_ENTROPY_BACKWARD, [40, 40, 8, 40], [8, 0]],
  [op.CORRECT_COUNT, [40, { labels: 5 }, 2], [8, 0, 0]],
  [op.BINARY_CORRECT_COUNT, [12, 12, 2], [0]],
  [op.MULTI_MARGIN, [40, { labels: 5 }, 5], [8, 0]],
  [op.MULTI_MARGIN_BACKWARD, [40, { labels: 5 }, 40], [8, 0]],
  [op.BATCH_NORM_MERGE, [8, 8, 8, 8], [1]],
  [op.MEAN, [12, 1], []],
  [op.WEIGHTED_MEAN, [12, 12, 1, 1], []],
  [op.ELEMENT_LOSS, [12, 12, 1], [0, 0]],
  [op.ELEMENT_LOSS_BACKWARD, [12, 12, 12], [0, 0]],
  [op.CHECK_FINITE, [1], []],
  [op.SQUARE_SUM, [12, 1], []],
  [op.CLIP_NORM_FACTOR, [1, 1, 1], [0]],
  [op.SCALE_BY, [1, 12], []],
  [op.SGD, [1, 12, 12], [0]],
  [op.SGD_MOMENTUM, [1, 1, 12, 12, 12], [0, 0, 1]],
  [op.ADAM_BEGIN, [6], [0, 0, 0, 0]],
  [op.ADAM, [1, 6, 12, 12, 12, 12], [0, 0, 0, 0, 0, 0, 1, 0]],
  [op.AMSGRAD, [1, 6, 12, 12, 12, 12, 12], [0, 0, 0, 0, 0, 0, 0, 1]],
  [op.NADAM_BEGIN, [4, 6], [0, 0, 0, 0, 0, 0]],
  [op.ADAMAX, [1, 6, 12, 12, 12, 12], [0, 0, 0, 0, 0]],
  [op.RMS_NORMALIZE, [12, 12, 12, 12], [0, 0, 0, 0, 0]],
  [op.RMS_NORMALIZE_CENTERED, [12, 12, 12, 12, 12], [0, 0, 0, 0, 0]],
  [op.ADADELTA, [12, 12, 12, 12, 12], [0, 0, 0, 0]],
  [op.LION, [1, 12, 12, 12], [0, 0, 0, 0, 0]],
  [op.RATE_DECAY, [1, 1, 2], [0, 0]],
  [op.SOFTMAX_BACKWARD, [40, 40, 40], [8]],
  [op.LOG_SOFTMAX, [40, 40], [8]],
  [op.LOG_SOFTMAX_BACKWARD, [40, 40, 40], [8]],
  [op.LAYER_NORM, [40, 8, 8, 40, 5, 5], [8, 0]],
  [op.LAYER_NORM_BACKWARD_INPUT, [40, 5, 5, 8, 40, 40], [8]],
  [op.LAYER_NORM_BACKWARD_PARAMS, [40, 5, 5, 40, 8, 8], [8]],
  [op.DROPOUT, [40, 40], [0, 0, 0, 0, 0, 8]],
];

const specOf = (size: Size): OperandSpec =>
  typeof size === "number" ? { c0: size } : { c0: size.labels, type: "i32" };

/** Operands whose size nothing else in the instruction fixes: a broadcast may leave some of it unread. */
const free = new Set([
  `${op.BINARY} 0`,
  `${op.BINARY} 1`,
  `${op.BROADCAST_MAX} 1`,
  `${op.BROADCAST_MIN} 1`,
  `${op.BROADCAST_SUM} 1`,
  `${op.PERMUTE} 0`,
  `${op.MEAN} 0`,
  `${op.SQUARE_SUM} 0`,
  `${op.SCALE_BY} 1`,
]);

/** Operands of any number of rows. */
const rows = new Set([`${op.COLUMN_SUM} 0`, `${op.BATCH_NORM_STATS} 0`]);

function statusOf(
  opcode: number,
  operands: readonly OperandSpec[],
  attributes: readonly number[],
  batch = 1,
): number {
  try {
    Core.load(singleInstruction(opcode, operands, attributes, batch).bytes, "scalar");
    return 0;
  } catch (error) {
    if (error instanceof CoreRefusal) return error.place.status;
    throw error;
  }
}

const named = sound.map(([opcode, sizes, attributes]) => ({
  name: opcodeName(opcode),
  opcode,
  operands: sizes.map(specOf),
  attributes,
}));

/** What becomes of the instruction with operand k changed. */
function changed(
  { opcode, operands, attributes }: (typeof named)[number],
  k: number,
  change: Partial<OperandSpec>,
  batch = 1,
): number {
  const others = operands.map((one, i) => (i === k ? { ...one, ...change } : one));
  return statusOf(opcode, others, attributes, batch);
}

test("no opcode is left out", () => {
  // Of these two one operand is all there is, of any size.
  const alone: readonly number[] = [op.FILL, op.CLIP_VALUE];
  const here = [...sound.map(([opcode]) => opcode), ...alone];
  const missing = Object.entries(op).filter(([, opcode]) => !here.includes(opcode));
  expect(missing.map(([name]) => name)).toEqual([]);
});

describe.each(named)("$name", (instruction) => {
  const { opcode, operands, attributes } = instruction;

  test("as it should be", () => {
    expect(statusOf(opcode, operands, attributes)).toBe(0);
  });

  test("an operand one element larger or smaller", () => {
    for (const [k, { c0 = 0 }] of operands.entries()) {
      const sizes = free.has(`${opcode} ${k}`) ? [] : [c0 + 1, c0 - 1];
      for (const size of sizes.filter((size) => size > 0)) {
        expect(changed(instruction, k, { c0: size }), `operand ${k} of ${size}`).toBe(BAD_OPERAND);
      }
    }
  });

  test("an operand that grows with the batch where the others do not", () => {
    for (const [k, { c0 = 0 }] of operands.entries()) {
      if (free.has(`${opcode} ${k}`) || rows.has(`${opcode} ${k}`)) continue;
      expect(changed(instruction, k, { c0: 0, c1: c0 }), `operand ${k} of a batch of 1`).toBe(0);
      expect(changed(instruction, k, { c0: 0, c1: c0 }, 2), `operand ${k}`).toBe(BAD_OPERAND);
    }
  });

  test("an operand of the other type", () => {
    for (const [k, { type }] of operands.entries()) {
      const other = type === "i32" ? "f32" : "i32";
      expect(changed(instruction, k, { type: other }), `operand ${k}`).toBe(BAD_OPERAND);
    }
  });
});

/** Of these the attributes are sizes; elsewhere they are rates and the like, 0 above. */
const sized = named.filter(({ attributes }) => (attributes[0] ?? 0) > 1);
/** Of these the attributes from the fourth on are strides, and a stride of 0 repeats. */
const strided: readonly number[] = [
  op.BINARY,
  op.BROADCAST_SUM,
  op.BROADCAST_MAX,
  op.BROADCAST_MIN,
  op.PERMUTE,
];

test.each(sized)("$name: a size among the attributes that does not fit", (instruction) => {
  const { opcode, operands, attributes } = instruction;
  for (const [k, value] of attributes.entries()) {
    if (value < 2) continue;
    const zero = strided.includes(opcode) && k >= 3 ? [] : [0];
    for (const wrong of [...zero, value + 1, 0x7fffffff, 0xffffffff]) {
      const status = statusOf(opcode, operands, attributes.with(k, wrong));
      expect([BAD_OPERAND, BAD_ATTRIBUTE], `attribute ${k} = ${wrong}`).toContain(status);
    }
  }
});

test.each([op.ELEMENT_LOSS, op.ELEMENT_LOSS_BACKWARD])(
  "opcode %i: a kind that there is not",
  (opcode) => {
    const instruction = named.find((one) => one.opcode === opcode)!;
    for (const kind of [5, 0x7fffffff, 0xffffffff]) {
      expect(statusOf(opcode, instruction.operands, [kind, 0])).toBe(BAD_ATTRIBUTE);
    }
  },
);

const paired = named.filter(({ operands }) => operands.length > 1);

test.each(paired)(
  "$name: an operand that lies on a written one, unless the opcode allows it",
  (instruction) => {
    const { opcode, operands } = instruction;
    const first = operands.findIndex((_, k) => isWritten(opcode, k));
    for (const [k, { c0: size = 0 }] of operands.entries()) {
      for (const [w, { c0: written = 0 }] of operands.entries()) {
        if (k === w || !isWritten(opcode, w)) continue;
        // The smaller one moves, so that both stay inside the arena.
        const status =
          size <= written ? changed(instruction, k, { at: w }) : changed(instruction, w, { at: k });
        const allowed = w === first && ((opcode >>> 24) >> k) & 1 && size === written;
        expect(status, `${k} on ${w}`).toBe(allowed ? 0 : BAD_OPERAND);
      }
    }
  },
);
