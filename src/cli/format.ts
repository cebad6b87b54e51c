/** Lines of a table: columns as wide as their widest cell, two spaces apart; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[], indent = ""): string {
  const cells = rows.map((row) => row.map(cellText));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const lines = cells.map((row, r) =>
    row.map((cell, column) => {
      const isNumber = typeof rows[r]![column] === "number";
      return isNumber ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
    }),
  );
  return lines.map((row) => `${indent}${row.join("  ")}`.trimEnd()).join("\n");
}

function cellText(cell: string | number): string {
  return typeof cell === "number" ? count(cell) : cell;
}

/** 1,234,567 */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** 123,456 bytes (120.6 KiB) */
export function byteCount(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, "KiB"] : [bytes / 2 ** 20, "MiB"];
  return `${count(bytes)} bytes (${size.toFixed(1)} ${unit})`;
}

/** A loss: six digits. */
export function lossText(loss: number): string {
  return String(Number(loss.toPrecision(6)));
}

export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

/** 95.0 % */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** loss 0.123, accuracy 95.0 % */
export function evaluationText({ loss, accuracy }: { loss: number; accuracy?: number }): string {
  const share = accuracy === undefined ? "" : `, accuracy ${percent(accuracy)}`;
  return `loss ${lossText(loss)}${share}`;
}

/** Six digits. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
