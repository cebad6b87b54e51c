import { readCsv as readCsvTable } from "../data/csv.js";
import { readIdx as readIdxArray } from "../data/idx.js";
import type { NpyArray } from "../data/npy.js";
import type { Table, TableOptions } from "../data/table.js";
import type { NumberArray } from "./options.js";

/** Rows, and where they are known labels or targets. */
export interface LabelledArrays {
  readonly x: NumberArray;
  readonly y: NumberArray | undefined;
  /** What the user should know: which class has which number. */
  readonly notes: readonly string[];
}

/**
 * Reads rows and targets from the bytes or the text of a CSV file.
 *
 * @param name of the file, for errors
 */
export async function readCsv(
  source: Uint8Array | string,
  options: TableOptions = {},
  name = "table",
): Promise<LabelledArrays> {
  return tableArrays(await readCsvTable(source, name, options), name);
}

/**
 * Reads an IDX file, MNIST's format, plain or packed by gzip.
 *
 * @param name of the file, for errors
 */
export function readIdx(bytes: Uint8Array, name = "array"): NumberArray {
  return named(readIdxArray(bytes, name), name);
}

/** A table as what `fit` takes. */
export function tableArrays({ x, y, classes, notes }: Table, name: string): LabelledArrays {
  return { x: named(x, name), y: y && { ...named(y, name), ...(classes && { classes }) }, notes };
}

/** An array with what errors call it. */
export function named({ shape, data }: NpyArray, name: string): NumberArray {
  return { shape, data, name };
}
