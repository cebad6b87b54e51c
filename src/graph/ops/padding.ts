/** What a window is told of one axis. */
export interface WindowAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/** From a window's first position to its last one, both counted. */
export function reachOf({ kernel, dilation }: Pick<WindowAxis, "kernel" | "dilation">): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * Pads in front and behind that make an output of ⌈size / stride⌉, as ONNX's SAME_UPPER (the odd one at the end) and
 * SAME_LOWER (at the begin).
 */
export function samePadsOf(
  size: number,
  axis: WindowAxis,
  odd: "begin" | "end",
): [begin: number, end: number] {
  const out = Math.ceil(size / axis.stride);
  const total = Math.max((out - 1) * axis.stride + reachOf(axis) - size, 0);
  const less = Math.floor(total / 2);
  return odd === "end" ? [less, total - less] : [total - less, less];
}

/** The same along both axes of an image: top, left, bottom, right. */
export function samePads(
  sizes: readonly number[],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  dilations: readonly [number, number],
  odd: "begin" | "end",
): [number, number, number, number] {
  const [vertical, horizontal] = ([0, 1] as const).map((side) => {
    const axis = { kernel: kernel[side], stride: strides[side], dilation: dilations[side] };
    return samePadsOf(sizes[side]!, axis, odd);
  }) as [[number, number], [number, number]];
  return [vertical[0], horizontal[0], vertical[1], horizontal[1]];
}
