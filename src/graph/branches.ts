import type { Region, Shape } from "./graph.js";
import { type BranchesOptions, type Layer, type SliceOptions, usage } from "./layer.js";
import { cutOf, regionOf } from "./ops/cuts.js";
import { formatShape, normalAxis } from "./shape.js";

/** The lists of layers of an add or a concat. */
export function branchesOf(name: string, options: BranchesOptions): readonly (readonly Layer[])[] {
  const { branches } = options;
  if (!Array.isArray(branches) || !branches.every(Array.isArray)) {
    throw usage(name, "its branches are no lists", "Give them: branches: [[relu()], []].");
  }
  if (branches.length < 2)
    throw usage(name, `${branches.length} branches, where two are the least`);
  if (branches.flat().some((layer) => layer?.kind === "input")) {
    throw usage(name, "a branch has an input of its own");
  }
  return branches;
}

/** The axis of a layer's rows. */
export function rowAxis(name: string, axis: number, shape: Shape): number {
  const normal = Number.isSafeInteger(axis) ? normalAxis(axis, shape.length) : undefined;
  if (normal !== undefined && normal > 0) return normal;
  throw usage(name, `axis ${axis} of values of shape ${formatShape(shape)}`);
}

/** What is left of values of a shape. */
export function slicing(name: string, options: SliceOptions, shape: Shape): Region {
  const { start, end, step = 1 } = options;
  const axis = rowAxis(name, options.axis ?? 1, shape);
  const size = shape[axis] as number;
  const [first, last] = step > 0 ? [0, size] : [size - 1, -size - 1];
  const bounds = [start ?? first, end ?? last, step] as const;
  if (!bounds.every(Number.isSafeInteger) || step === 0) {
    throw usage(name, `${bounds.join(":")} is no start, end and step`);
  }
  const cut = cutOf(size, ...bounds);
  if (cut.size > 0) return regionOf(shape, new Map([[axis, cut]]));
  throw usage(name, `${bounds.join(":")} leaves nothing of axis ${axis} of ${formatShape(shape)}`);
}
