import { StropError } from "../errors.js";
import type { Dim, Shape } from "./graph.js";

/** The most elements a tensor may have for one row: four bytes each must fit a 32-bit memory. */
export const ELEMENTS_MAX = 2 ** 30 - 1;

/** The most axes a tensor may have. */
export const RANK_MAX = 8;

/** How many elements a tensor has: c0 + c1·batch. */
export interface Elements {
  readonly c0: number;
  readonly c1: number;
}

/** "[N, 3, 32, 32]" */
export function formatShape(shape: Shape): string {
  if (shape.length > 2 * RANK_MAX) return `[${shape.slice(0, RANK_MAX).join(", ")}, …]`;
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Whether the first axis is the batch. */
export function isBatched(shape: Shape): boolean {
  return shape[0] === "N";
}

/** The axes without the batch: one row's shape. A shape without batch is returned as it is. */
export function rowShape(shape: Shape): readonly number[] {
  return (isBatched(shape) ? shape.slice(1) : shape) as readonly number[];
}

/** The product of sizes; an error names `where` if a tensor of them could not exist. */
export function product(dims: readonly number[], where: string): number {
  if (dims.length > RANK_MAX) {
    throw new StropError(`a tensor of ${dims.length} axes, where ${RANK_MAX} are the most`, {
      code: "tensor-too-large",
      where,
    });
  }
  let elements = 1;
  for (const dim of dims) elements *= dim;
  // An empty axis makes the product 0 whatever the others are; they must be sizes all the same.
  if (!(elements <= ELEMENTS_MAX) || dims.some((dim) => !(dim >= 0 && dim <= ELEMENTS_MAX))) {
    throw new StropError(`the shape ${formatShape(dims)} is too large`, {
      code: "tensor-too-large",
      where,
    });
  }
  return elements;
}

/** The elements of a shape, as the plan counts them. */
export function shapeElements(shape: Shape, where = "tensor"): Elements {
  const elements = product(rowShape(shape), where);
  if (elements === 0) {
    throw new StropError(`a tensor of shape ${formatShape(shape)} has no elements`, {
      code: "tensor-empty",
      where,
    });
  }
  return isBatched(shape) ? { c0: 0, c1: elements } : { c0: elements, c1: 0 };
}

/** The shape of an elementwise result, by NumPy's rule, or undefined. "N" fits 1 and "N", and stays the first axis. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    const dim = left === 1 ? right : left;
    if (dim === "N" && axis > 0) return undefined;
    out.push(dim);
  }
  return out;
}

/** The shape with 1 in place of some axes' sizes. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

/** An axis from the front: ONNX lets −1 mean the last one. Undefined if there is no such axis. */
export function normalAxis(axis: number, rank: number): number | undefined {
  const normal = axis < 0 ? axis + rank : axis;
  return normal >= 0 && normal < rank ? normal : undefined;
}
