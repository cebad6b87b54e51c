import type { PoolAttributes } from "../graph.js";
import { formatShape } from "../shape.js";
import { imageOf } from "./image.js";
import { reachOf, type WindowAxis } from "./padding.js";
import { required, type ShapeRule, shapeError } from "./rule.js";

/** Positions that all windows along one axis may have together: their table is made entry by entry. */
const POSITIONS_MAX = 2 ** 20;

/** How a pool's window goes along one axis of an image. */
export interface PoolAxis extends WindowAxis {
  /** Of the image. */
  readonly size: number;
  readonly begin: number;
  readonly end: number;
}

export function poolAxis(pool: PoolAttributes, size: number, side: 0 | 1): PoolAxis {
  return {
    size,
    kernel: pool.kernelShape[side],
    stride: pool.strides[side],
    dilation: pool.dilations[side],
    begin: pool.pads[side],
    end: pool.pads[side + 2]!,
  };
}

/**
 * ⌊(begin + size + end − reach) / stride⌋ + 1; ceilMode rounds up, but not to a window that begins behind the image.
 * Below 1 if the window does not fit.
 */
export function windowCount(axis: PoolAxis, ceilMode: boolean): number {
  const { size, stride, begin, end } = axis;
  const steps = (begin + size + end - reachOf(axis)) / stride;
  const last = ceilMode ? Math.ceil(steps) : Math.floor(steps);
  return ceilMode && last * stride >= begin + size ? last : last + 1;
}

/**
 * y = the largest, or the mean, of the window that begins at each output's place.
 *
 * Shapes: NCHW: x [N,channels,height,width], or NHWC: [N,height,width,channels]. windowCount tells y's sizes.
 */
export const pool: ShapeRule<"AveragePool" | "MaxPool"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { layout, ceilMode } = node.attributes;
  if (x.length !== 4) throw shapeError(node, `an input of shape ${formatShape(x)} is no image`);
  const image = formatShape(x);
  return imageOf(node, x, x[layout === "NCHW" ? 1 : 3]!, (size, side) => {
    const axis = poolAxis(node.attributes, size, side);
    const reach = reachOf(axis);
    const fail = (problem: string) =>
      shapeError(node, `a kernel that reaches over ${reach} ${problem}`);
    if (axis.begin >= reach || axis.end >= reach) {
      throw fail(`lies in the padding alone with pads ${formatShape(node.attributes.pads)}`);
    }
    const count = windowCount(axis, ceilMode);
    if (count < 1) throw fail(`does not fit the padded image of ${image}`);
    const positions = count * Math.min(axis.kernel, size);
    if (positions > POSITIONS_MAX) throw fail(`has too many positions in an image of ${image}`);
    return count;
  });
};
