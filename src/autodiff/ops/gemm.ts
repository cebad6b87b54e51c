import { COLUMN_SUM, SCALE } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { sameShape } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { floatBits, type Tensor } from "../training-graph.js";
import { emitAdd, emitBroadcastSum } from "./add.js";
import { emitProduct, emitProductBackward, isRowVector, productOf } from "./matmul.js";
import type { Rule } from "./rule.js";

/** y = alpha·x·w + beta·c. With alpha 1 and c a vector the bias is added in the product's store. */
export const gemm: Rule<"Gemm"> = {
  forward(node, b) {
    const { alpha, beta, transB } = node.attributes;
    const out = node.outputs[0]!;
    const [outShape, c] = [b.shapeOf(out), biasOf(node, b)];
    const product = productOf(node, b, transB);
    const y = b.define(out);
    if (!c) {
      const raw = alpha === 1 ? y : b.temporary(`${out} (product)`, "scratch", y);
      emitProduct(b, product, raw);
      if (raw !== y) b.emit(SCALE, [raw, y], [floatBits(alpha)]);
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
    emitAdd(b, ...terms, y, outShape);
  },

  backward(node, b) {
    const { alpha, beta, transB } = node.attributes;
    const dy = b.gradientOf(node.outputs[0]!);
    const c = biasOf(node, b);
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
  else emitBroadcastSum(b, dy, out, sum, shape);
  b.contribute(c, scaled(b, sum, beta));
}

function biasOf(node: NodeOf<"Gemm">, b: ProcedureBuilder): string | undefined {
  if (node.attributes.transA) b.refuse(node, "transA of an activation");
  return node.inputs[2] && node.attributes.beta !== 0 ? node.inputs[2] : undefined;
}

/** factor·x in a tensor of its own; x itself if the factor is 1. */
function scaled(b: ProcedureBuilder, x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  const y = b.temporary(`${x.name} (scaled)`, "scratch", x);
  b.emit(SCALE, [x, y], [floatBits(factor)]);
  return y;
}
