import type { NodeOf } from "../../src/graph/graph.js";
import { get, type Value } from "./naive-onnx.js";

/** One element of a Pad: each place outside is brought inside step by step, as NumPy says. */
export function padded(
  { mode, pads, value }: NodeOf<"Pad">["attributes"],
  x: Value,
  index: readonly number[],
): number {
  const from = index.map((i, axis) => {
    const [begin, end] = pads[axis]!;
    const [first, last] = [Math.max(0, -begin), x.shape[axis]! - 1 - Math.max(0, -end)];
    let place = i - begin;
    while (mode === "edge" && place < first) place++;
    while (mode === "edge" && place > last) place--;
    if (mode === "reflect" && place < first) place = first + (first - place);
    if (mode === "reflect" && place > last) place = last - (place - last);
    while (mode === "wrap" && place < first) place += last + 1 - first;
    while (mode === "wrap" && place > last) place -= last + 1 - first;
    return place >= first && place <= last ? place : undefined;
  });
  return from.includes(undefined) ? value : get(x, from as number[]);
}

/** One element of a Resize, axis by axis, for the modes that random graphs have: nearest and linear between pixels' middles. */
export function interpolated(
  attributes: NodeOf<"Resize">["attributes"],
  x: Value,
  index: readonly number[],
): number {
  const { mode, coordinateMode, scales } = attributes;
  if (coordinateMode !== "half_pixel" || mode === "cubic")
    throw new Error(`${coordinateMode} ${mode}`);
  const along = (axis: number, from: readonly number[]): number => {
    if (axis === index.length) return get(x, from);
    const last = x.shape[axis]! - 1;
    const place = Math.min(Math.max((index[axis]! + 0.5) / scales[axis]! - 0.5, 0), last);
    const at = (i: number) => along(axis + 1, [...from, Math.min(i, last)]);
    if (mode === "nearest") return at(Math.ceil(place - 0.5));
    const [low, part] = [Math.floor(place), place - Math.floor(place)];
    return (1 - part) * at(low) + (part === 0 ? 0 : part * at(low + 1));
  };
  return along(0, []);
}
