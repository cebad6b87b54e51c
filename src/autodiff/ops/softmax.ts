import {
  LOG_SOFTMAX,
  LOG_SOFTMAX_BACKWARD,
  SOFTMAX,
  SOFTMAX_BACKWARD,
} from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { normalAxis } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Rule } from "./rule.js";

type Op = "Softmax" | "LogSoftmax";

/** y = softmax(x) over the last axis, or its logarithm, with a gradient that needs only y. */
function rule(forward: number, backward: number): Rule<Op> {
  return {
    forward(node, b) {
      const x = b.tensorOf(node.inputs[0]!);
      b.emit(forward, [x, b.define(node.outputs[0]!)], [sizeOf(node, b)]);
    },
    backward(node, b) {
      const [y, dy] = [b.tensorOf(node.outputs[0]!), b.gradientOf(node.outputs[0]!)];
      b.backward(node.inputs[0]!, (dx) => b.emit(backward, [y, dy, dx], [sizeOf(node, b)]));
    },
  };
}

export const softmax = rule(SOFTMAX, SOFTMAX_BACKWARD);
export const logSoftmax = rule(LOG_SOFTMAX, LOG_SOFTMAX_BACKWARD);

/** Elements of the axis. The importer brings it to the end, so that they lie side by side. */
function sizeOf(node: NodeOf<Op>, b: ProcedureBuilder): number {
  const shape = b.shapeOf(node.inputs[0]!);
  const axis = normalAxis(node.attributes.axis, shape.length)!;
  if (shape.slice(axis + 1).some((dim) => dim !== 1)) {
    b.refuse(node, `it is along axis ${axis} of ${shape.length}, and only the last is supported`);
  }
  return shape[axis] as number;
}
