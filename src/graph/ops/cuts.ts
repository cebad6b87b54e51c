import type { Region, Shape } from "../graph.js";

/** What is taken along one axis. */
export interface Cut {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** start:end:step as ONNX has it: below 0 counts from the end, and what then lies outside is brought to the edge. */
export function cutOf(dim: number, start: number, end: number, step: number): Cut {
  const [lowest, highest] = step > 0 ? [0, dim] : [-1, dim - 1];
  const within = (bound: number, low: number) =>
    Math.min(Math.max(bound < 0 ? bound + dim : bound, low), highest);
  const first = within(start, 0);
  const size = Math.max(0, Math.ceil((within(end, lowest) - first) / step));
  return { start: first, step, size };
}

/** All of a shape but for the cuts. */
export function regionOf(shape: Shape, cuts: ReadonlyMap<number, Cut>): Region {
  return {
    starts: shape.map((_, axis) => cuts.get(axis)?.start ?? 0),
    steps: shape.map((_, axis) => cuts.get(axis)?.step ?? 1),
    sizes: shape.map((dim, axis) => cuts.get(axis)?.size ?? dim),
  };
}
