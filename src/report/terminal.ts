// Small pictures in plain text: data in, strings out.

const EIGHTHS = "▁▂▃▄▅▆▇█";

/** A share, 0 to 1, as a bar of `width` characters. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** A curve as one line of at most `width` characters: each is the mean of its stretch, on a scale from 0. */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(width, values.length);
  const means = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count);
    const to = Math.floor(((i + 1) * values.length) / count);
    return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
  const top = Math.max(...means, Number.MIN_VALUE);
  return means
    .map((mean) => EIGHTHS[Math.min(7, Math.max(0, Math.round((mean / top) * 7)))])
    .join("");
}

/** A gray picture, 0 to 1, as lines of half blocks: two rows of pixels to a line of text. */
export function picture(pixels: ArrayLike<number>, width: number, height: number): string[] {
  const lit = (row: number, column: number) =>
    row < height && (pixels[row * width + column] as number) > THRESHOLD;
  return Array.from({ length: Math.ceil(height / 2) }, (_, line) =>
    Array.from({ length: width }, (_, column) => {
      const upper = lit(2 * line, column);
      const lower = lit(2 * line + 1, column);
      if (upper) return lower ? "█" : "▀";
      return lower ? "▄" : " ";
    }).join(""),
  );
}

/** Pixels brighter than this are drawn. */
const THRESHOLD = 0.4;

/** Blocks of lines next to each other, each padded to its own width. */
export function sideBySide(blocks: readonly (readonly string[])[], gap: string): string[] {
  const height = Math.max(...blocks.map((lines) => lines.length));
  const widths = blocks.map((lines) => Math.max(...lines.map((line) => line.length)));
  return Array.from({ length: height }, (_, row) =>
    blocks
      .map((lines, i) => (lines[row] ?? "").padEnd(widths[i] as number))
      .join(gap)
      .trimEnd(),
  );
}
