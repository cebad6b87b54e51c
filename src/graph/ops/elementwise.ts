import { broadcastShapes, formatShape, normalAxis } from "../shape.js";
import { batchError, required, type ShapeRule, shapeError } from "./rule.js";

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

/** y = exp(x) / Σ exp(x) along one axis. */
export const softmax: ShapeRule<"Softmax"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const axis = normalAxis(node.attributes.axis, x.length);
  if (axis === undefined) {
    throw shapeError(node, `axis ${node.attributes.axis} of an input of shape ${formatShape(x)}`);
  }
  if (x[axis] === "N") throw batchError(node, x, "a softmax over the rows");
  return x;
};
