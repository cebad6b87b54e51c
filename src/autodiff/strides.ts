import { StropError } from "../errors.js";
import type { Dim, Shape } from "../graph/graph.js";

function fixed(dim: Dim): number {
  if (dim === "N") throw new Error("the batch is not the first axis");
  return dim;
}

/** Elements from one index to the next along each axis, row-major. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * fixed(shape[i + 1]!);
  return strides;
}

/** Strides of an operand read over the axes of `out`: 0 where it is broadcast. */
export function broadcastStrides(operand: Shape, out: Shape): number[] {
  const own = rowMajorStrides(operand);
  const missing = out.length - operand.length;
  return out.map((dim, i) => {
    const axis = i - missing;
    return axis < 0 || (operand[axis] === 1 && dim !== 1) ? 0 : own[axis]!;
  });
}

/** Four axes, the first one's size left open: what BINARY, BROADCAST_SUM and PERMUTE take. */
export interface FourAxes {
  /** d1, d2, d3 */
  readonly sizes: readonly number[];
  /** Per operand the strides of the four axes. */
  readonly strides: readonly (readonly number[])[];
}

interface Axis {
  readonly dim: Dim;
  /** Per operand. */
  readonly strides: readonly number[];
}

/** The axes of `out`, neighbours that every operand steps over alike made one; at least one is left. */
export function joinedAxes(out: Shape, operands: readonly (readonly number[])[]): readonly Axis[] {
  let axes = out.map((dim, i) => ({ dim, strides: operands.map((s) => s[i]!) }));
  axes = axes.filter((axis, i) => axis.dim !== 1 || (i === 0 && axes.length === 1));
  if (axes.length === 0) axes = [{ dim: 1, strides: operands.map(() => 0) }];
  for (let i = axes.length - 2; i >= 0; i--) {
    const [outer, inner] = [axes[i]!, axes[i + 1]!];
    if (!outer.strides.every((s, k) => s === inner.strides[k]! * fixed(inner.dim))) continue;
    const dim = outer.dim === "N" ? "N" : outer.dim * fixed(inner.dim);
    // "N" then stands for batch·inner, which the first axis, being left open, may be.
    axes.splice(i, 2, { dim, strides: inner.strides });
  }
  return axes;
}

/** The axes of `out`, which neighbours that are alike must join to four. */
export function toFourAxes(
  out: Shape,
  operands: readonly (readonly number[])[],
  where: string,
): FourAxes {
  const axes = joinedAxes(out, operands);
  if (axes.length > 4) {
    throw new StropError(`${axes.length} axes that cannot be joined to four`, {
      code: "unsupported",
      where,
    });
  }
  const [first, ...others] = axes;
  // One axis alone is the open one; an inner axis of size 1 goes on in its steps, so that it is one long row.
  const rest = others.length > 0 ? others : [{ dim: 1, strides: first!.strides }];
  const gap = 3 - rest.length;
  const spread = (k: number) => [
    first!.strides[k]!,
    ...new Array<number>(gap).fill(0),
    ...rest.map((axis) => axis.strides[k]!),
  ];
  return {
    sizes: [...new Array<number>(gap).fill(1), ...rest.map((axis) => fixed(axis.dim))],
    strides: operands.map((_, k) => spread(k)),
  };
}
