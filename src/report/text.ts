/** 1,234,567 */
export function countText(value: number): string {
  return value.toLocaleString("en-US");
}

/** A loss or a rate: four digits. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** 95.3 % */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** 938.4 KiB */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, "KiB"] : [bytes / 2 ** 20, "MiB"];
  return `${size.toFixed(1)} ${unit}`;
}

/** 1 step, 2 steps */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}
