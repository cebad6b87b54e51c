import { StropError } from "../errors.js";
import { isInRange } from "../ranges.js";
import { Growing } from "./growing.js";
import type { NpyArray } from "./npy.js";
import { type CellPlace, cellNumber, lineError } from "./table-cell.js";
import { type Columns, readColumns } from "./table-columns.js";
import {
  type FinishedTarget,
  listClasses,
  type TargetColumn,
  targetColumn,
} from "./table-target.js";
import { windowed, windowOf } from "./windows.js";

/** The most numbers that one table may have, 2 GiB of them. */
const CELLS_MAX = 2 ** 29;

/** What a table is to be read as. */
export interface TableOptions {
  /** Columns to learn: names of the header, or numbers from 0; a word may list several, parted by commas. */
  readonly target?: readonly string[];
  /** One character; default by the first line: comma, semicolon or tab. */
  readonly delimiter?: string;
  /** For series: a row is this many consecutive records. */
  readonly window?: number;
  /** Records from the start of a window to the start of the next; default 1. */
  readonly stride?: number;
  /** The target is that of so many records after the window's last one; default 0. */
  readonly horizon?: number;
  /** Names of classes by number, as the model has them; default: those of the file, sorted. */
  readonly classes?: readonly string[];
  /** For prediction: targets are left out where they are there at all. */
  readonly withoutTargets?: boolean;
}

/** A table as arrays. */
export interface Table {
  /** [records, columns], or [windows, steps, columns]. */
  readonly x: NpyArray;
  /** One a row, or [rows, targets]. Undefined without a target. */
  readonly y: NpyArray | undefined;
  /** What the labels of a target of text mean, by number. */
  readonly classes: readonly string[] | undefined;
  readonly notes: readonly string[];
}

interface NumberedRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Records of text in, arrays out; numbers are kept, texts are not, so that memory is that of the numbers. */
export class TableReader {
  readonly #file: string;
  readonly #options: TableOptions;
  #first: NumberedRecord | undefined;
  #layout: Layout | undefined;
  #line = 0;

  /** @param file for errors */
  constructor(file: string, options: TableOptions = {}) {
    checkTableOptions(options);
    this.#file = file;
    this.#options = options;
  }

  /** @param line of the record's end, from 1 */
  add(cells: readonly string[], line: number): void {
    this.#line = line;
    // An empty line is none, except where a cell is a line.
    const one = this.#first?.cells.length ?? this.#layout?.columns.count;
    if (cells.length === 1 && cells[0] === "" && one !== 1) return;
    if (this.#layout === undefined && this.#first === undefined) {
      this.#first = { cells, line };
      return;
    }
    this.#layout ??= this.#begin({ cells, line });
    this.#layout.add({ cells, line });
  }

  /** The line after the last record. */
  get nextLine(): number {
    return this.#line + 1;
  }

  finish(): Table {
    this.#layout ??= this.#begin(undefined);
    return this.#layout.finish();
  }

  #begin(second: NumberedRecord | undefined): Layout {
    const first = this.#first;
    if (first === undefined) throw emptyTable(this.#file);
    const { target = [], withoutTargets = false } = this.#options;
    const columns = readColumns(this.#file, first.cells, second?.cells, target, withoutTargets);
    const data = columns.header ? second : first;
    if (data === undefined) throw emptyTable(this.#file);
    const layout = new Layout(this.#file, columns, data.cells, this.#options);
    if (!columns.header) layout.add(first);
    return layout;
  }
}

function emptyTable(file: string): StropError {
  return new StropError("it has no records", { code: "row-count", where: file });
}

/** A table whose columns are known, and what has been read of it. */
class Layout {
  readonly #features: readonly number[];
  readonly #targets: readonly { readonly column: number; readonly values: TargetColumn }[];
  readonly #numbers = new Growing((length) => new Float32Array(length));
  readonly #hint: string;
  #records = 0;

  constructor(
    readonly file: string,
    readonly columns: Columns,
    first: readonly string[],
    readonly options: TableOptions,
  ) {
    const { horizon = 0, classes, withoutTargets } = options;
    const several = columns.targets.length > 1;
    this.#targets = columns.targets.map((column) => {
      const known = several ? undefined : classes;
      return { column, values: targetColumn(first[column] ?? "", known) };
    });
    const text = this.#targets.find(({ values }) => several && !values.numeric);
    if (text !== undefined) {
      const name = this.#name(text.column);
      throw new StropError(`the column ${name} of ${file} is text`, {
        code: "bad-option",
        where: "--target",
        hint: "Several targets must be numbers.",
        exitCode: 2,
      });
    }
    // What is foretold has a past, and that is known.
    const hidden = this.#targets.filter(({ values }) => horizon === 0 || !values.numeric);
    const left = new Set(hidden.map(({ column }) => column));
    this.#features = [...Array(columns.count).keys()].filter((column) => !left.has(column));
    if (withoutTargets) this.#targets = [];
    this.#hint =
      columns.targets.length > 0 || withoutTargets
        ? "Every column but the target must be numbers."
        : "If this is what to learn, give --target.";
  }

  add({ cells, line }: NumberedRecord): void {
    const { count } = this.columns;
    if (cells.length !== count) {
      const values = cells.length === 1 ? "1 value" : `${cells.length} values`;
      const problem = `${values}, but the first line has ${count}`;
      throw lineError(this.file, line, problem, "Is the delimiter another? See --delimiter.");
    }
    const place = (column: number) => (): CellPlace => {
      return { file: this.file, line, column: this.#name(column) };
    };
    for (const column of this.#features) {
      this.#numbers.push(cellNumber(cells[column]!, place(column), this.#hint));
    }
    for (const { column, values } of this.#targets) values.add(cells[column]!, place(column));
    this.#records++;
    if (this.#numbers.length > CELLS_MAX) {
      const problem = `more than ${CELLS_MAX} numbers`;
      throw lineError(this.file, line, problem, "Train on a part of the table.");
    }
  }

  finish(): Table {
    const { file, options } = this;
    const width = this.#features.length;
    const given = this.#targets.map(({ values }) => values.finish());
    const [target] = given;
    const window = windowOf(options, this.#targets.length > 0);
    const numbers = this.#numbers.values;
    if (window === undefined) {
      const x: NpyArray = { type: "float32", shape: [this.#records, width], data: numbers };
      return { x, y: joined(given), ...this.#told(target) };
    }
    const { x, y } = windowed(file, numbers, width, joined(given), window);
    return { x, y, ...this.#told(target) };
  }

  #told(target: FinishedTarget | undefined): Pick<Table, "classes" | "notes"> {
    const classes = target?.classes;
    if (classes === undefined || this.options.classes !== undefined) return { classes, notes: [] };
    const name = this.#name(this.#targets[0]!.column);
    const note = `${this.file}: the classes of ${name} are ${listClasses(classes)}`;
    return { classes, notes: [note] };
  }

  #name(column: number): string | number {
    return this.columns.header?.[column] || column;
  }
}

/** One target as a list, several side by side as float32. */
function joined(targets: readonly FinishedTarget[]): NpyArray | undefined {
  if (targets.length < 2) return targets[0]?.array;
  const rows = targets[0]!.array.data.length;
  const data = new Float32Array(rows * targets.length);
  targets.forEach(({ array }, t) => {
    for (let row = 0; row < rows; row++) data[row * targets.length + t] = array.data[row]!;
  });
  return { type: "float32", shape: [rows, targets.length], data };
}

/** Refuses impossible options by the names that the command line has for them. */
function checkTableOptions(options: TableOptions): void {
  const { target, delimiter, window, stride, horizon } = options;
  const refuse = (where: string, problem: string, hint?: string) => {
    const details = { code: "bad-option", where, exitCode: 2 } as const;
    throw new StropError(problem, hint === undefined ? details : { ...details, hint });
  };
  if (target !== undefined && !Array.isArray(target)) {
    refuse("--target", "it is not a list of columns");
  }
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n\0]/.test(delimiter))) {
    refuse("--delimiter", "it is not one character", "Give , or ; or tab.");
  }
  const sizes = { "--window": [window, 1], "--stride": [stride, 1], "--horizon": [horizon, 0] };
  for (const [where, [value, min]] of Object.entries(sizes)) {
    if (value === undefined) continue;
    const most = 2 ** 31 - 1;
    if (!isInRange(value, { min: min!, max: most, whole: true })) {
      refuse(where, `${value} is not a whole number from ${min}`);
    }
    if (window === undefined) refuse(where, "it needs --window");
  }
}
