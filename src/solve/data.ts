import { CLASSES_MAX } from "../../assembly/abi/solver.js";
import { readTargets } from "../data/targets.js";
import { finiteFloats, formatRows } from "../data/values.js";
import { StropError } from "../errors.js";
import { classesOf } from "../train/classes.js";
import { asArray } from "../train/input.js";
import type { Input } from "../train/options.js";

/** Rows for a solver, checked, and what they are called. */
export interface SolverRows {
  readonly rows: number;
  readonly columns: number;
  /** A row's shape, as the model of the solution will take it. */
  readonly rowShape: readonly number[];
  /** rows × columns, a row after the other. */
  readonly x: Float32Array;
  readonly name: string;
  /** What the user should know: "x.npy: float64 converted to float32". */
  readonly notes: readonly string[];
}

/**
 * Any form of x as float32 rows.
 *
 * @param rows how many there are, if known: a flat array is then cut into so many
 * @param fallback what they are called if they have no name
 */
export function solverRows(input: Input, rows?: number, fallback = "x"): SolverRows {
  const isFlat = typeof input === "object" && input !== null && "length" in input;
  const length = isFlat && typeof input[0] !== "object" ? input.length : 0;
  if (rows && length % rows !== 0) {
    const problem = `${length} numbers do not make ${rows} rows`;
    throw new StropError(problem, { code: "row-shape", where: fallback });
  }
  const { array, name } = asArray(input, fallback, rows ? length / rows : 1);
  const [count = 0, ...rowShape] = array.shape;
  const columns = rowShape.reduce((a, b) => a * b, 1);
  if (count === 0 || columns === 0) {
    const problem = `an array of shape ${formatRows(array.shape)} has no numbers`;
    throw new StropError(problem, { code: "row-count", where: name });
  }
  const notes: string[] = [];
  const x = finiteFloats(array, name, columns, notes);
  const shape = rowShape.length > 0 ? rowShape : [1];
  return { rows: count, columns, rowShape: shape, x, name, notes };
}

/** How many rows a form of y has. */
export function rowsOfTargets(y: Input): number {
  if (typeof y !== "object" || y === null) return 0;
  return "shape" in y ? (y.shape?.[0] ?? 0) : y.length;
}

/** Targets of a regression, those of an output after the other. */
export interface SolverTargets {
  readonly outputs: number;
  readonly y: Float64Array;
  readonly name: string;
}

/** Finite numbers, one or several a row. */
export function regressionTargets(input: Input, { rows, name: x }: SolverRows): SolverTargets {
  if (classesOf(input)) {
    throw new StropError("its target is words, and a regression needs numbers", {
      code: "target-shape",
      where: nameOf(input),
      hint: "Use strop solve logistic for classes.",
    });
  }
  const { array, name } = asArray(input, "y", 1);
  checkCount(array.shape, rows, name, x);
  const [, ...rest] = array.shape;
  const outputs = rest.reduce((a, b) => a * b, 1);
  const data = listOf(input) ?? (array.data as ArrayLike<number | bigint>);
  const y = new Float64Array(rows * outputs);
  for (let i = 0; i < y.length; i++) {
    const value = Number(data[i]);
    const row = Math.floor(i / outputs);
    if (!Number.isFinite(value)) {
      const where = `${name} row ${row}`;
      throw new StropError(`value is ${value}`, { code: "value-not-finite", where });
    }
    y[(i % outputs) * rows + row] = value;
  }
  return { outputs, y, name };
}

/** The numbers of plain lists, which are float64, while the arrays made of them are float32. */
function listOf(input: Input): readonly number[] | undefined {
  if (Array.isArray(input)) return input.flat(Number.POSITIVE_INFINITY) as number[];
  return "data" in input && Array.isArray(input.data) ? input.data : undefined;
}

/** Class numbers of a classification. */
export interface SolverLabels {
  readonly classes: number;
  /** The classes' names, if they have any. */
  readonly names: readonly string[] | undefined;
  readonly y: Uint32Array;
  readonly name: string;
  readonly notes: readonly string[];
}

/** A whole number from 0 a row; the classes are those of a table, or as many as the largest label says. */
export function classLabels(input: Input, { rows, name: x }: SolverRows): SolverLabels {
  const { array, name } = asArray(input, "y", 1);
  checkCount(array.shape, rows, name, x);
  const names = classesOf(input);
  const data = array.data as ArrayLike<number | bigint>;
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    // What is no whole number is told below, with its row.
    if (Number.isInteger(label)) largest = Math.max(largest, label);
  }
  const classes = names?.length ?? largest + 1;
  if (classes > CLASSES_MAX) {
    const problem = `label ${largest}, but a logistic regression has at most ${CLASSES_MAX} classes`;
    throw new StropError(problem, { code: "label-range", where: name });
  }
  const notes: string[] = [];
  const targets = readTargets(array, name, [Math.max(classes, 2)], { classes: {} }, notes);
  return { classes, names, y: Uint32Array.from(targets.data), name, notes };
}

function checkCount(shape: readonly number[], rows: number, name: string, x: string): void {
  if (shape[0] === rows) return;
  const found = shape.length === 0 ? "no" : String(shape[0]);
  throw new StropError(`${found} rows, but ${x} has ${rows}`, { code: "row-count", where: name });
}

function nameOf(input: Input): string {
  return typeof input === "object" && "name" in input ? (input.name ?? "y") : "y";
}
