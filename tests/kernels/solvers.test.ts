import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { LABEL_RANGE, SINGULAR } from "../../assembly/abi/status.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { expectAsVm, MODERATE, SIZES } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { f32, type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(124);
const tolerance = TOLERANCES.f32Triangle;
const filled = (n: number): OperandSpec => ({ c0: n, data: random.array(n) });
const scratchOf = (n: number): OperandSpec => ({ c0: 32 * (n + 32), data: random.array(9) });

/** Where a strip of blocks begins and ends, and is missed by one. */
const ROWS = [...SIZES, 32, 63, 64, 65, 100] as const;

/** I + V·Vᵀ / n, so that its condition is moderate. */
function positive(n: number): Float32Array {
  const v = random.array(n * n);
  const a = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 1 : 0;
      for (let p = 0; p < n; p++) sum += (v[i * n + p]! * v[j * n + p]!) / n;
      a[i * n + j] = sum;
    }
  }
  return a;
}

/** A lower triangle with pivots of either sign, none small. */
function triangle(n: number): Float32Array {
  return random.array(n * n).map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    if (i === j) return value < 0 ? value - 1 : value + 1;
    return j < i ? value / n : 0;
  });
}

/** The status and the row that an instruction stops with, in both flavours. */
function stopsWith(
  opcode: number,
  operands: readonly OperandSpec[],
  attributes: readonly number[],
): [status: number, row: number] {
  const { bytes } = singleInstruction(opcode, operands, attributes);
  const [scalar, simd] = (["scalar", "simd"] as const).map((flavour): [number, number] => {
    const core = Core.load(bytes, flavour);
    try {
      core.execute(0, 1);
    } catch (error) {
      if (error instanceof CoreRefusal) return [error.place.status, error.place.detail];
      throw error;
    }
    return [0, 0];
  });
  expect(simd).toEqual(scalar);
  return scalar!;
}

describe("cholesky", () => {
  const opcode = op.CHOLESKY;

  test.each(ROWS)("%i rows, without and with a shift and a floor", (n) => {
    for (const [shift, floor] of [
      [0, 0],
      [0.5, 0],
      [0.1, 0.25],
    ] as const) {
      const operands = [{ c0: n * n, data: positive(n) }, scratchOf(n)];
      const attributes = [n, f32(shift), f32(floor)];
      expectAsVm({ opcode, operands, attributes, scratch: 1, tolerance });
    }
  });

  test("a matrix of rank 1 has a factor with a floor, and none without", () => {
    const n = 40;
    const v = random.array(n, 1, 2);
    const a = Float32Array.from({ length: n * n }, (_, at) => v[at % n]! * v[Math.floor(at / n)]!);
    const operands = [{ c0: n * n, data: a }, scratchOf(n)];
    expect(stopsWith(opcode, operands, [n, 0, f32(2 ** -20)])).toEqual([0, 0]);
    expect(stopsWith(opcode, operands, [n, 0, 0])[0]).toBe(SINGULAR);
  });

  test("what is above the diagonal is not read", () => {
    const n = 70;
    const a = positive(n).map((v, at) => (at % n > Math.floor(at / n) ? Number.NaN : v));
    const operands = [{ c0: n * n, data: a }, scratchOf(n)];
    expectAsVm({ opcode, operands, attributes: [n, 0, 0], scratch: 1, tolerance });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "a pivot of %f stops the run with its row",
    (pivot) => {
      for (const [n, row] of [
        [1, 0],
        [5, 4],
        [40, 31],
        [40, 32],
        [70, 69],
      ] as const) {
        const a = positive(n);
        for (let i = 0; i < n; i++) a[row * n + i] = i === row ? pivot : 0;
        const operands = [{ c0: n * n, data: a }, scratchOf(n)];
        expect(stopsWith(opcode, operands, [n, 0, 0]), `row ${row} of ${n}`).toEqual([
          SINGULAR,
          row,
        ]);
        const vm = new ReferenceVm(singleInstruction(opcode, operands, [n, 0, 0]).bytes);
        expect(() => vm.execute(0)).toThrow(`singular at row ${row}`);
      }
    },
  );
});

describe("triangleInverse", () => {
  const opcode = op.TRIANGLE_INVERSE;
  const operandsOf = (n: number, l: Float32Array, sizes: readonly number[] = []) => {
    return [{ c0: n * n, data: l }, { c0: n, data: sizes }, scratchOf(n)];
  };

  test.each(ROWS)("%i rows", (n) => {
    const operands = operandsOf(n, triangle(n));
    expectAsVm({ opcode, operands, attributes: [n, f32(0)], scratch: 2, tolerance });
  });

  test("a pivot that is small beside its row's size stops the run with the row", () => {
    for (const [n, row] of [
      [2, 1],
      [40, 31],
      [40, 32],
      [70, 69],
    ] as const) {
      const l = triangle(n);
      l[row * n + row] = -1e-6;
      const sizes = Array.from({ length: n }, (_, i) => (i === row ? 0.5 : 0));
      const operands = operandsOf(n, l, sizes);
      expect(stopsWith(opcode, operands, [n, f32(1e-5)])).toEqual([SINGULAR, row]);
      const vm = new ReferenceVm(singleInstruction(opcode, operands, [n, f32(1e-5)]).bytes);
      expect(() => vm.execute(0)).toThrow(`singular at row ${row}`);
      expect(stopsWith(opcode, operands, [n, f32(1e-8)])).toEqual([0, 0]);
    }
  });

  test.each([0, Number.NaN])("a pivot of %f is one, however small the tolerance", (pivot) => {
    const l = triangle(33).fill(pivot, 32 * 33 + 32);
    expect(stopsWith(opcode, operandsOf(33, l), [33, 0])).toEqual([SINGULAR, 32]);
  });

  test("a size that is no number is never small enough", () => {
    const sizes = [1, Number.NaN, 1];
    expect(stopsWith(opcode, operandsOf(3, triangle(3), sizes), [3, 0])).toEqual([SINGULAR, 1]);
  });
});

describe("reluProx", () => {
  const opcode = op.RELU_PROX;
  const gammas = [0, 0.1, 1, 10];

  test.each(SIZES)("%i elements, in place too", (n) => {
    for (const gamma of gammas) {
      const given = { opcode, attributes: [f32(gamma)], tolerance: TOLERANCES.f32Elementwise };
      const [c, v] = [filled(n), filled(n)];
      expectAsVm({ ...given, operands: [c, v, { c0: n }] });
      expectAsVm({ ...given, operands: [c, v, { c0: n, at: 0 }] });
      expectAsVm({ ...given, operands: [c, v, { c0: n, at: 1 }] });
    }
  });

  test("no u of a fine grid does better", () => {
    for (let trial = 0; trial < 50; trial++) {
      const gamma = gammas[trial % gammas.length]!;
      const [c, v] = [filled(1), filled(1)];
      const { bytes, operands } = singleInstruction(opcode, [c, v, { c0: 1 }], [f32(gamma)]);
      const vm = new ReferenceVm(bytes);
      vm.execute(0);
      const cost = (u: number) => {
        return gamma * (v.data![0]! - Math.max(u, 0)) ** 2 + (u - c.data![0]!) ** 2;
      };
      const found = cost(vm.tensor(operands[2]!.tensor)[0]!);
      const grid = Array.from({ length: 4001 }, (_, i) => cost(i / 1000 - 2));
      expect(found).toBeLessThanOrEqual(Math.min(...grid));
    }
  });

  test("special numbers", () => {
    // Where both costs are infinite, or overflow in f32 alone, there is nothing to choose by.
    const finite = MODERATE.filter(Number.isFinite);
    const all = finite.flatMap((a) => finite.map((b) => [a, b] as const));
    const side = (k: 0 | 1) => ({ c0: all.length, data: all.map((pair) => pair[k]) });
    const operands = [side(0), side(1), { c0: all.length }];
    const special = { opcode, operands, attributes: [f32(1)] };
    expectAsVm({ ...special, tolerance: TOLERANCES.f32Elementwise });
  });
});

describe("qrUpdate", () => {
  const opcode = op.QR_UPDATE;
  const transposed = (n: number, l: Float32Array) =>
    l.map((_, at) => l[(at % n) * n + Math.floor(at / n)]!);

  test.each(SIZES)("%i columns, fresh and going on", (n) => {
    for (const [rows, k] of [
      [1, 1],
      [7, 3],
      [40, 10],
    ] as const) {
      const attributes = [n, k];
      const [x, y] = [filled(rows * n), filled(rows * k)];
      const fresh = [x, y, { c0: n * n }, { c0: n * k }];
      expectAsVm({ opcode, operands: fresh, attributes, tolerance });
      const r = { c0: n * n, data: transposed(n, triangle(n)) };
      expectAsVm({ opcode, operands: [x, y, r, filled(n * k)], attributes, tolerance });
    }
  });

  test("zeros are passed over, a batch of 3 in a program planned for 8", () => {
    const [n, k] = [9, 5];
    const x = random.array(8 * n).map((v) => (v < 0 ? 0 : v));
    const operands = [
      { c1: n, data: x },
      { c1: k, data: random.array(8 * k) },
      { c0: n * n },
      { c0: n * k },
    ];
    expectAsVm({ opcode, operands, attributes: [n, k], batch: 3, planned: 8, tolerance });
  });
});

describe("oneHot", () => {
  test.each(SIZES)("%i classes", (classes) => {
    const labels: OperandSpec = { c0: 6, type: "i32", data: random.labels(6, classes) };
    const operands = [labels, { c0: 6 * classes }];
    expectAsVm({ opcode: op.ONE_HOT, operands, attributes: [classes], tolerance: 0 });
  });

  test.each([8, -1])("label %i of 8 classes stops the run with its row", (label) => {
    const labels: OperandSpec = { c0: 3, type: "i32", data: [0, 7, label] };
    expect(stopsWith(op.ONE_HOT, [labels, { c0: 24 }], [8])).toEqual([LABEL_RANGE, 2]);
  });
});
