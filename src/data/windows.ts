import { StropError } from "../errors.js";
import type { NpyArray } from "./npy.js";

/** How a series is cut. */
export interface Window {
  /** Records of a window. */
  readonly size: number;
  readonly stride: number;
  /** Records from a window's last to the one whose target it has; 0 where there is no target. */
  readonly ahead: number;
}

/** The most bytes that the windows of one table may take. */
const BYTES_MAX = 2 ** 31;

export function windowOf(
  options: { readonly window?: number; readonly stride?: number; readonly horizon?: number },
  hasTarget: boolean,
): Window | undefined {
  const { window, stride = 1, horizon = 0 } = options;
  return window === undefined
    ? undefined
    : { size: window, stride, ahead: hasTarget ? horizon : 0 };
}

/**
 * Cuts a series into windows: row i of x is the records i·stride … i·stride + size − 1, its target that of the
 * record `ahead` after the last of them.
 *
 * # Shapes
 * records [records · width], y [records] or [records, targets]; x [windows, size, width], y [windows, …]
 */
export function windowed(
  file: string,
  records: Float32Array,
  width: number,
  y: NpyArray | undefined,
  { size, stride, ahead }: Window,
): { x: NpyArray; y: NpyArray | undefined } {
  const count = records.length / width;
  const last = count - size - ahead;
  if (last < 0) {
    const needed = ahead > 0 ? `${size} and a horizon of ${ahead}` : `${size}`;
    throw new StropError(`${count} records are too few for a window of ${needed}`, {
      code: "row-count",
      where: file,
    });
  }
  const windows = Math.floor(last / stride) + 1;
  const elements = size * width;
  if (windows * elements * 4 > BYTES_MAX) {
    throw new StropError(`its windows take ${windows * elements * 4} bytes`, {
      code: "table-size",
      where: file,
      hint: `At most ${BYTES_MAX} are possible: give a larger --stride.`,
    });
  }
  const data = new Float32Array(windows * elements);
  for (let i = 0; i < windows; i++) {
    const start = i * stride * width;
    data.set(records.subarray(start, start + elements), i * elements);
  }
  const x: NpyArray = { type: "float32", shape: [windows, size, width], data };
  const first = size - 1 + ahead;
  return { x, y: y && everyTarget(y, windows, first, stride) };
}

/** The targets of the records first, first + stride, … */
function everyTarget(y: NpyArray, rows: number, first: number, stride: number): NpyArray {
  const [, ...shape] = y.shape;
  const elements = shape.reduce((a, b) => a * b, 1);
  const data = y.data.slice(0, rows * elements);
  for (let row = 0; row < rows; row++) {
    const from = (first + row * stride) * elements;
    for (let i = 0; i < elements; i++) data[row * elements + i] = y.data[from + i]!;
  }
  return { ...y, shape: [rows, ...shape], data } as NpyArray;
}
