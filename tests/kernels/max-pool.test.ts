import { describe, expect, test } from "vitest";
import { MAX_POOL, MAX_POOL_BACKWARD, SEPARABLE } from "../../assembly/abi/opcodes.js";
import { BAD_OPERAND, TABLE_RANGE } from "../../assembly/abi/status.js";
import { type AxisMap, transposedMap } from "../../src/autodiff/axis-map.js";
import { windowMap } from "../../src/autodiff/ops/pool.js";
import { type PoolAxis, windowCount } from "../../src/graph/ops/pool.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { expectAsVm, SPECIAL } from "../helpers/core-against-vm.js";
import { GuardedCore } from "../helpers/guarded-core.js";
import { TestRandom } from "../helpers/random.js";
import { runInstruction } from "../helpers/run-instruction.js";
import { type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { touchesItsOwn } from "../helpers/touches-its-own.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(53);
const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** Starts and indices of both maps, as an operand each. */
const tablesOf = (maps: readonly AxisMap[]): OperandSpec[] =>
  maps.map(({ starts, indices }) => {
    const data = [...starts, ...indices];
    return { c0: data.length, type: "i32", data };
  });
const weightsOf = (maps: readonly AxisMap[]): OperandSpec[] =>
  maps.map(({ weights }) => ({ c0: weights.length, data: weights }));

const sizesOf = ([rows, columns]: readonly [AxisMap, AxisMap], inner: number) => {
  return [rows.inSize, columns.inSize, rows.outSize, columns.outSize, inner] as const;
};

/** Numbers of which many are the same. */
const fewValues = (n: number) => Array.from(random.labels(n, 3), (label) => label / 2 - 0.25);

/** The largest and the mean of the windows, and both gradients, of a batch of images with ties. */
function expectPoolsAsVm(axes: readonly [PoolAxis, PoolAxis], ceilMode: boolean, inner: number) {
  const maps = (counts: Parameters<typeof windowMap>[2]) =>
    axes.map((axis) => windowMap(axis, ceilMode, counts)) as [AxisMap, AxisMap];
  const [rows, columns] = maps("none");
  const image = rows.inSize * columns.inSize * inner;
  const out = rows.outSize * columns.outSize * inner;
  const planned = 3;
  for (const batch of [1, planned]) {
    const rowsOf = (c1: number, data: readonly number[] | Float32Array) => ({ c1, data });
    const x = rowsOf(image, fewValues(image * planned));
    const dy = rowsOf(out, random.array(out * planned));
    const tables = tablesOf([rows, columns]);
    const attributes = sizesOf([rows, columns], inner);
    const batches = { batch, planned };
    const max = { opcode: MAX_POOL, operands: [x, ...tables, { c1: out }], attributes };
    expectAsVm({ ...max, ...batches, tolerance: 0 });
    const operands = [x, ...tables, dy, { c1: image }];
    const tolerance = TOLERANCES.f32Reduction;
    expectAsVm({ opcode: MAX_POOL_BACKWARD, operands, attributes, ...batches, tolerance });
    for (const counts of ["image", "padded"] as const) {
      const forward = maps(counts);
      const backward = forward.map(transposedMap) as [AxisMap, AxisMap];
      for (const [of, from, to] of [
        [forward, x, out],
        [backward, dy, image],
      ] as const) {
        const operands = [from, ...tablesOf(of), ...weightsOf(of), { c1: to }];
        const attributes = sizesOf(of, inner);
        expectAsVm({ opcode: SEPARABLE, operands, attributes, ...batches, tolerance });
      }
    }
  }
}

const along = (size: number, of: Partial<PoolAxis>): PoolAxis => {
  return { size, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0, ...of };
};

const windows = [1, 2, 3].flatMap((kernel) =>
  [1, 2, 3].flatMap((stride) =>
    (kernel === 1 ? [1] : [1, 2]).flatMap((dilation) =>
      [
        [0, 0],
        [1, 0],
        [1, 2],
      ]
        .filter((pads) => Math.max(...pads) <= dilation * (kernel - 1))
        .map(([begin, end]) => ({ kernel, stride, dilation, begin, end }) as Partial<PoolAxis>),
    ),
  ),
);

describe.each([1, 4, 7])("pools of %i innermost numbers", (inner) => {
  test.each(windows)(
    "kernel $kernel, stride $stride, dilation $dilation, pads $begin $end",
    (of) => {
      for (const ceilMode of [false, true]) {
        const axes = [along(7, of), along(5, of)] as const;
        if (axes.every((axis) => windowCount(axis, ceilMode) > 0)) {
          expectPoolsAsVm(axes, ceilMode, inner);
        }
      }
    },
  );

  test("another window along each axis, and one of the whole image", () => {
    const pad = { begin: 1, end: 1 };
    expectPoolsAsVm([along(9, { kernel: 3, stride: 2, ...pad }), along(1, {})], false, inner);
    expectPoolsAsVm([along(4, { kernel: 2, dilation: 3 }), along(33, { kernel: 5 })], true, inner);
    expectPoolsAsVm([along(3, { kernel: 3 }), along(8, { kernel: 8 })], false, inner);
  });
});

/** One window over each row of numbers. */
const overRows = (rows: readonly (readonly number[])[]) => {
  const width = rows[0]!.length;
  const maps = [along(1, {}), along(width, { kernel: width })].map((axis) =>
    windowMap(axis, false, "none"),
  ) as [AxisMap, AxisMap];
  const x = { c0: product([rows.length, width]), data: rows.flat() };
  return { operands: [x, ...tablesOf(maps)], attributes: sizesOf(maps, 1) };
};

describe("special numbers", () => {
  const pairs = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b]));

  test("every pair, alone and beside a NaN", () => {
    for (const rows of [pairs, pairs.map(([a, b]) => [a!, b!, Number.NaN, 1])]) {
      const { operands, attributes } = overRows(rows);
      const dy = { c0: rows.length, data: random.array(rows.length) };
      const forward = [...operands, { c0: rows.length }];
      expectAsVm({ opcode: MAX_POOL, operands: forward, attributes, tolerance: 0 });
      const backward = [...operands, dy, { c0: operands[0]!.c0! }];
      expectAsVm({ opcode: MAX_POOL_BACKWARD, operands: backward, attributes, tolerance: 0 });
    }
  });

  test("0 is above −0, −∞ above nothing; of equals the first has the gradient", () => {
    const { NEGATIVE_INFINITY: none } = Number;
    const rows = [
      [-0, 0, -1],
      [none, none, none],
      [2, 3, 3],
      [1, Number.NaN, 2],
    ];
    const { operands, attributes } = overRows(rows);
    const dy = { c0: 4, data: [1, 2, 3, 4] };
    for (const flavour of ["scalar", "simd"] as const) {
      const run = (opcode: number, ...rest: OperandSpec[]) =>
        runInstruction(flavour, opcode, [...operands, ...rest], attributes);
      expect(run(MAX_POOL, { c0: 4 })).toEqual([0, none, 3, Number.NaN]);
      const dx = run(MAX_POOL_BACKWARD, dy, { c0: 12 });
      expect(dx).toEqual([1, 0, 0, 2, 0, 0, 0, 3, 0, 4, 0, 0]);
    }
  });

  test("a window that meets no pixel is −∞, and has no gradient", () => {
    const gap = windowMap(along(1, { kernel: 2, dilation: 2, begin: 1, end: 1 }), false, "none");
    const maps = [gap, windowMap(along(4, {}), false, "none")] as const;
    const operands = [{ c0: 4, data: [1, 2, 3, 4] }, ...tablesOf(maps)];
    const attributes = sizesOf(maps as unknown as [AxisMap, AxisMap], 1);
    for (const flavour of ["scalar", "simd"] as const) {
      const run = (opcode: number, ...rest: OperandSpec[]) =>
        runInstruction(flavour, opcode, [...operands, ...rest], attributes);
      expect(run(MAX_POOL, { c0: 4 })).toEqual(new Array(4).fill(Number.NEGATIVE_INFINITY));
      const dy = { c0: 4, data: [1, 1, 1, 1] };
      expect(run(MAX_POOL_BACKWARD, dy, { c0: 4 })).toEqual([0, 0, 0, 0]);
    }
  });
});

describe("tables that are wrong", () => {
  const map = windowMap(along(4, { kernel: 2 }), false, "none");
  const attributes = sizesOf([map, map], 4);
  const forward = [{ c0: 64, data: random.array(64) }, ...tablesOf([map, map]), { c0: 36 }];
  const instructions = [
    [MAX_POOL, forward],
    [MAX_POOL_BACKWARD, [...forward, { c0: 64 }]],
  ] as const;

  /** What the load or the run answers with another table in operand k. */
  const statusOf = (
    opcode: number,
    operands: readonly OperandSpec[],
    k: number,
    table: number[],
  ) => {
    const data = { c0: table.length, data: table };
    const forged = operands.map((one, i) => (i === k ? { ...one, ...data } : one));
    try {
      Core.load(singleInstruction(opcode, forged, attributes).bytes, "scalar").execute(0, 1);
      return [];
    } catch (error) {
      if (error instanceof CoreRefusal) return [error.place.status, error.place.detail];
      throw error;
    }
  };

  test.each(instructions)("opcode %i stops the run, or is refused", (opcode, operands) => {
    const { starts, indices } = map;
    const table = [...starts, ...indices];
    for (const k of [1, 2]) {
      expect(statusOf(opcode, operands, k, table)).toEqual([]);
      for (const wrong of [
        table.with(-1, 4),
        table.with(-1, -1),
        table.with(3, 7),
        table.with(0, 3),
      ])
        expect(statusOf(opcode, operands, k, wrong)).toEqual([TABLE_RANGE, k]);
      expect(statusOf(opcode, operands, k, starts.slice(1))[0]).toBe(BAD_OPERAND);
    }
  });

  test.each(["scalar", "simd"] as const)(
    "%s: whatever they hold, the result alone changes",
    (flavour) => {
      const words = [0, 0, 1, 1, 2, 2, 3, 3, 4, 6, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), -1];
      const any = (n: number) => Array.from(random.labels(n, words.length), (i) => words[i]!);
      for (const [opcode, operands] of instructions) {
        const { arenaBytes } = singleInstruction(opcode, operands, attributes);
        const core = new GuardedCore(arenaBytes, 1, flavour);
        for (let round = 0; round < 200; round++) {
          const k = 1 + (round & 1);
          const forged = operands.map((one, i) => (i === k ? { ...one, data: any(one.c0!) } : one));
          const program = singleInstruction(opcode, forged, attributes);
          expect(touchesItsOwn(core, opcode, program)).toBe(true);
        }
      }
    },
  );
});
