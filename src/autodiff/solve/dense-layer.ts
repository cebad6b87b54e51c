import { GEMM_NN, GEMM_NN_BIAS, GEMM_NT, GEMM_NT_BIAS } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { isRowVector, productOf } from "../ops/matmul.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Matrices, Operand } from "./matrices.js";

export type DenseNode = NodeOf<"Gemm"> | NodeOf<"MatMul">;

/** u = v·W + b, in algebra that does not ask whether W lies [inputs, outputs] or [outputs, inputs]. */
export class DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly w: Operand;
  readonly bias: Operand | undefined;
  /** [outputs, inputs] */
  private readonly transposed: boolean;

  /** @param solver what refuses a layer of another kind */
  constructor(
    readonly node: DenseNode,
    b: ProcedureBuilder,
    solver: string,
  ) {
    const { transB, alpha, beta } =
      node.op === "Gemm" ? node.attributes : { transB: false, alpha: 1, beta: 1 };
    const product = productOf(node, b, transB);
    this.transposed = transB;
    this.inputs = product.k;
    this.outputs = product.n;
    const shape = transB ? [product.n, product.k] : [product.k, product.n];
    this.w = { tensor: b.tensorOf(product.w), shape };
    const c = node.op === "Gemm" ? node.inputs[2] : undefined;
    if (c) this.bias = { tensor: b.tensorOf(c), shape: [1, product.n] };
    const isPlain = alpha === 1 && beta === 1 && (!c || isRowVector(b.shapeOf(c), product.n));
    if (b.shapeOf(product.x).length !== 2 || !isPlain) {
      b.refuse(node, `${solver} takes y = x·w + b of a matrix and a bias a column, and no other`);
    }
  }

  /** v·W + b. */
  forward(m: Matrices, v: Operand): Operand {
    const u = m.fresh(`${this.name} fit`, [v.shape[0]!, this.outputs]);
    const factors = [v.tensor, this.w.tensor];
    const sizes = [this.outputs, this.inputs];
    if (this.bias) {
      const opcode = this.transposed ? GEMM_NT_BIAS : GEMM_NN_BIAS;
      m.b.emit(opcode, [...factors, this.bias.tensor, u.tensor], sizes);
    } else m.b.emit(this.transposed ? GEMM_NT : GEMM_NN, [...factors, u.tensor], sizes);
    return u;
  }

  /** r·Wᵀ for rows r of outputs. */
  back(m: Matrices, r: Operand): Operand {
    return m.times(`${this.name} back`, r, this.w, this.transposed ? "nn" : "nt");
  }

  /** W·Wᵀ, [inputs, inputs]. */
  gram(m: Matrices): Operand {
    return m.times(`${this.name} weight gram`, this.w, this.w, this.transposed ? "tn" : "nt");
  }

  /** vᵀ·r, laid out as W. */
  correlation(m: Matrices, v: Operand, r: Operand): Operand {
    const name = `${this.name} correlation`;
    return this.transposed ? m.times(name, r, v, "tn") : m.times(name, v, r, "tn");
  }

  /** a·d for a symmetric a [inputs, inputs] and a d that is laid out as W. */
  timesSymmetric(m: Matrices, name: string, a: Operand, d: Operand): Operand {
    return this.transposed ? m.times(name, d, a) : m.times(name, a, d);
  }

  /** L⁻ᵀ·L⁻¹·d for a d that is laid out as W. */
  solve(m: Matrices, inverse: Operand, d: Operand): Operand {
    const [half, whole] = [`${this.name} half solved`, `${this.name} step`];
    if (this.transposed) return m.times(whole, m.times(half, d, inverse, "nt"), inverse);
    return m.times(whole, inverse, m.times(half, inverse, d), "tn");
  }

  /** row·d for a row of inputs and a d that is laid out as W. */
  applied(m: Matrices, name: string, row: Operand, d: Operand): Operand {
    return m.times(name, row, d, this.transposed ? "nt" : "nn");
  }

  private get name(): string {
    return this.node.name || this.node.outputs[0]!;
  }
}
