import type { NodeOf } from "./graph.js";
import { type Layer, usage } from "./layer.js";
import type { Sides } from "./layer-sizes.js";
import { samePads } from "./ops/padding.js";

type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** The dilations of a layer that has no such option. */
export const SIDE_BY_SIDE: Sides = [1, 1];

/** What a layer's padding means. @param axes 1 of signals, which are images of one row */
export function padsOf(
  name: string,
  padding: "valid" | "same" | number,
  sizes: readonly number[],
  kernel: Sides,
  strides: Sides,
  axes: 1 | 2,
  dilations = SIDE_BY_SIDE,
): Pads {
  if (padding === "same") return samePads(sizes, kernel, strides, dilations, "end");
  const size = padding === "valid" ? 0 : padding;
  if (!Number.isSafeInteger(size) || size < 0) throw usage(name, `padding ${padding}`);
  const vertical = axes === 1 ? 0 : size;
  return [vertical, size, vertical, size];
}

/** What a transposed convolution takes off its image, and what it adds behind it. */
export function transposedPadding(
  name: string,
  { padding = "valid", outputPadding }: Layer & { kind: "convTranspose2d" },
  kernel: Sides,
  strides: Sides,
): Pick<NodeOf<"ConvTranspose">["attributes"], "pads" | "outputPadding"> {
  if (padding === "same") {
    if (outputPadding !== undefined) throw usage(name, "padding 'same' decides outputPadding");
    // Of kernel − stride, the odd one comes off the end; what is missing is added there.
    const along = (side: 0 | 1) => {
      const excess = Math.max(0, kernel[side] - strides[side]);
      const begin = Math.floor(excess / 2);
      return { begin, end: excess - begin, more: Math.max(0, strides[side] - kernel[side]) };
    };
    const [vertical, horizontal] = [along(0), along(1)];
    const pads = [vertical.begin, horizontal.begin, vertical.end, horizontal.end] as const;
    return { pads, outputPadding: [vertical.more, horizontal.more] };
  }
  const more = outputPadding ?? 0;
  const both: Sides = typeof more === "number" ? [more, more] : more;
  for (const [side, size] of both.entries()) {
    if (Number.isSafeInteger(size) && size >= 0 && size < strides[side]!) continue;
    throw usage(name, `outputPadding is ${size}, not a whole number below the stride`);
  }
  return { pads: padsOf(name, padding, [], kernel, strides, 2), outputPadding: both };
}
