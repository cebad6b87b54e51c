import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { BAD_ATTRIBUTE, BAD_OPERAND } from "../../assembly/abi/status.js";
import { isWritten, opcodeName } from "../../src/autodiff/signature.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { sound, specOf } from "../helpers/sound-instructions.js";

// What the reader must not let through, opcode by opcode: an operand of another size or type, two
// operands that lie on each other. (helpers/sound-instructions.ts)

/** Operands whose size nothing else in the instruction fixes: a broadcast may leave some of it unread. */
const free = new Set([
  `${op.BINARY} 0`,
  `${op.BINARY} 1`,
  `${op.BROADCAST_MAX} 1`,
  `${op.BROADCAST_MIN} 1`,
  `${op.BROADCAST_SUM} 1`,
  `${op.PERMUTE} 0`,
  `${op.MAX_POOL} 1`,
  `${op.MAX_POOL} 2`,
  `${op.MAX_POOL_BACKWARD} 1`,
  `${op.MAX_POOL_BACKWARD} 2`,
  `${op.PLACE} 1`,
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
  // Of these one operand is all there is, of any size.
  const alone: readonly number[] = [op.FILL, op.UNIFORM, op.CLIP_VALUE];
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
  op.PLACE,
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

describe.each([
  ["PERMUTE", op.PERMUTE],
  ["PLACE", op.PLACE],
])("%s: what strides reach from an offset", (_, opcode) => {
  const reach = (n: number, strides: readonly number[], offset: number) => {
    const sizes = opcode === op.PLACE ? [24, n] : [n, 24];
    const operands = sizes.map((c0) => ({ c0 }));
    return statusOf(opcode, operands, [2, 3, 2, ...strides, offset]);
  };

  test.each([
    [[12, 6, 2, 1], 0, 23],
    [[12, 6, 2, -1], 1, 23],
    [[-12, -6, -2, -1], 23, 23],
    [[0, -6, 0, 2], 6, 8],
    [[-12, 6, 2, 1], 12, 23],
    [[100, -50, 7, 0], 50, 164],
  ])("%j from %i goes from 0 to %i", (strides, offset, last) => {
    expect(reach(last + 1, strides, offset)).toBe(0);
    expect(reach(last, strides, offset)).toBe(BAD_OPERAND);
    expect(reach(last + 1, strides, offset + 1)).toBe(BAD_OPERAND);
    expect(reach(last + 1, strides, offset - 1)).toBe(BAD_OPERAND);
  });

  test("products beyond 32 bits", () => {
    for (const stride of [2 ** 31 - 1, -(2 ** 31), 2 ** 30]) {
      for (const axis of [0, 1, 2, 3]) {
        for (const offset of [0, 12, 2 ** 31, 2 ** 32 - 1]) {
          const strides = [12, 6, 2, 1].with(axis, stride);
          expect(reach(48, strides, offset), `${strides} from ${offset}`).toBe(BAD_OPERAND);
        }
      }
    }
  });
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
