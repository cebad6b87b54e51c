import { StropError } from "../errors.js";
import { copyLevels, fitsLevels, type Levels } from "./levels.js";
import type { NpyArray } from "./npy.js";
import { readTargets, type TargetSpec, type Targets } from "./targets.js";
import { finiteFloats, formatRows } from "./values.js";

/** An array and what to call it in errors: the file, or the argument. */
export interface Named {
  readonly array: NpyArray;
  readonly name: string;
  /** Of bytes: what they stand for; default themselves. */
  readonly levels?: Levels | undefined;
}

/** What the model says about its data. */
export interface DataSpec {
  /** One row of the model's input, without the batch: [784]. */
  readonly inputShape: readonly number[];
  /** One row of the model's output, without the batch: [10]. A single axis counts the classes. */
  readonly outputShape: readonly number[];
  /** What y may be; default class numbers or values, by its type and shape. */
  readonly targets?: TargetSpec;
}

const ANY_TARGETS: TargetSpec = { classes: {}, values: {} };

/** Rows ready for training: everything checked, everything of the core's types. */
export interface Dataset {
  readonly rows: number;
  /** Elements of one row of x. */
  readonly rowElements: number;
  /** rows × rowElements. Bytes stay bytes, a quarter of the memory, until they are fed. */
  readonly x: Float32Array | Uint8Array;
  /** What bytes stand for; undefined: themselves. */
  readonly levels?: Levels | undefined;
  /** Undefined where only x was given, for `predict`. */
  readonly y: Targets | undefined;
  /** What the user should know: "y.npy: int64 converted to int32". */
  readonly notes: readonly string[];
}

/**
 * Turns arrays into rows for a model. Rows are counted from 0, as NumPy does.
 *
 * @throws StropError that names file and row, for whatever does not fit the model
 */
export function makeDataset(
  arrays: { readonly x: Named; readonly y?: Named },
  spec: DataSpec,
): Dataset {
  const { x, y } = arrays;
  const notes: string[] = [];
  const row = spec.inputShape;
  const rows = checkRows(x, row, notes);
  if (y !== undefined && y.array.shape[0] !== rows) {
    const found = y.array.shape.length === 0 ? "no" : String(y.array.shape[0]);
    throw new StropError(`${found} rows, but ${x.name} has ${rows}`, {
      code: "row-count",
      where: y.name,
    });
  }
  const rowElements = row.reduce((a, b) => a * b, 1);
  return {
    rows,
    rowElements,
    ...elementsOf(x, rowElements, notes),
    y: y && readTargets(y.array, y.name, spec.outputShape, spec.targets ?? ANY_TARGETS, notes),
    notes,
  };
}

function elementsOf(
  { array, name, levels }: Named,
  rowElements: number,
  notes: string[],
): Pick<Dataset, "x" | "levels"> {
  if (array.type !== "uint8") return { x: finiteFloats(array, name, rowElements, notes) };
  if (levels === undefined) notes.push(`${name}: uint8 converted to float32`);
  else if (!fitsLevels(levels, rowElements)) {
    throw new StropError("what its bytes stand for is not for such rows", {
      code: "row-shape",
      where: name,
    });
  }
  return { x: array.data, levels };
}

/** All rows as the numbers that they are fed as. */
export function floatsOf({ x, levels }: Pick<Dataset, "x" | "levels">): Float32Array {
  if (x instanceof Float32Array) return x;
  if (levels === undefined) return Float32Array.from(x);
  const floats = new Float32Array(x.length);
  copyLevels(levels, x, floats);
  return floats;
}

/** How many rows x has, if they are shaped as the model's input, or differ from it by no more than a reshape. */
function checkRows(x: Named, row: readonly number[], notes: string[]): number {
  const [rows = 0, ...shape] = x.array.shape;
  const exact = sameSizes(shape, row);
  if (x.array.shape.length === 0 || !(exact || isReshaped(shape, row))) {
    throw new StropError(
      `rows of shape ${formatRows(x.array.shape)}, but the model's input is ${formatRows(["N", ...row])}`,
      { code: "row-shape", where: x.name },
    );
  }
  if (rows === 0) throw new StropError("it has no rows", { code: "row-count", where: x.name });
  if (!exact) {
    const found = shape.length === 1 ? `flat rows of ${shape[0]}` : `rows of ${formatRows(shape)}`;
    notes.push(`${x.name}: ${found} taken as ${formatRows(row)}`);
  }
  return rows;
}

/**
 * Whether rows of one shape are the same numbers in the same order as those of another: one of them is flat, or
 * the model's has axes of 1 more, as the channel of a grey image.
 */
function isReshaped(shape: readonly number[], row: readonly number[]): boolean {
  const elements = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  if (shape.length === 1 || row.length === 1) return elements(shape) === elements(row);
  return sameSizes(
    shape,
    row.filter((size) => size !== 1),
  );
}

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Some rows of a dataset, in the order given. */
export function takeRows(dataset: Dataset, indices: Uint32Array): Dataset {
  const { rowElements, y } = dataset;
  const rows = indices.length;
  const to = rows * rowElements;
  const x =
    dataset.x instanceof Uint8Array
      ? gathered(dataset.x, rowElements, indices, new Uint8Array(to))
      : gathered(dataset.x, rowElements, indices, new Float32Array(to));
  if (y === undefined) return { ...dataset, rows, x };
  const { elements } = y;
  const taken: Targets =
    y.kind === "classes"
      ? { ...y, data: gathered(y.data, 1, indices, new Int32Array(rows)) }
      : { ...y, data: gathered(y.data, elements, indices, new Float32Array(rows * elements)) };
  return { ...dataset, rows, x, y: taken };
}

function gathered<T extends Float32Array | Int32Array | Uint8Array>(
  from: T,
  elements: number,
  indices: Uint32Array,
  to: T,
): T {
  indices.forEach((row, i) => {
    to.set(from.subarray(row * elements, (row + 1) * elements), i * elements);
  });
  return to;
}
