import { describe, test } from "vitest";
import * as kinds from "../../assembly/abi/functions.js";
import * as op from "../../assembly/abi/opcodes.js";
import { expectAsVm, SIZES, SPECIAL } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(21);
const filled = (n: number) => ({ c0: n, data: random.array(n) });
const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** Contiguous strides of the sizes, 0 where an axis is not kept. */
function strides(sizes: readonly number[], kept: readonly boolean[]): number[] {
  let next = 1;
  const found = sizes.map(() => 0);
  for (let axis = 3; axis >= 0; axis--) {
    if (!kept[axis]) continue;
    found[axis] = next;
    next *= sizes[axis]!;
  }
  return found;
}

const keptSize = (sizes: readonly number[], kept: readonly boolean[]) =>
  product(sizes.filter((_, axis) => kept[axis]));

/** Every choice of axes. */
const masks = Array.from({ length: 16 }, (_, mask) =>
  [8, 4, 2, 1].map((bit) => (mask & bit) !== 0),
);
const ALL = [true, true, true, true];

/** Every one of SIZES along the innermost axis, and shapes where an outer one is long. */
const shapes: readonly number[][] = [
  ...SIZES.map((n) => [2, 3, 1, n]),
  [33, 1, 1, 9],
  [5, 7, 3, 8],
  [257, 2, 1, 5],
  [1, 1, 1, 1],
];

const named = (masks: readonly boolean[][]) =>
  masks.map((kept) => ({ kept, name: kept.map((yes) => (yes ? "k" : "·")).join("") }));

describe("binary, axes of b kept (k) or repeated (·)", () => {
  test.each(named(masks))("b $name", ({ kept }) => {
    for (const sizes of shapes) {
      const [whole, part] = [filled(product(sizes)), filled(keptSize(sizes, kept))];
      const [ofWhole, ofPart] = [strides(sizes, ALL), strides(sizes, kept)];
      const y = { c0: product(sizes) };
      for (const swapped of [false, true]) {
        expectAsVm({
          opcode: op.BINARY,
          operands: swapped ? [part, whole, y] : [whole, part, y],
          attributes: [
            ...sizes.slice(1),
            ...(swapped ? [...ofPart, ...ofWhole] : [...ofWhole, ...ofPart]),
            kinds.BINARY_SUB,
          ],
          tolerance: TOLERANCES.f32Elementwise,
        });
      }
    }
  });

  test("outer sum: each operand repeats along another axis", () => {
    for (const n of SIZES) {
      const sizes = [1, 1, 5, n];
      const [rows, columns] = [strides(sizes, masks[2]!), strides(sizes, masks[1]!)];
      expectAsVm({
        opcode: op.BINARY,
        operands: [filled(5), filled(n), { c0: 5 * n }],
        attributes: [...sizes.slice(1), ...rows, ...columns, kinds.BINARY_ADD],
        tolerance: TOLERANCES.f32Elementwise,
      });
    }
  });
});

const folds = { sum: op.BROADCAST_SUM, max: op.BROADCAST_MAX, min: op.BROADCAST_MIN };

describe.each(Object.entries(folds))("%s, axes kept (k) or folded (·)", (_, opcode) => {
  test.each(named(masks))("$name", ({ kept }) => {
    for (const sizes of shapes) {
      expectAsVm({
        opcode,
        operands: [filled(product(sizes)), { c0: keptSize(sizes, kept) }],
        attributes: [...sizes.slice(1), ...strides(sizes, kept)],
        tolerance: TOLERANCES.f32Reduction,
      });
    }
  });
});

test.each([op.BROADCAST_MAX, op.BROADCAST_MIN])(
  "opcode %i: NaN goes through, −0 is below 0",
  (opcode) => {
    const rows = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b]));
    for (const folded of [rows, rows.map(([a, b]) => [a, b, Number.NaN, 1])]) {
      const width = folded[0]!.length;
      const operands = [{ c0: rows.length * width, data: folded.flat() }, { c0: rows.length }];
      const attributes = [1, 1, width, 1, 0, 0, 0];
      expectAsVm({ opcode, operands, attributes, tolerance: 0 });
    }
  },
);

describe("columnSum", () => {
  test.each(SIZES)("%i columns, rows of every size", (n) => {
    for (const rows of SIZES) {
      const operands = [filled(rows * n), { c0: n }];
      expectAsVm({
        opcode: op.COLUMN_SUM,
        operands,
        attributes: [n],
        tolerance: TOLERANCES.f32Reduction,
      });
    }
  });

  test("a batch of 3 in a program planned for 9", () => {
    const operands = [{ c1: 5, data: random.array(45) }, { c0: 5 }];
    const batches = { batch: 3, planned: 9 };
    expectAsVm({
      opcode: op.COLUMN_SUM,
      operands,
      attributes: [5],
      ...batches,
      tolerance: TOLERANCES.f32Reduction,
    });
  });
});

describe("permute", () => {
  const orders = [0, 1, 2, 3].flatMap((a) =>
    [0, 1, 2, 3].flatMap((b) =>
      [0, 1, 2, 3].flatMap((c) =>
        [0, 1, 2, 3].map((d) => [a, b, c, d]).filter((order) => new Set(order).size === 4),
      ),
    ),
  );

  test.each(orders)("axes %i %i %i %i", (...order) => {
    for (const sizes of shapes) {
      const from = strides(sizes, ALL);
      expectAsVm({
        opcode: op.PERMUTE,
        operands: [filled(product(sizes)), { c0: product(sizes) }],
        attributes: [
          ...order.slice(1).map((axis) => sizes[axis]!),
          ...order.map((axis) => from[axis]!),
          0,
        ],
        tolerance: 0,
      });
    }
  });

  test("special numbers move as they are, zeros keep their sign", () => {
    const n = SPECIAL.length;
    const operands = [{ c0: n, data: SPECIAL }, { c0: n }];
    expectAsVm({
      opcode: op.PERMUTE,
      operands,
      attributes: [1, n / 2, 2, 0, 0, 1, n / 2, 0],
      tolerance: 0,
    });
  });

  test("a batch of 2 in a program planned for 7", () => {
    const operands = [{ c1: 15, data: random.array(105) }, { c1: 15 }];
    const attributes = [5, 1, 3, 15, 1, 0, 5, 0];
    expectAsVm({ opcode: op.PERMUTE, operands, attributes, batch: 2, planned: 7, tolerance: 0 });
  });
});

describe("a region of [2,5,4,n], read (permute) and written (place)", () => {
  /** Of each axis where the region begins, its step, and how many. */
  const regions: readonly (readonly [starts: number[], steps: number[], sizes: number[]])[] = [
    [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [2, 5, 4, 0],
    ],
    [
      [0, 1, 0, 0],
      [1, 1, 1, 1],
      [2, 3, 4, 0],
    ],
    [
      [1, 1, 3, 0],
      [1, 2, -1, 1],
      [1, 2, 4, 0],
    ],
    [
      [1, 4, 3, -1],
      [-1, -2, -3, -1],
      [2, 3, 2, 0],
    ],
    [
      [0, 4, 1, -1],
      [1, -1, 2, -2],
      [2, 5, 1, 0],
    ],
  ];

  test.each(regions)("starts %j, steps %j, sizes %j", (starts, steps, sizes) => {
    for (const n of SIZES) {
      const whole = [2, 5, 4, n];
      const from = strides(whole, ALL);
      const last = steps[3]! < 0 ? n - 1 : 0;
      const part = sizes.with(3, Math.ceil(n / Math.abs(steps[3]!)));
      const offset = starts
        .with(3, last)
        .reduce((sum, start, axis) => sum + start * from[axis]!, 0);
      const attributes = [...part.slice(1), ...from.map((by, axis) => by * steps[axis]!), offset];
      const [small, large] = [product(part), product(whole)];
      const read = [filled(large), { c0: small }];
      const written = [filled(small), filled(large)];
      expectAsVm({ opcode: op.PERMUTE, operands: read, attributes, tolerance: 0 });
      expectAsVm({ opcode: op.PLACE, operands: written, attributes, tolerance: 0 });
    }
  });

  test("a batch of 2 in a program planned for 7, rows from the last to the first of each", () => {
    const operands = [
      { c1: 3, data: random.array(21) },
      { c1: 5, data: random.array(35) },
    ];
    const attributes = [1, 1, 3, 5, 0, 0, -2, 4];
    expectAsVm({ opcode: op.PLACE, operands, attributes, batch: 2, planned: 7, tolerance: 0 });
    const swapped = [operands[1]!, { c1: 3 }];
    expectAsVm({
      opcode: op.PERMUTE,
      operands: swapped,
      attributes,
      batch: 2,
      planned: 7,
      tolerance: 0,
    });
  });
});
