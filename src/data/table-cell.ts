import { StropError } from "../errors.js";
import { isNumeral } from "../numeral.js";

/** Where a cell stands. Lines are counted from 1, as editors do. */
export interface CellPlace {
  readonly file: string;
  readonly line: number;
  /** By the header's name, or its number from 0. */
  readonly column: string | number;
}

const SHOWN_MAX = 40;

/** A cell in an error: in quotes, on one line, and not longer than a line. */
export function showCell(cell: string): string {
  const plain = cell.slice(0, SHOWN_MAX).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "·");
  return `'${plain}${cell.length > SHOWN_MAX ? "…" : ""}'`;
}

export function cellError(place: CellPlace, problem: string, hint: string): StropError {
  const { file, line, column } = place;
  const shown = typeof column === "string" ? showCell(column).slice(1, -1) : column;
  const where = `${file} line ${line}, column ${shown}`;
  return new StropError(problem, { code: "table-cell", where, hint });
}

/** A line that is wrong as a whole. */
export function lineError(file: string, line: number, problem: string, hint: string): StropError {
  const where = `${file} line ${line}`;
  return new StropError(problem, { code: "table-line", where, hint });
}

/**
 * The number in a cell.
 *
 * @throws StropError for an empty cell, for a word, and for what is no finite float32
 */
export function cellNumber(cell: string, place: () => CellPlace, hint: string): number {
  const value = isNumeral(cell) ? Number(cell) : Number.NaN;
  if (Number.isFinite(Math.fround(value))) return value;
  if (cell === "") throw missing(place());
  if (!Number.isNaN(value)) {
    throw cellError(place(), `${showCell(cell)} is too large for float32`, "Scale the column.");
  }
  if (/^[+-]?(nan|inf|infinity)$/i.test(cell)) {
    throw cellError(place(), `${showCell(cell)} is not finite`, "Correct it or leave it out.");
  }
  const comma = /^[+-]?\d+,\d+$/.test(cell);
  throw cellError(
    place(),
    `${showCell(cell)} is not a number`,
    comma ? "Write decimals with a point." : hint,
  );
}

/** The text in a cell; an empty one is a missing value. */
export function cellText(cell: string, place: () => CellPlace): string {
  if (cell === "") throw missing(place());
  return cell;
}

function missing(place: CellPlace): StropError {
  return cellError(place, "the value is missing", "Fill it in or leave the line out.");
}
