import { usage } from "./layer.js";

/** Along the height and the width of images. */
export type Sides = readonly [number, number];

export function positive(where: string, option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw usage(where, `${option} is ${value}, not a whole number above 0`);
}

/** A size along both axes of an image, that of a signal's missing one being 1. */
export function sidesOf(where: string, option: string, value: number | Sides, axes: 1 | 2): Sides {
  const [first, second] = Array.isArray(value)
    ? (value as unknown as Sides)
    : ([axes === 1 ? 1 : value, value] as Sides);
  return [positive(where, option, first), positive(where, option, second)];
}
