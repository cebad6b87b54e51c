import type { NodeOf } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { alongAxis, emitPlace, emitRead } from "../regions.js";
import { emitBroadcastSum, emitExpand, operandOf } from "./broadcast.js";
import type { Rule } from "./rule.js";

/** y = the inputs one behind the other; each has its part of dy. */
export const concat: Rule<"Concat"> = {
  forward(node, b) {
    const parts = partsOf(node, b);
    const out = node.outputs[0]!;
    const y = b.define(out);
    for (const { input, region } of parts) {
      emitPlace(b, b.tensorOf(input), y, b.shapeOf(out), region);
    }
  },
  backward(node, b) {
    const out = node.outputs[0]!;
    for (const { input, region } of partsOf(node, b)) {
      b.backward(input, (dx) => emitRead(b, b.gradientOf(out), b.shapeOf(out), region, dx));
    }
  },
};

/** Each input with the region of the output that it is. */
function partsOf({ inputs, attributes: { axis } }: NodeOf<"Concat">, b: ProcedureBuilder) {
  let start = 0;
  return inputs.map((input) => {
    const shape = b.shapeOf(input);
    const size = shape[axis] as number;
    const region = alongAxis(shape, axis, start, size);
    start += size;
    return { input, region };
  });
}

/** y = a region of x; dy is a share of dx there. */
export const slice: Rule<"Slice"> = {
  forward(node, b) {
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    emitRead(b, b.tensorOf(x), b.shapeOf(x), node.attributes, b.define(y));
  },
  backward(node, b) {
    const x = node.inputs[0]!;
    if (!b.needsGradient(x)) return;
    b.contributeRegion(x, b.gradientOf(node.outputs[0]!), node.attributes);
  },
};

/** y = x repeated; dx = dy summed over what was repeated. */
export const expand: Rule<"Expand"> = {
  forward(node, b) {
    const y = node.outputs[0]!;
    const x = operandOf(b, node.inputs[0]!);
    emitExpand(b, x, { tensor: b.define(y), shape: b.shapeOf(y) });
  },
  backward(node, b) {
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const dy = { tensor: b.gradientOf(y), shape: b.shapeOf(y) };
    b.backward(x, (dx) => emitBroadcastSum(b, dy, { tensor: dx, shape: b.shapeOf(x) }));
  },
};
