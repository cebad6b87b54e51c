import { describe, expect, test } from "vitest";
import { SEPARABLE } from "../../assembly/abi/opcodes.js";
import { TABLE_RANGE } from "../../assembly/abi/status.js";
import { type AxisMap, axisMap, gatherMap, transposedMap } from "../../src/autodiff/axis-map.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { expectAsVm, MODERATE, SPECIAL } from "../helpers/core-against-vm.js";
import { GuardedCore } from "../helpers/guarded-core.js";
import { TestRandom } from "../helpers/random.js";
import { type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { touchesItsOwn } from "../helpers/touches-its-own.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(47);

/** Tables and weights of a pair of maps, as operands 1 to 4. */
function tablesOf(rows: AxisMap, columns: AxisMap): OperandSpec[] {
  const maps = [rows, columns];
  const tables = maps.map(({ starts, indices }): OperandSpec => {
    const data = [...starts, ...indices];
    return { c0: data.length, type: "i32", data };
  });
  return [...tables, ...maps.map(({ weights }) => ({ c0: weights.length, data: weights }))];
}

function attributesOf(rows: AxisMap, columns: AxisMap, inner: number): number[] {
  return [rows.inSize, columns.inSize, rows.outSize, columns.outSize, inner];
}

/** Up to three entries for each output, none for some. */
function randomMap(inSize: number, outSize: number): AxisMap {
  const outputs = Array.from({ length: outSize }, (_, i) => {
    const count = i === 0 ? 1 : random.labels(1, 4)[0]!;
    const indices = random.labels(count, inSize);
    return Array.from(indices, (index) => [index, random.array(1)[0]!] as const);
  });
  return axisMap(inSize, outputs);
}

describe("separable", () => {
  test.each(Array.from({ length: 17 }, (_, i) => i + 1))("%i innermost numbers", (inner) => {
    for (const [inHeight, inWidth, outHeight, outWidth] of [
      [5, 4, 3, 6],
      [1, 7, 1, 2],
      [6, 1, 9, 1],
      [1, 1, 1, 1],
    ] as const) {
      const [rows, columns] = [randomMap(inHeight, outHeight), randomMap(inWidth, outWidth)];
      const forward = [inHeight * inWidth * inner, outHeight * outWidth * inner] as const;
      for (const [maps, [from, to]] of [
        [[rows, columns], forward],
        [[transposedMap(rows), transposedMap(columns)], forward.toReversed()],
      ] as [[AxisMap, AxisMap], [number, number]][]) {
        const x = { c1: from, data: random.array(3 * from) };
        expectAsVm({
          opcode: SEPARABLE,
          operands: [x, ...tablesOf(...maps), { c1: to }],
          attributes: attributesOf(...maps, inner),
          batch: 2,
          planned: 3,
          tolerance: TOLERANCES.f32Reduction,
        });
      }
    }
  });

  test("one entry of weight 1 moves every number as it is, and none makes 0", () => {
    const n = SPECIAL.length;
    const reversed = gatherMap(
      n,
      Array.from(SPECIAL, (_, i) => n - 1 - i),
    );
    const none = { ...reversed, outSize: n + 1, starts: [...reversed.starts, n] };
    const operands = [
      { c0: n, data: SPECIAL },
      ...tablesOf(gatherMap(1, [0]), none),
      { c0: n + 1 },
    ];
    const attributes = [1, n, 1, n + 1, 1];
    expectAsVm({ opcode: SEPARABLE, operands, attributes, tolerance: 0 });
    const { bytes, operands: placed } = singleInstruction(SEPARABLE, operands, attributes);
    for (const flavour of ["scalar", "simd"] as const) {
      const core = Core.load(bytes, flavour);
      core.execute(0, 1);
      const found = [...core.floats(placed.at(-1)!.offset, n + 1)];
      expect(found).toEqual([...Float32Array.from([...SPECIAL.toReversed(), 0])]);
    }
  });

  test("special numbers in sums", () => {
    const n = MODERATE.length;
    const pairs = Array.from(MODERATE, (_, i) =>
      Array.from(MODERATE, (_, j) => [[i, 0.5] as const, [j, i === j ? 0 : -2] as const]),
    );
    const columns = axisMap(n, pairs.flat());
    for (const inner of [1, 4]) {
      const data = MODERATE.flatMap((value) => new Array<number>(inner).fill(value));
      expectAsVm({
        opcode: SEPARABLE,
        operands: [
          { c0: data.length, data },
          ...tablesOf(gatherMap(1, [0]), columns),
          { c0: columns.outSize * inner },
        ],
        attributes: attributesOf(gatherMap(1, [0]), columns, inner),
        tolerance: TOLERANCES.f32Elementwise,
      });
    }
  });
});

describe("a table that is wrong stops the run", () => {
  const map = gatherMap(4, [3, 2, 1]);
  const operands = [{ c0: 16 * 4 }, ...tablesOf(map, map), { c0: 9 * 4 }];
  const attributes = attributesOf(map, map, 4);

  const statusOf = (k: number, data: readonly number[]) => {
    const forged = operands.map((one, i) => (i === k ? { ...one, data } : one));
    const core = Core.load(singleInstruction(SEPARABLE, forged, attributes).bytes, "scalar");
    try {
      core.execute(0, 1);
      return [];
    } catch (error) {
      if (error instanceof CoreRefusal) return [error.place.status, error.place.detail];
      throw error;
    }
  };

  test.each([
    ["an index past the end", [0, 1, 2, 3, 3, 4, 1]],
    ["a negative index", [0, 1, 2, 3, 3, -1, 1]],
    ["an index past the end that no list has", [0, 1, 2, 2, 3, 2, 4]],
    ["starts that descend", [0, 2, 1, 3, 3, 2, 1]],
    ["a start past the entries", [0, 1, 2, 4, 3, 2, 1]],
    ["a negative start", [-1, 1, 2, 3, 3, 2, 1]],
  ])("%s", (_, data) => {
    for (const k of [1, 2]) expect(statusOf(k, data)).toEqual([TABLE_RANGE, k]);
  });

  test("lists may leave entries out", () => {
    expect(statusOf(1, [1, 1, 2, 2, 3, 2, 1])).toEqual([]);
  });

  test.each(["scalar", "simd"] as const)(
    "%s: whatever the tables hold, y alone changes",
    (flavour) => {
      const words = [0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), -1];
      const any = (n: number) => Array.from(random.labels(n, words.length), (i) => words[i]!);
      const core = new GuardedCore(
        singleInstruction(SEPARABLE, operands, attributes).arenaBytes,
        1,
        flavour,
      );
      for (let round = 0; round < 200; round++) {
        const forged = operands.map((one, k) =>
          k === 1 + (round & 1) ? { ...one, data: any(7) } : one,
        );
        const program = singleInstruction(SEPARABLE, forged, attributes);
        expect(touchesItsOwn(core, SEPARABLE, program)).toBe(true);
      }
    },
  );
});
