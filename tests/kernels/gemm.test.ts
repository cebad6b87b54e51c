import { describe, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { expectAsVm, SIZES } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(31);
const filled = (n: number) => ({ c0: n, data: random.array(n) });

/** Lengths of the summed axis: one block of 256, one more, two blocks and a bit. */
const DEPTHS = [...SIZES, 256, 514];

interface Kernel {
  readonly name: string;
  readonly opcode: number;
  readonly bias?: boolean;
  readonly transposed?: boolean;
}

const kernels: readonly Kernel[] = [
  { name: "NN", opcode: op.GEMM_NN },
  { name: "NT", opcode: op.GEMM_NT },
  { name: "TN", opcode: op.GEMM_TN, transposed: true },
  { name: "NN with bias", opcode: op.GEMM_NN_BIAS, bias: true },
  { name: "NT with bias", opcode: op.GEMM_NT_BIAS, bias: true },
];

function expectProduct(
  { opcode, bias = false, transposed = false }: Kernel,
  m: number,
  n: number,
  k: number,
): void {
  expectAsVm({
    opcode,
    operands: [filled(m * k), filled(k * n), ...(bias ? [filled(n)] : []), { c0: m * n }],
    attributes: transposed ? [m, n] : [n, k],
    tolerance: TOLERANCES.f32Reduction,
  });
}

describe.each(kernels)("gemm $name", (kernel) => {
  // The depth runs through all of DEPTHS as m and n run through their sizes.
  test.each(SIZES)("m = %i, every n, depths in turn", (m) => {
    for (const [j, n] of SIZES.entries()) {
      const k = DEPTHS[(j + SIZES.indexOf(m)) % DEPTHS.length]!;
      expectProduct(kernel, m, n, k);
    }
  });

  test.each(DEPTHS)("k = %i, tiles whole, short by one and over by one", (k) => {
    for (const m of [1, 3, 4, 5, 8, 9])
      for (const n of [1, 4, 7, 8, 9, 33]) expectProduct(kernel, m, n, k);
  });

  test("a batch of 3 in a program planned for 8", () => {
    const [rows, n, k] = [8, 9, 5];
    const a = {
      c1: kernel.transposed ? 9 : k,
      data: random.array(rows * (kernel.transposed ? 9 : k)),
    };
    const operands = kernel.transposed
      ? [a, { c1: n, data: random.array(rows * n) }, { c0: 9 * n }]
      : [a, filled(k * n), ...(kernel.bias ? [filled(n)] : []), { c1: n }];
    expectAsVm({
      opcode: kernel.opcode,
      operands,
      attributes: kernel.transposed ? [9, n] : [n, k],
      batch: 3,
      planned: rows,
      tolerance: TOLERANCES.f32Reduction,
    });
  });

  test("an infinity and a NaN reach exactly their row and column", () => {
    const [m, n, k] = [5, 9, 7];
    const a = random.array(m * k);
    const b = random.array(k * n);
    a[2] = Number.POSITIVE_INFINITY;
    b[k * n - 1] = Number.NaN;
    expectAsVm({
      opcode: kernel.opcode,
      operands: [
        { c0: m * k, data: a },
        { c0: k * n, data: b },
        ...(kernel.bias ? [filled(n)] : []),
        { c0: m * n },
      ],
      attributes: kernel.transposed ? [m, n] : [n, k],
      tolerance: TOLERANCES.f32Reduction,
    });
  });
});
