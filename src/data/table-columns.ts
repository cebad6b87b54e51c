import { StropError } from "../errors.js";
import { nearest } from "../nearest.js";
import { isNumeral } from "../numeral.js";
import { showCell } from "./table-cell.js";

/** What the columns of a table are. */
export interface Columns {
  readonly count: number;
  /** Undefined where the first record is data. */
  readonly header: readonly string[] | undefined;
  /** Numbers of the columns that are to be learned, in the order asked for. */
  readonly targets: readonly number[];
}

/**
 * Tells header and targets from the first two records.
 *
 * The first is data if all of it is numbers, or if it has numbers and texts where the second has them; it is a
 * header after all if a target has the name of one of its texts.
 *
 * @param wanted names of columns, or their numbers from 0; several in one word are parted by commas
 * @param optional a target that is not there is none
 * @throws StropError with exit code 2 for a column that is not there
 */
export function readColumns(
  file: string,
  first: readonly string[],
  second: readonly string[] | undefined,
  wanted: readonly string[],
  optional: boolean,
): Columns {
  const words = wanted.flatMap((word) =>
    first.includes(word) ? [word] : word.split(",").map((part) => part.trim()),
  );
  const header = isHeader(first, second, words) ? first : undefined;
  const found = words.map((word) => columnOf(word, file, first.length, header, optional));
  const twice = found.findIndex((column, i) => column >= 0 && found.indexOf(column) < i);
  if (twice >= 0) throw targetError(`the column ${words[twice]} of ${file} is given twice`);
  const targets = found.filter((column) => column >= 0);
  if (targets.length === first.length) {
    throw targetError(`no other column of ${file} is left to learn from`);
  }
  return { count: first.length, header, targets };
}

function isHeader(
  first: readonly string[],
  second: readonly string[] | undefined,
  wanted: readonly string[],
): boolean {
  const kinds = first.map(isNumeral);
  if (kinds.every(Boolean)) return false;
  if (!kinds.some(Boolean)) return true;
  if (first.some((cell, i) => !kinds[i] && wanted.includes(cell))) return true;
  return kinds.some((kind, i) => kind !== isNumeral(second?.[i] ?? ""));
}

/** −1 if it is not there and need not be. */
function columnOf(
  word: string,
  file: string,
  count: number,
  header: readonly string[] | undefined,
  optional: boolean,
): number {
  const named = header?.indexOf(word) ?? -1;
  if (named >= 0) {
    if (header?.lastIndexOf(word) === named) return named;
    throw targetError(`${file} has two columns ${showCell(word)}`, "Give its number, from 0.");
  }
  if (/^\d+$/.test(word) && Number(word) < count) return Number(word);
  if (optional) return -1;
  const near = header && nearest(word, header);
  const columns = header ? `columns ${listed(header)}` : `no header, and columns 0 to ${count - 1}`;
  throw targetError(
    `${file} has no column ${showCell(word)}`,
    near ? `Did you mean ${showCell(near).slice(1, -1)}?` : `It has ${columns}.`,
  );
}

const LISTED_MAX = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_MAX).map((name) => showCell(name).slice(1, -1));
  return shown.join(", ") + (names.length > LISTED_MAX ? ", …" : "");
}

function targetError(problem: string, hint?: string): StropError {
  return new StropError(problem, {
    code: "bad-option",
    where: "--target",
    exitCode: 2,
    ...(hint === undefined ? {} : { hint }),
  });
}
