import { StropError } from "../errors.js";
import type { NpyArray } from "./npy.js";
import { finiteFloats, formatRows } from "./values.js";

/** What training aims at: a class number a row, or `elements` values a row. */
export type Targets =
  | { readonly kind: "classes"; readonly elements: 1; readonly data: Int32Array }
  | { readonly kind: "values"; readonly elements: number; readonly data: Float32Array };

interface TargetSpec {
  readonly outputShape: readonly number[];
  readonly targets?: "classes" | "values";
}

/**
 * Checks targets against the model's output. Whole numbers are classes; floats of the output's shape are values;
 * floats of one a row, where the output has more, are classes if they are whole.
 */
export function readTargets(
  array: NpyArray,
  name: string,
  spec: TargetSpec,
  notes: string[],
): Targets {
  const row = spec.outputShape;
  const elements = row.reduce((a, b) => a * b, 1);
  const kind = spec.targets ?? kindOf(array, elements);
  if (kind === "classes") {
    return { kind, elements: 1, data: readLabels(array, name, row, notes) };
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
  return { kind, elements, data: finiteFloats(array, name, elements, notes) };
}

function kindOf({ type, shape }: NpyArray, elements: number): "classes" | "values" {
  if (type !== "float32" && type !== "float64") return "classes";
  const perRow = shape.slice(1).reduce((a, b) => a * b, 1);
  return perRow === 1 && elements > 1 ? "classes" : "values";
}

/** Class numbers, each from 0 to classes − 1. */
function readLabels(
  array: NpyArray,
  name: string,
  row: readonly number[],
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
    if (label < 0 || label >= classes) throw labelError(data, i, classes, name);
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
