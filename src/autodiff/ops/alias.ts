import { PERMUTE } from "../../../assembly/abi/opcodes.js";
import type { NodeOf, OpName } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { rowMajorStrides, toFourAxes } from "../strides.js";
import type { Tensor } from "../training-graph.js";
import type { Rule } from "./rule.js";

/** The same bytes under another name or shape: no instruction, forward or backward. */
export const alias: Rule<"Identity" | "Dropout" | "Flatten" | "Reshape"> = {
  forward(node, b) {
    checkBatch(node, b);
    b.bind(node.outputs[0]!, b.tensorOf(node.inputs[0]!));
  },
  backward(node, b) {
    const x = node.inputs[0]!;
    if (b.needsGradient(x)) b.contribute(x, b.gradientOf(node.outputs[0]!));
  },
};

/** y[i] = x[i permuted by perm]; the batch stays in front. */
export const transpose: Rule<"Transpose"> = {
  forward(node, b) {
    checkBatch(node, b);
    const x = node.inputs[0]!;
    const y = b.define(node.outputs[0]!);
    emitPermute(b, x, node.outputs[0]!, node.attributes.perm, [b.tensorOf(x), y]);
  },
  backward(node, b) {
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const { perm } = node.attributes;
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    b.backward(x, (dx) => emitPermute(b, y, x, inverse, [b.gradientOf(y), dx]));
  },
};

function emitPermute(
  b: ProcedureBuilder,
  from: string,
  to: string,
  perm: readonly number[],
  operands: readonly [Tensor, Tensor],
): void {
  const strides = rowMajorStrides(b.shapeOf(from));
  const order = perm.map((axis) => strides[axis]!);
  const axes = toFourAxes(b.shapeOf(to), [order], `transpose ${to}`);
  b.emit(PERMUTE, operands, [...axes.sizes, ...axes.strides[0]!, 0]);
}

function checkBatch(node: NodeOf<OpName>, b: ProcedureBuilder): void {
  const [x, y] = [
    shapeElements(b.shapeOf(node.inputs[0]!)),
    shapeElements(b.shapeOf(node.outputs[0]!)),
  ];
  if (x.c0 !== y.c0 || x.c1 !== y.c1) b.refuse(node, "it moves the batch from the first axis");
}
