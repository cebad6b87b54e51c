import { nearest } from "../nearest.js";
import { isNumeral } from "../numeral.js";
import { Growing } from "./growing.js";
import type { NpyArray } from "./npy.js";
import { type CellPlace, cellError, cellNumber, cellText, showCell } from "./table-cell.js";

/** The most classes that one column of text may have. */
const CLASSES_MAX = 2 ** 16;
const INT32_MAX = 2 ** 31 - 1;

/** A column of a table that is to be learned, as it grows. */
export interface TargetColumn {
  /** Whether the column's past may be an input too: numbers may, names of classes may not. */
  readonly numeric: boolean;
  add(cell: string, place: () => CellPlace): void;
  /** One target a record. */
  finish(): FinishedTarget;
}

export interface FinishedTarget {
  readonly array: NpyArray & { readonly data: Int32Array | Float32Array };
  /** The names of the classes by their number. */
  readonly classes?: readonly string[];
}

/**
 * A column whose first cell is a number is one of numbers; any other is one of classes.
 *
 * @param known the classes that a model has already: the column is then one of those
 */
export function targetColumn(first: string, known: readonly string[] | undefined): TargetColumn {
  if (known !== undefined) return new ClassColumn(known);
  return isNumeral(first) ? new NumberColumn() : new ClassColumn();
}

/** Whole numbers are labels, int32; numbers with a point or an exponent are values, float32. */
class NumberColumn implements TargetColumn {
  readonly numeric = true;
  readonly #values = new Growing((length) => new Float64Array(length));
  #labels = true;

  add(cell: string, place: () => CellPlace): void {
    const hint = "The first target is a number, so all must be.";
    const value = cellNumber(cell, place, hint);
    if (!/^[+-]?\d+$/.test(cell) || Math.abs(value) > INT32_MAX) this.#labels = false;
    this.#values.push(value);
  }

  finish(): FinishedTarget {
    const { values } = this.#values;
    const shape = [values.length];
    return this.#labels
      ? { array: { type: "int32", shape, data: Int32Array.from(values) } }
      : { array: { type: "float32", shape, data: Float32Array.from(values) } };
  }
}

/** Names of classes; numbered in the order of their names, or as the model has them. */
class ClassColumn implements TargetColumn {
  readonly numeric = false;
  readonly #codes = new Growing((length) => new Int32Array(length));
  readonly #numbers: Map<string, number>;
  readonly #known: readonly string[] | undefined;

  constructor(known?: readonly string[]) {
    this.#known = known;
    this.#numbers = new Map(known?.map((name, number) => [name, number]));
  }

  add(cell: string, place: () => CellPlace): void {
    const name = cellText(cell, place);
    const number = this.#numbers.get(name) ?? this.#addClass(name, place);
    this.#codes.push(number);
  }

  #addClass(name: string, place: () => CellPlace): number {
    const number = this.#numbers.size;
    if (this.#known !== undefined) throw unknownClass(name, this.#known, place());
    if (number === CLASSES_MAX) {
      const problem = `more than ${CLASSES_MAX} different texts`;
      throw cellError(place(), problem, "Is this column the target?");
    }
    this.#numbers.set(name, number);
    return number;
  }

  finish(): FinishedTarget {
    const data = this.#codes.values;
    const classes = this.#known ?? [...this.#numbers.keys()].sort();
    // Numbers were given in the order of the file.
    const sorted = new Map(classes.map((name, number) => [name, number]));
    const rank = Int32Array.from(this.#numbers.keys(), (name) => sorted.get(name) as number);
    const array = { type: "int32", shape: [data.length], data: data.map((code) => rank[code]!) };
    return { array: array as FinishedTarget["array"], classes };
  }
}

function unknownClass(name: string, known: readonly string[], place: CellPlace) {
  const near = nearest(name, known);
  const hint = near ? `Did you mean ${near}?` : `It knows ${listClasses(known)}.`;
  return cellError(place, `the model does not know the class ${showCell(name)}`, hint);
}

const LISTED_MAX = 20;

/** "0 cat, 1 dog" */
export function listClasses(classes: readonly string[]): string {
  const shown = classes
    .slice(0, LISTED_MAX)
    .map((name, i) => `${i} ${showCell(name).slice(1, -1)}`);
  const more = classes.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
