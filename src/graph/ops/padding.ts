/**
 * Pads (top, left, bottom, right) that make an output of ⌈size / stride⌉, as ONNX's SAME_UPPER (the odd one at
 * the end) and SAME_LOWER (at the begin).
 */
export function samePads(
  sizes: readonly number[],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  dilations: readonly [number, number],
  odd: "begin" | "end",
): [number, number, number, number] {
  const [vertical, horizontal] = ([0, 1] as const).map((side) => {
    const out = Math.ceil(sizes[side]! / strides[side]);
    const reach = dilations[side] * (kernel[side] - 1) + 1;
    const total = Math.max((out - 1) * strides[side] + reach - sizes[side]!, 0);
    const less = Math.floor(total / 2);
    return odd === "end" ? [less, total - less] : [total - less, less];
  }) as [[number, number], [number, number]];
  return [vertical[0], horizontal[0], vertical[1], horizontal[1]];
}
