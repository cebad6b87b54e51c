import {
  checkFlavour,
  type DataOptions,
  learnsLabels,
  loadOnnx,
  type Model,
  type NumberArray,
  readData,
} from "../../node.js";
import { type Context, required } from "../command.js";
import type { NamedFiles } from "../files.js";
import type { tableOptions } from "../options/data.js";
import { inputShapes } from "../options/input-shape.js";
import type { strategyOptions } from "../options/learning.js";
import { badOption } from "../options/option.js";
import { strategyOf } from "../options/resolve.js";
import type { TrainOptions } from "../options/train.js";

/** Opens the model, with a fresh head if one is wanted, and tells what there is to know about it. */
export async function openModel(
  path: string,
  options: Pick<TrainOptions, "inputShape" | "head" | "seed" | "flavour">,
  { output }: Context,
): Promise<Model> {
  if (options.flavour) checkFlavour(options.flavour);
  const model = await loadOnnx(path, { inputShape: inputShapes(options.inputShape) });
  for (const note of model.notes) output.note(`${path}: ${note}`);
  if (options.head !== undefined) model.replaceHead(options.head, options.seed);
  return model;
}

/** Rows, with their labels or targets if there are any. */
export interface Rows {
  readonly x: NumberArray;
  readonly y?: NumberArray | undefined;
}

export interface Labelled extends Rows {
  readonly y: NumberArray;
}

type SourceOptions = Pick<TrainOptions, "data" | "labels" | keyof typeof tableOptions>;

/** What the options say of how --data is read. */
export function dataOptionsOf(
  options: Omit<SourceOptions, "data">,
  classes: readonly string[] | undefined,
): DataOptions {
  const { labels, target, delimiter, window, stride, horizon } = options;
  const all = { labels, target, delimiter, window, stride, horizon, classes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Reads the rows to train on; a strategy may do without labels. */
export async function readTraining(
  options: SourceOptions & Pick<TrainOptions, keyof typeof strategyOptions>,
  model: Model,
  context: Context,
): Promise<Rows> {
  const isNeeded = learnsLabels(strategyOf(options));
  if (isNeeded) return readLabelled(options, model.classes, context);
  const { x, y, notes } = await readSource(options, model.classes, "");
  for (const note of notes) context.output.note(note);
  return { x, y };
}

/**
 * Reads rows and their labels or targets: both must be there.
 *
 * @param classes how the model, or the training set, numbers the classes of a table, if they are known
 */
export async function readLabelled(
  options: SourceOptions,
  classes: readonly string[] | undefined,
  { output }: Context,
  prefix: "" | "validation-" = "",
): Promise<Labelled> {
  const { x, y, notes } = await readSource(options, classes, prefix);
  for (const note of notes) output.note(note);
  if (y) return { x, y };
  throw badOption(
    `--${prefix}labels`,
    `there are no labels for ${options.data}`,
    "Give them as Y.npy, both as XY.npz with the arrays x and y, or --target COLUMN of a table.",
  );
}

function readSource(
  options: SourceOptions,
  classes: readonly string[] | undefined,
  prefix: "" | "validation-",
) {
  const hint = "Give the rows: X.npy, XY.npz with the arrays x and y, IDX, or T.csv.";
  const data = required(options.data, `--${prefix}data`, hint);
  return readData(data, dataOptionsOf(options, classes));
}

/** The files of rows that the options name. */
export function dataFiles(options: TrainOptions): NamedFiles {
  return {
    "--data": options.data,
    "--labels": options.labels,
    "--validation-data": options.validationData,
    "--validation-labels": options.validationLabels,
  };
}

/** The held-out rows, if they are given. */
export async function readValidation(
  options: TrainOptions,
  classes: readonly string[] | undefined,
  context: Context,
): Promise<Labelled | undefined> {
  const { validationData: data, validationLabels: labels, ...others } = options;
  if (data === undefined) return undefined;
  return readLabelled({ ...others, data, labels }, classes, context, "validation-");
}
