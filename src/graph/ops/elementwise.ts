import { broadcastShapes, formatShape, keptShape, sameShape } from "../shape.js";
import type { BinaryOp, ReduceOp, UnaryOp } from "./families.js";
import { batchError, required, type ShapeRule, shapeError } from "./rule.js";

/** y = f(x) element by element. */
export const unary: ShapeRule<UnaryOp | "Identity" | "Dropout"> = (node, inputs) =>
  required(node, inputs, 0);

/** y = f(a, b), broadcast as NumPy does. A slope of PRelu must broadcast to its input. */
export const binary: ShapeRule<BinaryOp> = (node, inputs) => {
  const a = required(node, inputs, 0);
  const b = required(node, inputs, 1);
  const shape = broadcastShapes(a, b);
  if (shape === undefined || (node.op === "PRelu" && !sameShape(shape, a))) {
    throw shapeError(node, `the shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  }
  return shape;
};

/** y = one value for all elements along `axes`. */
export const reduce: ShapeRule<ReduceOp> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { axes, keepDims } = node.attributes;
  if (axes.some((axis) => x[axis] === undefined)) {
    throw shapeError(node, `axes ${formatShape(axes)} of an input of shape ${formatShape(x)}`);
  }
  if (axes.some((axis) => x[axis] === "N")) throw batchError(node, x, "one value for all rows");
  const kept = keptShape(x, axes);
  return keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
};
