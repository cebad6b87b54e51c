import type { NodeOf, Shape } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { required, type ShapeRule, shapeError } from "./rule.js";

/**
 * y = x ∗ w + b, two-dimensional.
 *
 * Shapes: NCHW: x [N,channels,height,width], w [outChannels,channels/group,kernelH,kernelW];
 * NHWC: x [N,height,width,channels], w [kernelH,kernelW,channels/group,outChannels]. b [outChannels].
 */
export const conv: ShapeRule<"Conv"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const w = required(node, inputs, 1);
  const { layout, group, kernelShape } = node.attributes;
  if (x.length !== 4 || w.length !== 4) {
    throw shapeError(
      node,
      `only 2-D convolution is supported, not input ${formatShape(x)} with weight ${formatShape(w)}`,
    );
  }
  const nchw = layout === "NCHW";
  const channels = x[nchw ? 1 : 3]!;
  const [outChannels, perGroup] = nchw ? [w[0]!, w[1]!] : [w[3]!, w[2]!];
  const kernel = nchw ? w.slice(2) : w.slice(0, 2);
  if (!sameShape(kernel, kernelShape)) {
    throw shapeError(
      node,
      `kernel_shape ${formatShape(kernelShape)} but a weight of shape ${formatShape(w)}`,
    );
  }
  if (
    typeof channels !== "number" ||
    typeof outChannels !== "number" ||
    perGroup !== channels / group ||
    outChannels % group !== 0 ||
    outChannels === 0
  ) {
    throw shapeError(
      node,
      `an input of shape ${formatShape(x)} does not fit a weight of shape ${formatShape(w)} in ${group} group${group === 1 ? "" : "s"}`,
    );
  }
  const b = inputs[2];
  if (b !== undefined && !sameShape(b, [outChannels])) {
    throw shapeError(node, `a bias of shape ${formatShape(b)}, but ${outChannels} output channels`);
  }
  const height = extent(node, x, nchw ? 2 : 1, 0);
  const width = extent(node, x, nchw ? 3 : 2, 1);
  return nchw ? [x[0]!, outChannels, height, width] : [x[0]!, height, width, outChannels];
};

/** ⌊(size + pads − dilation·(kernel − 1) − 1) / stride⌋ + 1 */
function extent(node: NodeOf<"Conv">, x: Shape, axis: number, side: 0 | 1): number {
  const { kernelShape, strides, pads, dilations } = node.attributes;
  const size = x[axis]!;
  if (typeof size !== "number") throw shapeError(node, `an image of shape ${formatShape(x)}`);
  const reach = dilations[side] * (kernelShape[side] - 1) + 1;
  const room = size + pads[side] + pads[side + 2]! - reach;
  if (room < 0) {
    throw shapeError(
      node,
      `a kernel that reaches over ${reach} does not fit the padded image of ${formatShape(x)}`,
    );
  }
  return Math.floor(room / strides[side]) + 1;
}

/** y = (x − mean) / √(variance + epsilon)·scale + bias, per channel: axis 1, or the last in NHWC. */
export const batchNormalization: ShapeRule<"BatchNormalization"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const channels = x[node.attributes.layout === "NCHW" ? 1 : x.length - 1];
  if (x.length < 2 || typeof channels !== "number") {
    throw shapeError(node, `an input of shape ${formatShape(x)} has no channels`);
  }
  for (const index of [1, 2, 3, 4]) {
    const parameter = required(node, inputs, index);
    if (!sameShape(parameter, [channels])) {
      const names = ["scale", "bias", "mean", "variance"];
      throw shapeError(
        node,
        `${names[index - 1]} of shape ${formatShape(parameter)} does not fit the ${channels} channels of ${formatShape(x)}`,
      );
    }
  }
  return x;
};
