import { ADD, BROADCAST_ADD, BROADCAST_SUM, COLUMN_SUM } from "../../../assembly/abi/opcodes.js";
import type { NodeOf, Shape } from "../../graph/graph.js";
import { sameShape } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { broadcastStrides, toFourAxes } from "../strides.js";
import type { Tensor } from "../training-graph.js";
import type { Rule } from "./rule.js";

/** y = a + b, broadcast as in ONNX. */
export const add: Rule<"Add"> = {
  forward(node, b) {
    const [first, second] = node.inputs as [string, string];
    const operands = [
      { tensor: b.tensorOf(first), shape: b.shapeOf(first) },
      { tensor: b.tensorOf(second), shape: b.shapeOf(second) },
    ] as const;
    emitAdd(b, operands[0], operands[1], b.define(node.outputs[0]!), b.shapeOf(node.outputs[0]!));
  },
  backward(node, b) {
    for (const input of node.inputs) backwardOf(node, input, b);
  },
};

function backwardOf(node: NodeOf<"Add">, input: string, b: ProcedureBuilder): void {
  if (!b.needsGradient(input)) return;
  const dy = b.gradientOf(node.outputs[0]!);
  const [shape, out] = [b.shapeOf(input), b.shapeOf(node.outputs[0]!)];
  if (sameShape(shape, out)) b.contribute(input, dy);
  else b.backward(input, (dx) => emitBroadcastSum(b, dy, out, dx, shape));
}

interface Operand {
  readonly tensor: Tensor;
  readonly shape: Shape;
}

/** y = p + q, by whichever opcode the shapes allow. */
export function emitAdd(b: ProcedureBuilder, p: Operand, q: Operand, y: Tensor, out: Shape): void {
  if (sameShape(p.shape, out) && sameShape(q.shape, out)) {
    b.emit(ADD, [p.tensor, q.tensor, y]);
    return;
  }
  const strides = [broadcastStrides(p.shape, out), broadcastStrides(q.shape, out)];
  const axes = toFourAxes(out, strides, `sum ${y.name}`);
  const attributes = [...axes.sizes, ...axes.strides[0]!, ...axes.strides[1]!];
  b.emit(BROADCAST_ADD, [p.tensor, q.tensor, y], attributes);
}

/** dx = dy summed over the axes along which x was broadcast. */
export function emitBroadcastSum(
  b: ProcedureBuilder,
  dy: Tensor,
  out: Shape,
  dx: Tensor,
  shape: Shape,
): void {
  const axes = toFourAxes(out, [broadcastStrides(shape, out)], `gradient ${dx.name}`);
  const strides = axes.strides[0]!;
  const isRow = strides.slice(0, 3).every((s) => s === 0) && strides[3] === 1;
  if (isRow && axes.sizes[2] === dx.c0) b.emit(COLUMN_SUM, [dy, dx], [dx.c0]);
  else b.emit(BROADCAST_SUM, [dy, dx], [...axes.sizes, ...strides]);
}
