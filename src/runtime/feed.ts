import { copyLevels, type Levels } from "../data/levels.js";

/** target[r] = source[indices[r]] for rows of `width` elements, or what their bytes stand for. */
export function copyRows(
  source: Float32Array | Int32Array | Uint8Array,
  width: number,
  indices: Uint32Array,
  target: Float32Array | Int32Array,
  levels?: Levels,
): void {
  if (width === 1 && levels === undefined) {
    for (let r = 0; r < indices.length; ++r) target[r] = source[indices[r] as number] as number;
    return;
  }
  for (let r = 0; r < indices.length; ++r) {
    const from = (indices[r] as number) * width;
    const row = source.subarray(from, from + width);
    if (levels === undefined) target.set(row, r * width);
    else {
      const to = target.subarray(r * width, (r + 1) * width);
      copyLevels(levels, row as Uint8Array, to as Float32Array);
    }
  }
}
