import type { Shape } from "../graph/graph.js";
import { isBatched, rowShape } from "../graph/shape.js";

/**
 * How a value's row (the batch is always outermost) lies in memory. Reshape and Transpose change nothing but
 * this: they split, join and rename axes, and no element moves.
 */
export interface MemoryOrder {
  /** The row read as axes of these sizes, all above 1: its own, or factors of its own. */
  readonly sizes: readonly number[];
  /** Which of them lies at each place, outermost first. */
  readonly order: readonly number[];
}

export function rowMajor(row: readonly number[]): MemoryOrder {
  const sizes = row.filter((size) => size !== 1);
  return { sizes, order: sizes.map((_, axis) => axis) };
}

export function isRowMajor({ order }: MemoryOrder): boolean {
  return order.every((axis, place) => axis === place);
}

/** A value with its axes, the batch among them, in the given order. */
export function inOrder(shape: Shape, axes: readonly number[]): MemoryOrder {
  const first = shape.length - rowShape(shape).length;
  const row = rowShape(shape);
  const factors = factorsOf(row, rowMajor(row));
  const order = axes.filter((axis) => axis >= first).flatMap((axis) => factors[axis - first]!);
  return { sizes: row.filter((size) => size !== 1), order };
}

/** The sizes as they lie. */
export function storedSizes({ sizes, order }: MemoryOrder): number[] {
  return order.map((axis) => sizes[axis]!);
}

export function isSameOrder(a: MemoryOrder, b: MemoryOrder): boolean {
  const equal = (p: readonly number[], q: readonly number[]) =>
    p.length === q.length && p.every((value, i) => value === q[i]);
  return equal(a.sizes, b.sizes) && equal(a.order, b.order);
}

/** The same order, with its axes split where those of `sizes` end; undefined if they do not nest. */
export function refined(
  { sizes, order }: MemoryOrder,
  others: readonly number[],
): MemoryOrder | undefined {
  const ends = [...new Set([...innerSizes(sizes), ...innerSizes(others)])].sort((a, b) => a - b);
  const factors = ends.map((end, i) => end / (ends[i - 1] ?? 1)).reverse();
  if (!factors.every(Number.isInteger)) return undefined;
  const split = assigned(sizes, factors);
  return { sizes: factors, order: order.flatMap((axis) => split[axis]!) };
}

/** For each axis of a row, which of the order's sizes it is made of, outermost first. */
export function factorsOf(row: readonly number[], { sizes }: MemoryOrder): readonly number[][] {
  return assigned(row, sizes);
}

/** Which of the factors, which lie nested in the sizes, make up each size. */
function assigned(sizes: readonly number[], factors: readonly number[]): number[][] {
  let next = 0;
  return sizes.map((size) => {
    const mine: number[] = [];
    for (let product = 1; product < size; next++) {
      product *= factors[next]!;
      mine.push(next);
    }
    return mine;
  });
}

/** Elements from one index of each axis to the whole of it: 12 and 4 of [3, 4]. */
function innerSizes(sizes: readonly number[]): number[] {
  let inner = 1;
  return [...sizes].reverse().map((size) => {
    inner *= size;
    return inner;
  });
}

/** What the order is when the row's axis i is what was axis perm[i]. */
export function transposed(
  of: MemoryOrder,
  row: readonly number[],
  perm: readonly number[],
): MemoryOrder {
  const factors = factorsOf(row, of);
  return selected(
    of,
    perm.flatMap((axis) => factors[axis]!),
  );
}

/** The order of what has only the given factors, in their order. */
export function selected({ sizes, order }: MemoryOrder, factors: readonly number[]): MemoryOrder {
  return {
    sizes: factors.map((factor) => sizes[factor]!),
    order: order.map((factor) => factors.indexOf(factor)).filter((factor) => factor >= 0),
  };
}

/**
 * The order of a shape's own axes, the batch among them; undefined if one of them is split. Axes of size 1, which
 * lie anywhere, stand in front of the axis that follows them, and one row of a batch that is fixed in front of all,
 * so that images are NHWC in all sizes.
 */
export function wholeOrder(of: MemoryOrder, shape: Shape): readonly number[] | undefined {
  const row = rowShape(shape);
  const factors = factorsOf(row, of);
  if (factors.some((mine) => mine.length > 1)) return undefined;
  if (isRowMajor(of)) return shape.map((_, axis) => axis);
  const axes = of.order.map((factor) => factors.findIndex(([mine]) => mine === factor));
  for (let axis = row.length - 1; axis >= 0; axis--) {
    if (row[axis] !== 1) continue;
    const follower = axes.indexOf(axis + 1);
    const isRows = axis === 0 && !isBatched(shape);
    const place = follower >= 0 ? follower : axes.indexOf(axis - 1) + 1;
    axes.splice(isRows ? 0 : place, 0, axis);
  }
  return isBatched(shape) ? [0, ...axes.map((axis) => axis + 1)] : axes;
}
