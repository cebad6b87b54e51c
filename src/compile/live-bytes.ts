/** A place in memory, and the first and last instruction that need it. */
export interface PlacedRange {
  readonly offset: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

/**
 * How many bytes are live at each instruction of a procedure, by kind. Where one tensor is written over
 * another in place, the newer one counts.
 *
 * @param count of the instructions
 */
export function liveBytes<R extends PlacedRange, K>(
  ranges: readonly R[],
  count: number,
  kindOf: (range: R) => K,
): Map<K, number[]> {
  const series = new Map(ranges.map((range) => [kindOf(range), new Array<number>(count).fill(0)]));
  const starts = [...ranges].sort((a, b) => a.start - b.start);
  const ends = [...ranges].sort((a, b) => a.end - b.end);
  const live = new Map<number, R>();
  const now = new Map<K, number>();
  const add = (range: R, bytes: number) => {
    now.set(kindOf(range), (now.get(kindOf(range)) ?? 0) + bytes);
  };
  const leave = (range: R | undefined) => {
    if (!range || live.get(range.offset) !== range) return;
    live.delete(range.offset);
    add(range, -range.bytes);
  };
  let [started, ended] = [0, 0];
  for (let i = 0; i < count; i++) {
    while ((ends[ended]?.end ?? count) < i) leave(ends[ended++]);
    for (; (starts[started]?.start ?? count) <= i; started++) {
      const range = starts[started]!;
      leave(live.get(range.offset));
      live.set(range.offset, range);
      add(range, range.bytes);
    }
    for (const [kind, bytes] of now) series.get(kind)![i] = bytes;
  }
  return series;
}
