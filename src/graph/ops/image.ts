import type { Dim, Layout, NodeOf, Shape } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { reachOf } from "./padding.js";
import { type Labelled, required, type ShapeRule, shapeError } from "./rule.js";

/** How far from its first position a kernel's last one may lie in the core, and the largest attribute of a window. */
const REACH_MAX = 2 ** 29 - 1;

/**
 * y = x ∗ w + b, two-dimensional.
 *
 * Shapes: NCHW: x [N,channels,height,width], w [outChannels,channels/group,kernelH,kernelW];
 * NHWC: x [N,height,width,channels], w [kernelH,kernelW,channels/group,outChannels]. b [outChannels].
 */
export const conv: ShapeRule<"Conv"> = (node, inputs) => {
  const { x, channels, outer, perGroup } = operandsOf(node, inputs);
  const { group } = node.attributes;
  if (perGroup !== channels / group || outer % group !== 0) throw misfit(node, inputs);
  checkBias(node, inputs[2], outer);
  return imageOf(node, x, outer, (size, side) => {
    const { strides, pads } = node.attributes;
    const reach = kernelReach(node, side);
    const room = size + pads[side] + pads[side + 2]! - reach;
    const positions = Math.floor(room / strides[side]) + 1;
    if (room >= 0) return withinReach(node, side, positions, positions);
    const image = formatShape(x);
    const problem = `a kernel that reaches over ${reach} does not fit the padded image of ${image}`;
    throw shapeError(node, problem);
  });
};

/**
 * y = the gradient of a Conv to its input, for the gradient x of its output; plus b.
 *
 * Shapes: NCHW: x [N,channels,height,width], w [channels,outChannels/group,kernelH,kernelW];
 * NHWC: x [N,height,width,channels], w [kernelH,kernelW,outChannels/group,channels]. b [outChannels].
 */
export const convTranspose: ShapeRule<"ConvTranspose"> = (node, inputs) => {
  const { x, channels, outer, perGroup } = operandsOf(node, inputs);
  const { group } = node.attributes;
  if (outer !== channels || channels % group !== 0) throw misfit(node, inputs);
  checkBias(node, inputs[2], perGroup * group);
  return imageOf(node, x, perGroup * group, (size, side) => {
    const { strides, pads, outputPadding } = node.attributes;
    const whole = (size - 1) * strides[side] + kernelReach(node, side) + outputPadding[side];
    const extent = whole - pads[side] - pads[side + 2]!;
    if (extent > 0) return withinReach(node, side, size, extent);
    throw shapeError(node, `pads ${formatShape(pads)} leave nothing of an image of ${whole}`);
  });
};

type Convolution = NodeOf<"Conv"> | NodeOf<"ConvTranspose">;

function kernelReach({ attributes }: Convolution, side: 0 | 1): number {
  const { kernelShape, dilations } = attributes;
  return reachOf({ kernel: kernelShape[side], dilation: dilations[side] });
}

/** `extent`, if the core can count how far a kernel of so many positions goes along this axis. */
function withinReach(node: Convolution, side: 0 | 1, positions: number, extent: number): number {
  const { strides, pads, dilations } = node.attributes;
  const farthest = (positions - 1) * strides[side] + kernelReach(node, side) - 1;
  const most = Math.max(farthest, strides[side], dilations[side], pads[side]);
  if (most <= REACH_MAX) return extent;
  const problem = `its strides, pads and dilations go as far as ${most}, where ${REACH_MAX} is the most`;
  throw shapeError(node, problem);
}

/** x and w with their channels: w's first axis in the file, and what it has for each group. */
function operandsOf(node: Convolution, inputs: readonly (Shape | undefined)[]) {
  const x = required(node, inputs, 0);
  const w = required(node, inputs, 1);
  const { layout, kernelShape } = node.attributes;
  if (x.length !== 4 || w.length !== 4) {
    throw shapeError(
      node,
      `only 2-D convolution is supported, not input ${formatShape(x)} with weight ${formatShape(w)}`,
    );
  }
  const nchw = layout === "NCHW";
  const [outer, perGroup] = nchw ? [w[0]!, w[1]!] : [w[3]!, w[2]!];
  if (!sameShape(nchw ? w.slice(2) : w.slice(0, 2), kernelShape)) {
    throw shapeError(
      node,
      `kernel_shape ${formatShape(kernelShape)} but a weight of shape ${formatShape(w)}`,
    );
  }
  const channels = x[nchw ? 1 : 3]!;
  if (typeof channels !== "number" || typeof outer !== "number" || typeof perGroup !== "number") {
    throw misfit(node, inputs);
  }
  if (outer === 0 || kernelShape.includes(0)) throw misfit(node, inputs);
  return { x, channels, outer, perGroup };
}

function misfit(node: Convolution, [x, w]: readonly (Shape | undefined)[]) {
  const { group } = node.attributes;
  const groups = `${group} group${group === 1 ? "" : "s"}`;
  return shapeError(
    node,
    `an input of shape ${formatShape(x!)} does not fit a weight of shape ${formatShape(w!)} in ${groups}`,
  );
}

function checkBias(node: Convolution, b: Shape | undefined, channels: number): void {
  if (b === undefined || sameShape(b, [channels])) return;
  throw shapeError(node, `a bias of shape ${formatShape(b)}, but ${channels} output channels`);
}

/** The output, whose sizes `extent` tells by those of x. */
export function imageOf(
  node: Labelled & { readonly attributes: { readonly layout: Layout } },
  x: Shape,
  channels: Dim,
  extent: (size: number, side: 0 | 1) => number,
): Shape {
  const nchw = node.attributes.layout === "NCHW";
  const [height, width] = ([0, 1] as const).map((side) => {
    const size = x[side + (nchw ? 2 : 1)]!;
    if (typeof size === "number") return extent(size, side);
    throw shapeError(node, `an image of shape ${formatShape(x)}`);
  }) as [number, number];
  return nchw ? [x[0]!, channels, height, width] : [x[0]!, height, width, channels];
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
