import * as op from "../../assembly/abi/opcodes.js";
import type { Kernel } from "./kernel.js";

/** c[i,j] = Σ_p a(i,p)·b(p,j) + bias[j], the matrices read through index functions. */
function product(
  c: Float64Array,
  m: number,
  n: number,
  k: number,
  a: (i: number, p: number) => number,
  b: (p: number, j: number) => number,
  bias?: Float64Array,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a(i, p) * b(p, j);
      c[i * n + j] = sum + (bias ? bias[j]! : 0);
    }
  }
}

/** a is [m,k]; b is [k,n], or [n,k] if transposed. */
function rowsTimesMatrix(transposed: boolean): Kernel {
  return ({ operands, attributes }) => {
    const [a, b] = operands as [Float64Array, Float64Array];
    const bias = operands.length === 4 ? operands[2] : undefined;
    const [n, k] = attributes as [number, number];
    const atB = (p: number, j: number) => b[transposed ? j * k + p : p * n + j]!;
    product(operands.at(-1)!, a.length / k, n, k, (i, p) => a[i * k + p]!, atB, bias);
  };
}

const gemmTn: Kernel = ({ operands, attributes }) => {
  const [a, b, c] = operands as [Float64Array, Float64Array, Float64Array];
  const [m, n] = attributes as [number, number];
  const k = a.length / m;
  product(
    c,
    m,
    n,
    k,
    (i, p) => a[p * m + i]!,
    (p, j) => b[p * n + j]!,
  );
};

export const gemm: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.GEMM_NN, rowsTimesMatrix(false)],
  [op.GEMM_NT, rowsTimesMatrix(true)],
  [op.GEMM_TN, gemmTn],
  [op.GEMM_NN_BIAS, rowsTimesMatrix(false)],
  [op.GEMM_NT_BIAS, rowsTimesMatrix(true)],
]);
