import {
  GEMM_NN,
  GEMM_NN_BIAS,
  GEMM_NT,
  GEMM_NT_BIAS,
  GEMM_TN,
} from "../../../assembly/abi/opcodes.js";
import type { Node, Shape } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Tensor } from "../training-graph.js";
import type { Rule } from "./rule.js";

/** y = x·w for x [rows…, k] and a matrix w [k, n]. */
export const matMul: Rule<"MatMul"> = {
  forward(node, b) {
    const product = productOf(node, b, false);
    emitProduct(b, product, b.define(node.outputs[0]!));
  },
  backward(node, b) {
    emitProductBackward(b, productOf(node, b, false), b.gradientOf(node.outputs[0]!));
  },
};

/** A matrix product of rows with a weight: y[m,n] = x[m,k]·w, where w is [k,n], or [n,k] if transposed. */
export interface Product {
  readonly x: string;
  readonly w: string;
  readonly transposed: boolean;
  readonly n: number;
  readonly k: number;
}

export function productOf(node: Node, b: ProcedureBuilder, transposed: boolean): Product {
  const [x, w] = node.inputs as [string, string];
  const [xShape, wShape] = [b.shapeOf(x), b.shapeOf(w)];
  if (wShape[0] === "N") {
    b.refuse(node, "the right factor depends on the input; only a constant matrix is supported");
  }
  if (xShape.length < 2 || wShape.length > 2) {
    b.refuse(node, `a product of ${xShape.length} by ${wShape.length} axes`);
  }
  const [rows, columns] = [wShape[0] as number, (wShape[1] ?? 1) as number];
  const [n, k] = transposed ? [rows, columns] : [columns, rows];
  return { x, w, transposed, n, k };
}

export function emitProduct(b: ProcedureBuilder, product: Product, y: Tensor, bias?: Tensor): void {
  const { x, w, transposed, n, k } = product;
  const factors = [b.tensorOf(x), b.tensorOf(w)];
  if (bias) b.emit(transposed ? GEMM_NT_BIAS : GEMM_NN_BIAS, [...factors, bias, y], [n, k]);
  else b.emit(transposed ? GEMM_NT : GEMM_NN, [...factors, y], [n, k]);
}

/** dw = xᵀ·dy (or its transpose), then dx = dy·wᵀ: x may be dead before dx is born. */
export function emitProductBackward(b: ProcedureBuilder, product: Product, dy: Tensor): void {
  const { x, w, transposed, n, k } = product;
  b.backward(w, (dw) => {
    if (transposed) b.emit(GEMM_TN, [dy, b.tensorOf(x), dw], [n, k]);
    else b.emit(GEMM_TN, [b.tensorOf(x), dy, dw], [k, n]);
  });
  b.backward(x, (dx) => {
    b.emit(transposed ? GEMM_NN : GEMM_NT, [dy, b.tensorOf(w), dx], [k, n]);
  });
}

/** A vector over the last axis: [n], [1, n] … */
export function isRowVector(shape: Shape, n: number): boolean {
  return shape.at(-1) === n && shape.slice(0, -1).every((dim) => dim === 1);
}
