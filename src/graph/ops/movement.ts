import type { Dim, NodeOf, Shape } from "../graph.js";
import { formatShape, isBatched, product, rowShape, shapeElements } from "../shape.js";
import { batchError, nodeLabel, required, type ShapeRule, shapeError } from "./rule.js";

/** y[rows, columns]: the axes before `axis` become rows, the others columns. */
export const flatten: ShapeRule<"Flatten"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const rank = x.length;
  const axis = node.attributes.axis < 0 ? node.attributes.axis + rank : node.attributes.axis;
  if (axis < 0 || axis > rank) {
    throw shapeError(node, `axis ${node.attributes.axis} of an input of shape ${formatShape(x)}`);
  }
  const where = nodeLabel(node);
  if (!isBatched(x)) {
    const sizes = x as readonly number[];
    return [product(sizes.slice(0, axis), where), product(sizes.slice(axis), where)];
  }
  const rows = product(rowShape(x).slice(0, Math.max(axis - 1, 0)), where);
  if (axis === 0 || rows !== 1) throw batchError(node, x, `two axes split at axis ${axis}`);
  return ["N", product(rowShape(x).slice(axis - 1), where)];
};

/** The axes in another order: y's axis i is x's axis perm[i]. */
export const transpose: ShapeRule<"Transpose"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const { perm } = node.attributes;
  const seen = new Set(perm);
  if (perm.length !== x.length || seen.size !== x.length || perm.some((i) => x[i] === undefined)) {
    throw shapeError(
      node,
      `perm ${formatShape(perm)} does not fit an input of shape ${formatShape(x)}`,
    );
  }
  const shape = perm.map((i) => x[i]!);
  if (isBatched(x) && perm[0] !== 0) throw batchError(node, x, formatShape(shape));
  return shape;
};

/** The same elements in order, under another shape. */
export const reshape: ShapeRule<"Reshape"> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const target = copyZeros(node, x);
  const from = shapeElements(x, nodeLabel(node));
  const elements = from.c0 + from.c1;
  const batched = isBatched(x);
  const infer = target.indexOf(-1);
  const sizes = target.filter((dim): dim is number => dim !== "N" && dim !== -1);
  const known = product(sizes, nodeLabel(node));
  const wrong = () =>
    shapeError(node, `${formatShape(x)} cannot take the shape ${formatShape(target)}`);
  if (target.lastIndexOf("N") > 0 || target.lastIndexOf(-1) !== infer) throw wrong();
  if (!batched && target[0] === "N") throw wrong();

  if (batched && target[0] !== "N") {
    // The batch is the only unknown, so a −1 in front must be exactly it.
    if (infer === 0 && known === elements) return ["N", ...target.slice(1)];
    throw batchError(node, x, formatShape(target));
  }
  if (infer < 0) {
    if (known !== elements) throw wrong();
    return target;
  }
  if (known === 0 || elements % known !== 0) throw wrong();
  return target.map((dim) => (dim === -1 ? elements / known : dim));
};

/** The target with each 0 replaced by the input's axis of the same number. */
function copyZeros(node: NodeOf<"Reshape">, x: Shape): Dim[] {
  const { shape, allowZero } = node.attributes;
  return shape.map((dim, axis) => {
    if (dim !== 0 || allowZero) {
      if (dim === "N" || dim >= -1) return dim;
      throw shapeError(node, `a size of ${dim} in the shape ${formatShape(shape)}`);
    }
    const copied = x[axis];
    if (copied !== undefined) return copied;
    throw shapeError(
      node,
      `the shape ${formatShape(shape)} copies axis ${axis} of an input of shape ${formatShape(x)}`,
    );
  });
}
