import { SOFTMAX } from "../../../assembly/abi/opcodes.js";
import type { Rule } from "./rule.js";

/** y = softmax(x) over the last axis. Only as a model's end: cross-entropy takes its input instead. */
export const softmax: Rule<"Softmax"> = {
  forward(node, b) {
    const shape = b.shapeOf(node.inputs[0]!);
    const axis = node.attributes.axis;
    if (axis !== -1 && axis !== shape.length - 1) b.refuse(node, `Softmax over axis ${axis}`);
    const x = b.tensorOf(node.inputs[0]!);
    b.emit(SOFTMAX, [x, b.define(node.outputs[0]!)], [shape.at(-1) as number]);
  },
  backward(node, b) {
    b.refuse(
      node,
      "no gradient passes through Softmax; it is supported as a model's end with cross-entropy",
      "Use --loss cross-entropy, or freeze what lies before it.",
    );
  },
};
