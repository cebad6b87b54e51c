import { StropError } from "../errors.js";
import { shuffledIndices } from "./pcg32.js";

/** The rows that train and the rows that validate, each in the order of the file. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * `--validation 0.2`: the last fifth of a seeded shuffle validates, the rest trains.
 *
 * @throws StropError with exit code 2 if a part would be empty
 */
export function splitRows(rows: number, fraction: number, seed: number): Split {
  const held = Math.round(rows * fraction);
  if (!(fraction > 0 && fraction < 1) || held < 1 || held >= rows) {
    throw new StropError(`a fraction of ${fraction} of ${rows} rows leaves a part empty`, {
      code: "validation-fraction",
      where: "--validation",
      exitCode: 2,
    });
  }
  const order = shuffledIndices(rows, seed);
  return { train: order.slice(0, rows - held).sort(), validation: order.slice(rows - held).sort() };
}
