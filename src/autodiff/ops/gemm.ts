import { BINARY_ADD } from "../../../assembly/abi/functions.js";
import { COLUMN_SUM } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { sameShape } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Tensor } from "../training-graph.js";
import { emitBinary, emitBroadcastSum, emitScale, scaled } from "./broadcast.js";
import { emitProduct, emitProductBackward, isRowVector, productOf } from "./matmul.js";
import type { Rule } from "./rule.js";

/** y = alpha·x·w + beta·c. With alpha 1 and c a vector the bias is added in the product's store. */
export const gemm: Rule<"Gemm"> = {
  forward(node, b) {
    const { alpha, beta, transB } = node.attributes;
    const out = node.outputs[0]!;
    const [outShape, c] = [b.shapeOf(out), biasOf(node)];
    const product = productOf(node, b, transB);
    const y = b.define(out);
    if (!c) {
      const raw = alpha === 1 ? y : b.temporary(`${out} (product)`, "scratch", y);
      emitProduct(b, product, raw);
      if (raw !== y) emitScale(b, raw, y, alpha);
      return;
    }
    const bias = scaled(b, b.tensorOf(c), beta);
    if (alpha === 1 && isRowVector(b.shapeOf(c), product.n)) {
      emitProduct(b, product, y, bias);
      return;
    }
    const unbiased = b.temporary(`${out} (unbiased)`, "scratch", y);
    emitProduct(b, product, unbiased);
    const terms = [
      { tensor: scaled(b, unbiased, alpha), shape: outShape },
      { tensor: bias, shape: b.shapeOf(c) },
    ] as const;
    emitBinary(b, BINARY_ADD, ...terms, { tensor: y, shape: outShape });
  },

  backward(node, b) {
    const { alpha, beta, transB } = node.attributes;
    const dy = b.gradientOf(node.outputs[0]!);
    const c = biasOf(node);
    if (c) backwardOfBias(node, b, c, dy, beta);
    const product = productOf(node, b, transB);
    if (!b.needsGradient(product.x) && !b.needsGradient(product.w)) return;
    emitProductBackward(b, product, scaled(b, dy, alpha));
  },
};

function backwardOfBias(
  node: NodeOf<"Gemm">,
  b: ProcedureBuilder,
  c: string,
  dy: Tensor,
  beta: number,
): void {
  if (!b.needsGradient(c)) return;
  const [shape, out] = [b.shapeOf(c), b.shapeOf(node.outputs[0]!)];
  if (sameShape(shape, out)) {
    b.contribute(c, scaled(b, dy, beta));
    return;
  }
  const sum = b.newGradient(c);
  if (isRowVector(shape, out.at(-1) as number)) b.emit(COLUMN_SUM, [dy, sum], [sum.c0]);
  else emitBroadcastSum(b, { tensor: dy, shape: out }, { tensor: sum, shape });
  b.contribute(c, scaled(b, sum, beta));
}

function biasOf(node: NodeOf<"Gemm">): string | undefined {
  return node.inputs[2] && node.attributes.beta !== 0 ? node.inputs[2] : undefined;
}
