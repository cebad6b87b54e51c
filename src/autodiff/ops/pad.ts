import type { NodeOf } from "../../graph/graph.js";
import { type AxisMap, axisMap, type Entry } from "../axis-map.js";
import { axisWise } from "./axis-wise.js";

type Mode = NodeOf<"Pad">["attributes"]["mode"];

/** y = x with more at the ends of its axes: a value, or what x has near by. As NumPy's pad. */
export const pad = axisWise<"Pad">(({ attributes: { mode, pads, value } }, shape) =>
  shape.map((size, axis) => {
    const [begin, end] = pads[axis]!;
    return begin === 0 && end === 0
      ? undefined
      : { ...padMap(mode, size as number, begin, end), fill: value };
  }),
);

/** What a pad below 0 takes away is not there when the others are filled. */
function padMap(mode: Mode, size: number, begin: number, end: number): AxisMap {
  const first = Math.max(-begin, 0);
  const left = size - first - Math.max(-end, 0);
  const outputs = Array.from({ length: size + begin + end }, (_, i): Entry[] => {
    const index = sources[mode](i - Math.max(begin, 0), left);
    return index === undefined ? [] : [[first + index, 1]];
  });
  return axisMap(size, outputs);
}

/** Where the number comes from that stands at i, which may lie outside of 0 … n − 1. */
const sources: { readonly [K in Mode]: (i: number, n: number) => number | undefined } = {
  constant: (i, n) => (i >= 0 && i < n ? i : undefined),
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i, n) => (i < 0 ? -i : i < n ? i : 2 * (n - 1) - i),
  wrap: (i, n) => ((i % n) + n) % n,
};
