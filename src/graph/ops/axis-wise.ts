import type { Dim, NodeOf } from "../graph.js";
import { formatShape } from "../shape.js";
import { batchError, required, type ShapeRule, shapeError } from "./rule.js";

// Ops that do something along each axis by itself. They are planned as a table for an axis, so that no axis that
// they change may be endless.

/** The longest axis that such an op reads or makes. */
const AXIS_MAX = 2 ** 20;

type AxisWise = NodeOf<"Gather" | "Pad" | "Resize">;

function checkedSize(node: AxisWise, from: Dim, to: number): number {
  const longest = Math.max(to, Number(from));
  if (longest > AXIS_MAX) {
    throw shapeError(node, `an axis of ${longest} numbers, where ${AXIS_MAX} are the most`);
  }
  return to;
}

/** y has one element along `axis` for each index. */
export const gather: ShapeRule<"Gather"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { axis, indices } = node.attributes;
  const size = x[axis];
  if (size === undefined) {
    throw shapeError(node, `axis ${axis} of an input of shape ${formatShape(x)}`);
  }
  if (size === "N") throw batchError(node, x, "rows by number");
  const wrong = indices.find((index) => !(index >= 0 && index < size));
  if (wrong !== undefined) {
    throw shapeError(node, `index ${wrong} into axis ${axis} of ${size} numbers`);
  }
  return x.with(axis, checkedSize(node, size, indices.length));
};

/** Each axis grows by its pads, or loses what they are below 0. */
export const pad: ShapeRule<"Pad"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { pads, mode } = node.attributes;
  if (pads.length !== x.length) {
    throw shapeError(node, `pads of ${pads.length} axes for an input of shape ${formatShape(x)}`);
  }
  return x.map((size, axis) => {
    const [begin, end] = pads[axis]!;
    if (begin === 0 && end === 0) return size;
    if (size === "N") throw batchError(node, x, `rows padded by ${begin} and ${end}`);
    const left = size + Math.min(begin, 0) + Math.min(end, 0);
    if (left < 1) {
      throw shapeError(node, `pads ${begin} and ${end} leave nothing of an axis of ${size}`);
    }
    const more = Math.max(begin, end);
    if (mode === "reflect" && more >= left) {
      throw shapeError(node, `an axis of ${left} has no ${more} numbers to reflect`);
    }
    return checkedSize(node, size, size + begin + end);
  });
};

/** Each axis has the size that the attributes tell. */
export const resize: ShapeRule<"Resize"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { sizes, scales, roi } = node.attributes;
  const ranks = [sizes.length, scales.length, roi.length];
  if (ranks.some((rank) => rank !== x.length)) {
    throw shapeError(node, `${formatShape(x)} cannot be resized to ${formatShape(sizes)}`);
  }
  return sizes.map((to, axis) => {
    const from = x[axis]!;
    if (from === "N" || to === "N") {
      if (from === to && scales[axis] === 1) return from;
      throw batchError(node, x, formatShape(sizes));
    }
    if (!(scales[axis]! > 0) || !(to > 0)) {
      throw shapeError(node, `an axis of ${from} resized by ${scales[axis]} to ${to}`);
    }
    return checkedSize(node, from, to);
  });
};
