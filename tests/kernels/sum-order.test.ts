import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { SIZES } from "../helpers/core-against-vm.js";
import { chain, lanes, times } from "../helpers/f32-order.js";
import { TestRandom } from "../helpers/random.js";
import { given, range, runInstruction as run } from "../helpers/run-instruction.js";

const random = new TestRandom(81);

describe.each(["scalar", "simd"] as const)("the order of sums, %s", (flavour) => {
  test.each([1, 4, 255, 256, 257, 512, 514, 700])("gemm, k = %i: blocks of 256, bias last", (k) => {
    for (const [m, n] of [
      [1, 1],
      [1, 9],
      [4, 8],
      [5, 9],
      [3, 4],
      [7, 2],
    ] as const) {
      const [a, b, bias] = [random.array(m * k), random.array(k * n), random.array(n)];
      const c = { c0: m * n };
      const each = (term: (i: number, j: number, p: number) => number, withBias = false) =>
        range(m * n).map((at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          return chain(
            range(k).map((p) => term(i, j, p)),
            withBias ? bias[j] : undefined,
          );
        });
      const nn = (i: number, j: number, p: number) => times(a[i * k + p]!, b[p * n + j]!);
      const nt = (i: number, j: number, p: number) => times(a[i * k + p]!, b[j * k + p]!);
      const tn = (i: number, j: number, p: number) => times(a[p * m + i]!, b[p * n + j]!);
      const [left, right] = [given(a), given(b)];
      expect(run(flavour, op.GEMM_NN, [left, right, c], [n, k])).toEqual(each(nn));
      expect(run(flavour, op.GEMM_NT, [left, right, c], [n, k])).toEqual(each(nt));
      expect(run(flavour, op.GEMM_TN, [left, right, c], [m, n])).toEqual(each(tn));
      const withBias = [left, right, given(bias), c];
      expect(run(flavour, op.GEMM_NN_BIAS, withBias, [n, k])).toEqual(each(nn, true));
      expect(run(flavour, op.GEMM_NT_BIAS, withBias, [n, k])).toEqual(each(nt, true));
    }
  });

  test.each([1, 256, 257, 600])("columnSum of %i rows", (rows) => {
    for (const n of [1, 4, 9, 17]) {
      const x = random.array(rows * n);
      const expected = range(n).map((j) => chain(range(rows).map((row) => x[row * n + j])));
      expect(run(flavour, op.COLUMN_SUM, [given(x), { c0: n }], [n])).toEqual(expected);
    }
  });

  test("broadcastSum over two axes of 17 × 33", () => {
    for (const n of [1, 5, 8]) {
      const x = random.array(17 * 33 * n);
      const expected = range(n).map((j) => chain(range(17 * 33).map((row) => x[row * n + j])));
      const operands = [given(x), { c0: n }];
      expect(run(flavour, op.BROADCAST_SUM, operands, [17, 33, n, 0, 0, 0, 1])).toEqual(expected);
    }
  });

  test.each([...SIZES, 1000])("mean, squareSum and mse of %i in four lanes", (n) => {
    const [x, target] = [random.array(n), random.array(n)];
    const one = { c0: 1 };
    const squares = [...x].map((value) => times(value, value));
    const distances = [...x].map((value, i) => Math.fround(value - target[i]!));
    const mse = Math.fround(lanes(distances.map((d) => times(d, d))) / n);
    expect(run(flavour, op.MEAN, [given(x), one])).toEqual([Math.fround(lanes([...x]) / n)]);
    expect(run(flavour, op.SQUARE_SUM, [given(x), one])).toEqual([lanes(squares)]);
    expect(run(flavour, op.MSE, [given(x), given(target), one])).toEqual([mse]);
  });
});
