import { StropError } from "../errors.js";
import type { NpyArray } from "./npy.js";

/** "[100, 784]" */
export function formatRows(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The elements as finite float32; another type is converted, and said so in the notes.
 *
 * @throws StropError that names the first row with NaN, an infinity, or a number too large for float32
 */
export function finiteFloats(
  array: NpyArray,
  name: string,
  rowElements: number,
  notes: string[],
): Float32Array {
  const { type, data } = array;
  const floats = type === "float32" ? data : Float32Array.from(data as ArrayLike<number>, Number);
  if (type !== "float32") notes.push(`${name}: ${type} converted to float32`);
  if (type === "float32" || type === "float64") {
    const bad = firstNotFinite(floats as Float32Array);
    if (bad !== undefined) throw notFinite(data[bad]!, bad, rowElements, name);
  }
  return floats;
}

/** A loop: `findIndex` takes five times as long, which shows on a million numbers. */
function firstNotFinite(values: Float32Array): number | undefined {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return undefined;
}

function notFinite(value: number, at: number, rowElements: number, name: string): StropError {
  const large = Number.isFinite(value);
  return new StropError(`value is ${value}${large ? ", too large for float32" : ""}`, {
    code: "value-not-finite",
    where: `${name} row ${Math.floor(at / rowElements)}`,
  });
}
