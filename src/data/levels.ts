/**
 * What bytes stand for: value[256·channel + byte]. A row of bytes is [outer, channels, inner], channels being
 * value.length / 256.
 */
export interface Levels {
  readonly values: Float32Array;
  readonly inner: number;
}

/** Whether they are for rows of so many bytes. */
export function fitsLevels({ values, inner }: Levels, elements: number): boolean {
  const channels = values.length / 256;
  return values instanceof Float32Array && channels > 0 && elements % (channels * inner) === 0;
}

/** target[k] = what source[k] stands for, for whole rows of bytes. */
export function copyLevels(
  { values, inner }: Levels,
  source: Uint8Array,
  target: Float32Array,
): void {
  for (let i = 0; i < source.length; ) {
    for (let base = 0; base < values.length; base += 256) {
      for (const end = i + inner; i < end; i++) target[i] = values[base + source[i]!]!;
    }
  }
}
