import type { NodeOf, OpName, Shape } from "../graph.js";
import { formatShape, normalAxis, sameShape } from "../shape.js";
import { batchError, required, type ShapeRule, shapeError } from "./rule.js";

/** y = exp(x) / Σ exp(x) along one axis, or its logarithm. */
export const softmax: ShapeRule<"Softmax" | "LogSoftmax"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  if (x[axisOf(node, node.attributes.axis, x)] === "N") {
    throw batchError(node, x, "a softmax over the rows");
  }
  return x;
};

/** y = (x − mean) / √(variance + epsilon)·scale + bias over all axes from `axis` on. */
export const layerNormalization: ShapeRule<"LayerNormalization"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const axes = x.slice(axisOf(node, node.attributes.axis, x));
  if (axes[0] === "N") throw batchError(node, x, "a normalization over the rows");
  for (const [index, name] of [
    [1, "scale"],
    [2, "bias"],
  ] as const) {
    const parameter = index === 1 ? required(node, inputs, 1) : inputs[2];
    if (parameter !== undefined && !sameShape(parameter, axes)) {
      throw shapeError(
        node,
        `${name} of shape ${formatShape(parameter)} does not fit the axes ${formatShape(axes)} of ${formatShape(x)}`,
      );
    }
  }
  return x;
};

function axisOf(node: NodeOf<OpName>, axis: number, x: Shape): number {
  const normal = normalAxis(axis, x.length);
  if (normal !== undefined) return normal;
  throw shapeError(node, `axis ${axis} of an input of shape ${formatShape(x)}`);
}
