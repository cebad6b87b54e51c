import type { Dim, Shape } from "../graph.js";
import { broadcastShapes, formatShape, sameShape } from "../shape.js";
import { required, type ShapeRule, shapeError } from "./rule.js";

/** y = alpha·a·op(b) + beta·c. Shapes: a [m,k], b [k,n], c broadcasts to [m,n]; op transposes. */
export const gemm: ShapeRule<"Gemm"> = (node, inputs) => {
  const a = required(node, inputs, 0);
  const b = required(node, inputs, 1);
  const { transB } = node.attributes;
  if (a.length !== 2 || b.length !== 2) {
    throw shapeError(
      node,
      `needs two matrices, not inputs of shape ${formatShape(a)} and ${formatShape(b)}`,
    );
  }
  const [m, k] = a as readonly [Dim, Dim];
  const [k2, n] = transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (k !== k2 || k === "N" || n === "N") {
    const form = `${formatShape(a)} × ${formatShape(b)}${transB ? "ᵀ" : ""}`;
    throw shapeError(node, `the shapes ${form} do not multiply`);
  }
  const y: Shape = [m, n];
  const c = inputs[2];
  if (c !== undefined && !sameShape(broadcastShapes(c, y) ?? [], y)) {
    throw shapeError(
      node,
      `a bias of shape ${formatShape(c)} does not fit the output ${formatShape(y)}`,
    );
  }
  return y;
};

/** y = a·b over the last two axes, the others broadcast as NumPy does. */
export const matMul: ShapeRule<"MatMul"> = (node, inputs) => {
  const a = required(node, inputs, 0);
  const b = required(node, inputs, 1);
  const fail = () =>
    shapeError(node, `the shapes ${formatShape(a)} × ${formatShape(b)} do not multiply`);
  if (a.length < 2 || b.length < 2) throw fail();
  const k: Dim = a[a.length - 1]!;
  const n: Dim = b[b.length - 1]!;
  const lead = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  if (k !== b[b.length - 2] || k === "N" || n === "N" || lead === undefined) throw fail();
  const shape = [...lead, a[a.length - 2]!, n];
  if (shape.lastIndexOf("N") > 0) throw fail();
  return shape;
};
