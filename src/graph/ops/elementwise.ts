import { broadcastShapes, formatShape } from "../shape.js";
import { required, type ShapeRule, shapeError } from "./rule.js";

/** y = f(x) element by element. */
export const unary: ShapeRule<"Relu" | "Sigmoid" | "Tanh" | "Identity" | "Dropout"> = (
  node,
  inputs,
) => required(node, inputs, 0);

/** y = a + b, broadcast as NumPy does. */
export const add: ShapeRule<"Add"> = (node, inputs) => {
  const a = required(node, inputs, 0);
  const b = required(node, inputs, 1);
  const shape = broadcastShapes(a, b);
  if (shape === undefined) {
    throw shapeError(node, `the shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  }
  return shape;
};
