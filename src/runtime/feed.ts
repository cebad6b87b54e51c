/** target[r] = source[indices[r]] for rows of `width` elements. */
export function copyRows(
  source: Float32Array | Int32Array,
  width: number,
  indices: Uint32Array,
  target: Float32Array | Int32Array,
): void {
  if (width === 1) {
    for (let r = 0; r < indices.length; ++r) target[r] = source[indices[r] as number] as number;
    return;
  }
  for (let r = 0; r < indices.length; ++r) {
    const from = (indices[r] as number) * width;
    target.set(source.subarray(from, from + width), r * width);
  }
}
