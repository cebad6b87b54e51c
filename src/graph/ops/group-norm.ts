import type { Shape } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { required, type ShapeRule, shapeError } from "./rule.js";

/**
 * y = (x − mean) / √(variance + epsilon)·scale + bias, mean and variance over the channels of a group and all pixels
 * of one row; a group for each channel is instance-norm. Without scale and bias those are 1 and 0.
 *
 * Shapes: x [N,channels,…sizes], channels last in NHWC; scale and bias [channels] or [numGroups].
 */
export const groupNormalization: ShapeRule<"GroupNormalization"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { numGroups, layout } = node.attributes;
  const channels = x[layout === "NCHW" ? 1 : x.length - 1];
  if (x.length < 2 || typeof channels !== "number") {
    throw shapeError(node, `an input of shape ${formatShape(x)} has no channels`);
  }
  if (numGroups < 1 || channels % numGroups !== 0) {
    throw shapeError(node, `${channels} channels cannot be parted in ${numGroups} groups`);
  }
  const fits = (parameter: Shape) =>
    sameShape(parameter, [channels]) || sameShape(parameter, [numGroups]);
  const isPlain = node.inputs.length === 1;
  for (const [index, name] of isPlain ? [] : (["scale", "bias"] as const).entries()) {
    const parameter = required(node, inputs, index + 1);
    if (fits(parameter)) continue;
    throw shapeError(
      node,
      `${name} of shape ${formatShape(parameter)} does not fit the ${channels} channels of ${formatShape(x)}`,
    );
  }
  return x;
};
