import type { Dim, Region, Shape } from "../graph.js";
import { broadcastShapes, formatShape, sameShape } from "../shape.js";
import { batchError, required, type ShapeRule, shapeError } from "./rule.js";

/** y = the inputs one after the other along `axis`; their other axes are alike. */
export const concat: ShapeRule<"Concat"> = (node, inputs) => {
  const { axis } = node.attributes;
  const shapes = inputs.map((_, index) => required(node, inputs, index));
  const x = required(node, inputs, 0);
  if (x[axis] === undefined) {
    throw shapeError(node, `axis ${axis} of an input of shape ${formatShape(x)}`);
  }
  if (x[axis] === "N") throw batchError(node, x, "rows one behind the other");
  const sizes = shapes.map((shape) => {
    const size = shape[axis];
    if (typeof size === "number" && sameShape(without(shape, axis), without(x, axis))) return size;
    const [first, other] = [formatShape(x), formatShape(shape)];
    throw shapeError(node, `${first} and ${other} differ in another axis than ${axis}`);
  });
  return x.with(
    axis,
    sizes.reduce((sum, size) => sum + size, 0),
  );
};

function without(shape: Shape, axis: number): Dim[] {
  return shape.filter((_, i) => i !== axis);
}

/** y = a region of x. */
export const slice: ShapeRule<"Slice"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { starts, steps, sizes } = node.attributes;
  if ([starts, steps, sizes].some(({ length }) => length !== x.length)) {
    throw shapeError(node, `a region of ${sizes.length} axes in an input of ${formatShape(x)}`);
  }
  const outside = x.findIndex((dim, axis) => dim !== "N" && !reachesInside(dim, axis, node));
  if (outside >= 0) {
    throw shapeError(
      node,
      `${sizes[outside]} from ${starts[outside]} in steps of ${steps[outside]} along axis ${outside} of ${formatShape(x)}`,
    );
  }
  const isWhole = starts[0] === 0 && steps[0] === 1 && sizes[0] === "N";
  if (x[0] === "N" && !isWhole) throw batchError(node, x, "some of its rows");
  return sizes;
};

function reachesInside(dim: number, axis: number, { attributes }: { attributes: Region }): boolean {
  const [start, step, size] = [attributes.starts, attributes.steps, attributes.sizes].map(
    (values) => values[axis],
  );
  if (![start, step, size].every(Number.isSafeInteger)) return false;
  const first = start as number;
  const last = first + ((size as number) - 1) * (step as number);
  return (size as number) > 0 && Math.min(first, last) >= 0 && Math.max(first, last) < dim;
}

/** y = x repeated along axes of size 1, and along axes that it has not. */
export const expand: ShapeRule<"Expand"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { shape } = node.attributes;
  if (sameShape(broadcastShapes(x, shape) ?? [], shape)) return shape;
  throw shapeError(node, `${formatShape(x)} cannot be repeated to ${formatShape(shape)}`);
};
