import { BINARY_DIV, BINARY_EQUAL, BINARY_MUL } from "../../../assembly/abi/functions.js";
import { BROADCAST_MAX, BROADCAST_MIN } from "../../../assembly/abi/opcodes.js";
import type { NodeOf, Shape } from "../../graph/graph.js";
import type { ReduceOp } from "../../graph/ops/families.js";
import { keptShape } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import {
  binaryOf,
  emitBroadcastSum,
  emitFold,
  emitScale,
  type Operand,
  operandOf,
  scaled,
} from "./broadcast.js";
import type { Rule } from "./rule.js";

/** y = Σ x along axes, or the mean, whose sum is scaled; dx = dy repeated. */
export const reduceSum: Rule<"ReduceSum" | "ReduceMean"> = {
  forward(node, b) {
    const { x, y } = operandsOf(node, b);
    const factor = factorOf(node, b);
    if (factor === 1) {
      emitBroadcastSum(b, x, { ...y, tensor: b.define(node.outputs[0]!) });
      return;
    }
    const sum = b.scratch(`${node.outputs[0]} (sum)`, y.shape);
    emitBroadcastSum(b, x, { ...y, tensor: sum });
    emitScale(b, sum, b.define(node.outputs[0]!), factor);
  },
  backward(node, b) {
    const { x, y } = operandsOf(node, b);
    const dy = scaled(b, b.gradientOf(node.outputs[0]!), factorOf(node, b));
    b.contributeRepeated(node.inputs[0]!, { small: { ...y, tensor: dy }, whole: x.shape });
  },
};

/** y = the largest or smallest of x along axes; dy goes in equal parts to all that are it, as in torch.amax. */
export const reduceMax: Rule<"ReduceMax" | "ReduceMin"> = {
  forward(node, b) {
    const { x, y } = operandsOf(node, b);
    const opcode = node.op === "ReduceMax" ? BROADCAST_MAX : BROADCAST_MIN;
    emitFold(b, opcode, x, { ...y, tensor: b.define(node.outputs[0]!) });
  },
  backward(node, b) {
    if (!b.needsGradient(node.inputs[0]!)) return;
    const out = node.outputs[0]!;
    const { x, y: kept } = operandsOf(node, b);
    const y = { ...kept, tensor: b.tensorOf(out) };
    const isIt = binaryOf(b, BINARY_EQUAL, x, y);
    const count = { ...kept, tensor: b.temporary(`ties of ${out}`, "gradients", y.tensor) };
    emitBroadcastSum(b, isIt, count);
    const part = binaryOf(b, BINARY_DIV, { ...kept, tensor: b.gradientOf(out) }, count);
    b.contribute(node.inputs[0]!, binaryOf(b, BINARY_MUL, isIt, part).tensor);
  },
};

/** x, and the shape of y with the axes kept, over which it broadcasts to x. */
function operandsOf(
  node: NodeOf<ReduceOp>,
  b: ProcedureBuilder,
): { readonly x: Operand; readonly y: { readonly shape: Shape } } {
  const x = operandOf(b, node.inputs[0]!);
  return { x, y: { shape: keptShape(x.shape, node.attributes.axes) } };
}

/** What the sum is multiplied by. */
function factorOf(node: NodeOf<ReduceOp>, b: ProcedureBuilder): number {
  if (node.op === "ReduceSum") return 1;
  const shape = b.shapeOf(node.inputs[0]!);
  return 1 / node.attributes.axes.reduce((count, axis) => count * (shape[axis] as number), 1);
}
