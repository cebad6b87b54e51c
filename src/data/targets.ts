import { StropError } from "../errors.js";
import type { NpyArray } from "./npy.js";
import { finiteFloats, formatRows } from "./values.js";

/** What training aims at: a class number a row, or `elements` values a row. */
export type Targets =
  | { readonly kind: "classes"; readonly elements: 1; readonly data: Int32Array }
  | { readonly kind: "values"; readonly elements: number; readonly data: Float32Array };

export type TargetKind = Targets["kind"];

/** Which values a target may have. */
export interface Allowed {
  includes(value: number): boolean;
  /** "from 0 to 1" */
  readonly text: string;
  readonly hint: string;
}

/** What a loss takes as targets. Where that is both, the array's type and shape decide. */
export interface TargetSpec {
  /** A class number a row. */
  readonly classes?: {
    /** Of rows that do not count. */
    readonly ignored?: number | undefined;
  };
  /** As many values a row as the model has outputs. */
  readonly values?: { readonly allowed?: Allowed };
}

/** Checks targets against the model's row of outputs, and converts them to the core's types. */
export function readTargets(
  array: NpyArray,
  name: string,
  row: readonly number[],
  spec: TargetSpec,
  notes: string[],
): Targets {
  const elements = row.reduce((a, b) => a * b, 1);
  const isClasses = spec.classes && (!spec.values || targetKind(array, elements) === "classes");
  if (isClasses) {
    const data = readLabels(array, name, row, spec.classes?.ignored, notes);
    return { kind: "classes", elements: 1, data };
  }
  const [, ...shape] = array.shape;
  const exact = shape.length === row.length && shape.every((size, i) => size === row[i]);
  const flat = shape.length <= 1 && (shape[0] ?? 1) === elements;
  if (!exact && !flat) {
    throw new StropError(
      `targets of shape ${formatRows(array.shape)}, but the model's output is ${formatRows(["N", ...row])}`,
      { code: "target-shape", where: name },
    );
  }
  const data = finiteFloats(array, name, elements, notes);
  if (spec.values?.allowed) checkAllowed(data, name, elements, spec.values.allowed);
  return { kind: "values", elements, data };
}

/**
 * What an array looks like beside a model of so many outputs: one whole number a row is a class, one a row and
 * output a value. Of a model with one output, the type decides.
 */
export function targetKind({ type, shape }: NpyArray, elements: number): TargetKind {
  const perRow = shape.slice(1).reduce((a, b) => a * b, 1);
  if (elements > 1 && perRow === 1) return "classes";
  if (elements > 1 && perRow === elements) return "values";
  return isFloat(type) ? "values" : "classes";
}

export function isFloat(type: NpyArray["type"]): boolean {
  return type === "float32" || type === "float64";
}

function checkAllowed(data: Float32Array, name: string, elements: number, allowed: Allowed): void {
  const bad = data.findIndex((value) => !allowed.includes(value));
  if (bad < 0) return;
  throw new StropError(`target ${data[bad]} is not ${allowed.text}`, {
    code: "target-range",
    where: `${name} row ${Math.floor(bad / elements)}`,
    hint: allowed.hint,
  });
}

/** Class numbers, each from 0 to classes − 1, or the ignored one. */
function readLabels(
  array: NpyArray,
  name: string,
  row: readonly number[],
  ignored: number | undefined,
  notes: string[],
): Int32Array {
  const { type, shape } = array;
  if (row.length !== 1) {
    throw new StropError(`class labels for an output of shape ${formatRows(["N", ...row])}`, {
      code: "target-shape",
      where: name,
    });
  }
  if (shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
    throw new StropError(`labels of shape ${formatRows(shape)}, not one a row`, {
      code: "target-shape",
      where: name,
    });
  }
  if (type !== "int32") notes.push(`${name}: ${type} converted to int32`);
  const classes = row[0]!;
  const data = array.data as ArrayLike<number | bigint>;
  const labels = new Int32Array(data.length);
  for (let i = 0; i < labels.length; i++) {
    const label = Number(data[i]);
    if (!Number.isInteger(label)) {
      const problem = `label ${label} is not a whole number`;
      throw new StropError(problem, { code: "label-range", where: `${name} row ${i}` });
    }
    const isClass = label >= 0 && label < classes;
    if (!isClass && label !== ignored) throw labelError(data, i, classes, name);
    labels[i] = label;
  }
  return labels;
}

function labelError(
  data: ArrayLike<number | bigint>,
  row: number,
  classes: number,
  name: string,
): StropError {
  const label = Number(data[row]);
  // The head must hold every label of the file, not only the first that is too large.
  let largest = label;
  for (let i = row; i < data.length; i++) largest = Math.max(largest, Number(data[i]));
  const head = label >= 0 && largest < 2 ** 20 ? ` or give --head ${largest + 1}` : "";
  return new StropError(`label ${label}, but the model has ${classes} classes`, {
    code: "label-range",
    where: `${name} row ${row}`,
    hint: `Fix the labels${head}.`,
  });
}
