import type { NodeOf, OpName } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Rule } from "./rule.js";

/** The same bytes under another name or shape: no instruction, forward or backward. */
export const alias: Rule<"Identity" | "Dropout" | "Flatten" | "Reshape"> = {
  forward(node, b) {
    checkBatch(node, b);
    b.bind(node.outputs[0]!, b.tensorOf(node.inputs[0]!));
  },
  backward(node, b) {
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const repeated = b.repeatedGradientOf(y);
    if (repeated) b.contributeRepeated(x, repeated);
    else if (b.needsGradient(x)) b.contribute(x, b.gradientOf(y));
  },
};

function checkBatch(node: NodeOf<OpName>, b: ProcedureBuilder): void {
  const [x, y] = [
    shapeElements(b.shapeOf(node.inputs[0]!)),
    shapeElements(b.shapeOf(node.outputs[0]!)),
  ];
  if (x.c0 !== y.c0 || x.c1 !== y.c1) b.refuse(node, "it moves the batch from the first axis");
}
