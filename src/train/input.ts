import { checkHasBatch } from "../autodiff/check-batch.js";
import { lossTargets } from "../autodiff/losses/index.js";
import type { LossOptions } from "../compile/options.js";
import { type Dataset, makeDataset, type Named, takeRows } from "../data/dataset.js";
import type { NpyArray } from "../data/npy.js";
import { splitRows } from "../data/split.js";
import { isFloat, targetKind } from "../data/targets.js";
import { StropError } from "../errors.js";
import type { Graph, ValueInfo } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { formatShape, isBatched, rowShape, sameShape } from "../graph/shape.js";
import type { SourceNames } from "./fit.js";
import { flattenNested, isList } from "./nested.js";
import type { FitOptions, Input, NumberArray } from "./options.js";

/** Checked rows, what they are called, and the loss that suits them. */
export interface Data {
  readonly rows: Dataset;
  /** Its `targets` say what y holds; undefined without y. */
  readonly loss: LossOptions | undefined;
  readonly names: SourceNames;
}

/** Rows with labels or targets. */
export interface LabelledData extends Data {
  readonly loss: LossOptions;
}

/** Throws a StropError that names array and row if the rows, or their labels or targets, do not fit the model. */
export function prepareData(
  graph: Graph,
  given: LossOptions | undefined,
  x: Input,
  y: Input,
): LabelledData {
  checkHasBatch(graph.inputs[0]!);
  const { inputShape, outputShape, values } = modelShapes(graph);
  const rowsOfX = asArray(
    x,
    "x",
    inputShape.reduce((a, b) => a * b, 1),
  );
  const count = rowsOfX.array.shape[0] ?? 1;
  const arrays = { x: rowsOfX, y: asArray(y, "y", widthOf(y, count)) };
  const loss = given ?? lossFor(arrays.y.array, outputShape);
  const targets = lossTargets(loss, graph, values);
  const rows = makeDataset(arrays, { inputShape, outputShape, targets });
  const kind = rows.y?.kind;
  return {
    rows,
    loss: { ...loss, ...(kind && { targets: kind }) },
    names: { x: arrays.x.name, y: arrays.y.name },
  };
}

/** The loss that suits the targets: whole numbers are classes, or an answer of yes or no of one output. */
function lossFor(array: NpyArray, outputShape: readonly number[]): LossOptions {
  const elements = outputShape.reduce((a, b) => a * b, 1);
  const isValues = isFloat(array.type) && targetKind(array, elements) === "values";
  if (isValues) return { name: "mse" };
  return { name: elements > 1 ? "cross-entropy" : "binary-cross-entropy" };
}

/** Elements a row of a flat array has among so many rows. */
function widthOf(y: Input, rows: number): number {
  return typeof y === "object" && y !== null && "length" in y ? y.length / rows : 1;
}

/** Rows without labels. */
export function prepareInput(graph: Graph, x: Input): Omit<Data, "loss"> {
  const { inputShape, outputShape } = modelShapes(graph);
  const given = asArray(
    x,
    "x",
    inputShape.reduce((a, b) => a * b, 1),
  );
  const array = isBatched(graph.inputs[0]!.shape) ? given : asOneRow(given, inputShape);
  return {
    rows: makeDataset({ x: array }, { inputShape, outputShape }),
    names: { x: array.name, y: "y" },
  };
}

/** The whole input of a model without batch, as its only row. */
function asOneRow({ array, ...named }: Named, inputShape: readonly number[]): Named {
  const { shape } = array;
  const flat = inputShape.reduce((a, b) => a * b, 1);
  const exact = sameShape(shape, inputShape);
  if (!exact && !sameShape(shape, [flat]) && !sameShape(shape, [1, flat])) {
    throw new StropError(
      `an array of shape ${formatShape(shape)}, but the model's input is ${formatShape(inputShape)}`,
      { code: "row-shape", where: named.name },
    );
  }
  return { ...named, array: { ...array, shape: [1, ...inputShape] } };
}

/** The rows to train on, and those held out. */
export function splitData(
  graph: Graph,
  { rows, loss }: Data,
  { validationSplit, validationData, seed = 0 }: FitOptions,
): { training: Dataset; validation: Dataset | undefined } {
  if (validationSplit !== undefined && validationData) {
    throw new StropError("both a validation split and validation data are given", {
      code: "bad-option",
      hint: "Give one of them.",
      exitCode: 2,
    });
  }
  if (!loss && (validationData || validationSplit)) {
    throw new StropError("held-out rows are judged by their labels, and there are none", {
      code: "labels-missing",
      where: "validation",
      exitCode: 2,
    });
  }
  if (validationData) {
    const validation = prepareData(graph, loss, ...validationData).rows;
    return { training: rows, validation };
  }
  if (!validationSplit) return { training: rows, validation: undefined };
  const split = splitRows(rows.rows, validationSplit, seed);
  return { training: takeRows(rows, split.train), validation: takeRows(rows, split.validation) };
}

/** One row of the model's input and output, and the shapes of all its values. */
function modelShapes(graph: Graph): {
  inputShape: readonly number[];
  outputShape: readonly number[];
  values: ReadonlyMap<string, ValueInfo>;
} {
  const values = inferShapes(graph);
  const [input] = graph.inputs;
  const output = values.get(graph.outputs[0] as string);
  if (!input || !output) throw new Error("a graph without input or output");
  return { inputShape: rowShape(input.shape), outputShape: rowShape(output.shape), values };
}

/** Any form of input as an array with a shape. A flat one is cut into rows of `width` elements, if it can be. */
export function asArray(input: Input, fallback: string, width: number): Named {
  if (typeof input !== "object" || input === null) {
    throw new StropError(`${input} is not an array of numbers`, { code: "data", where: fallback });
  }
  if ("shape" in input) {
    const { shape, name = fallback } = input;
    if (!Array.isArray(shape) || !isList(input.data)) {
      throw new StropError("a shape without a list of numbers", { code: "data", where: name });
    }
    const data = Array.isArray(input.data) ? numbers(input.data, name) : input.data;
    const elements = shape.reduce((a, b) => a * b, 1);
    if (data.length !== elements) {
      const problem = `${data.length} numbers, but the shape [${shape.join(", ")}] has ${elements}`;
      throw new StropError(problem, { code: "data", where: name });
    }
    return { array: typed(data, shape), name, levels: input.levels };
  }
  if (Array.isArray(input) && typeof input[0] === "object") {
    const { shape, data } = flattenNested(input, fallback);
    return { array: typed(data, shape), name: fallback };
  }
  const data = ArrayBuffer.isView(input)
    ? (input as NumberArray["data"])
    : numbers(input as readonly number[], fallback);
  const rows = data.length / width;
  const cut = width > 1 && Number.isInteger(rows);
  return { array: typed(data, cut ? [rows, width] : [data.length]), name: fallback };
}

/** Whole numbers of int32 are labels; anything else is values. */
function numbers(values: readonly number[], name: string): Int32Array | Float32Array {
  const { data } = flattenNested(values, name);
  return values.every((value) => value === (value | 0)) ? Int32Array.from(values) : data;
}

function typed(data: NumberArray["data"], shape: readonly number[]): NpyArray {
  if (data instanceof Float32Array) return { type: "float32", shape, data };
  if (data instanceof Float64Array) return { type: "float64", shape, data };
  if (data instanceof Int32Array) return { type: "int32", shape, data };
  if (data instanceof Uint8Array) return { type: "uint8", shape, data };
  return { type: "int64", shape, data };
}
