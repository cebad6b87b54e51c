import { describe, expect, test } from "vitest";
import { LOSS_HUBER, LOSS_MAE, LOSS_MSE } from "../../assembly/abi/losses.js";
import * as op from "../../assembly/abi/opcodes.js";
import { SIZES } from "../helpers/core-against-vm.js";
import { chain, lanes, times } from "../helpers/f32-order.js";
import { TestRandom } from "../helpers/random.js";
import { given, range, runInstruction as run } from "../helpers/run-instruction.js";
import { f32 } from "../helpers/single-instruction.js";

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

  test.each([...SIZES, 1000])(
    "mean, weightedMean, squareSum and losses of %i in four lanes",
    (n) => {
      const [x, target] = [random.array(n), random.array(n)];
      const one = { c0: 1 };
      const squares = [...x].map((value) => times(value, value));
      const distances = [...x].map((value, i) => Math.fround(value - target[i]!));
      const meanOf = (terms: number[]) => [Math.fround(lanes(terms) / n)];
      expect(run(flavour, op.MEAN, [given(x), one])).toEqual([Math.fround(lanes([...x]) / n)]);
      expect(run(flavour, op.SQUARE_SUM, [given(x), one])).toEqual([lanes(squares)]);
      const loss = (kind: number, parameter = 0) =>
        run(flavour, op.ELEMENT_LOSS, [given(x), given(target), one], [kind, f32(parameter)]);
      const mse = distances.map((d) => times(d, d));
      const sizes = distances.map(Math.abs);
      expect(loss(LOSS_MSE)).toEqual(meanOf(mse));
      expect(loss(LOSS_MAE)).toEqual(meanOf(sizes));
      const huber = sizes.map((d) =>
        d < 0.5 ? times(times(d, d), 0.5) : times(0.5, Math.fround(d - 0.25)),
      );
      expect(loss(LOSS_HUBER, 0.5)).toEqual(meanOf(huber));
      const weights = random.array(n, 0.5, 1);
      const weight = lanes([...weights]);
      const weighted = run(flavour, op.WEIGHTED_MEAN, [given(x), given(weights), one, one]);
      expect(weighted).toEqual([Math.fround(lanes([...x]) / weight)]);
    },
  );

  test.each(SIZES)("soft labels and margins of %i classes in four lanes", (n) => {
    const [t, w] = [random.array(n, 0.5, 0.5), random.array(n, 0.5, 1)];
    const zeros = given(new Float32Array(n));
    const label = { c0: 1, type: "i32", data: [0] } as const;
    const ones = given(new Float32Array(n).fill(1));
    const one = { c0: 1 };
    // Of equal logits each class has the loss log n.
    const [log = 0] = run(
      flavour,
      op.SOFT_CROSS_ENTROPY,
      [zeros, given(new Float32Array(n).fill(0).with(0, 1)), ones, one],
      [n, 0],
    );
    const terms = range(n).map((j) => times(times(w[j]!, t[j]!), log));
    const soft = run(flavour, op.SOFT_CROSS_ENTROPY, [zeros, given(t), given(w), one], [n, 0]);
    expect(soft).toEqual([lanes(terms)]);

    const x = random.array(n);
    const off = Math.fround(1 - x[0]!);
    const margins = range(n).map((j) => (j === 0 ? 0 : Math.max(0, Math.fround(off + x[j]!))));
    const margin = run(flavour, op.MULTI_MARGIN, [given(x), label, one], [n, f32(1)]);
    expect(margin).toEqual([Math.fround(lanes(margins) / n)]);
  });
});
