import type { Lowered, OnnxNode, Scope } from "../node.js";
import { autoPad, givenPads, overImages, type Pads, type Pair, sides, windowOf } from "./image.js";

/** y = the gradient of a convolution by W to its input, plus B. Pads that an output size asks for are resolved here. */
export function ConvTranspose(node: OnnxNode, scope: Scope): Lowered {
  const window = windowOf(node, scope);
  const { axes, sizes, x: _, w, ...others } = window;
  const { kernelShape, strides, dilations, group } = others;
  const auto = autoPad(node);
  const padding = sides(node, "output_padding", axes, 0) ?? ([0, 0] as const);
  const wanted = sides(node, "output_shape", axes, 1);
  const target = auto.startsWith("SAME") ? scaled(sizes, strides) : undefined;
  const given = auto === "NOTSET" ? givenPads(node, axes) : ([0, 0, 0, 0] as const);
  const fitted = ([0, 1] as const).map((side) => {
    const size = (wanted ?? target)?.[side];
    if (size === undefined) return [given[side], given[side + 2]!, padding[side]] as const;
    const reach = dilations[side] * (kernelShape[side] - 1) + 1;
    const excess = (sizes[side] - 1) * strides[side] + reach + padding[side] - size;
    // What the image lacks comes behind its end.
    if (excess < 0) return [0, 0, padding[side] - excess] as const;
    const [less, more] = [Math.floor(excess / 2), Math.ceil(excess / 2)];
    return auto === "SAME_UPPER"
      ? ([less, more, padding[side]] as const)
      : ([more, less, padding[side]] as const);
  });
  const [[top, bottom, rows], [left, right, columns]] = fitted as [Fitted, Fitted];
  const pads: Pads = [top, left, bottom, right];
  const attributes = { ...others, pads, outputPadding: [rows, columns] } as const;
  const channels = (w[1] as number) * group;
  return overImages("ConvTranspose", node, scope, { window, channels, attributes });
}

/** Along one axis. */
type Fitted = readonly [begin: number, end: number, outputPadding: number];

function scaled(sizes: Pair, by: Pair): Pair {
  return [sizes[0] * by[0], sizes[1] * by[1]];
}
