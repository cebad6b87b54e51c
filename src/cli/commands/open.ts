import {
  checkFlavour,
  type DataOptions,
  DEFAULT_SCALE,
  isFolder,
  learnsLabels,
  loadOnnx,
  type Model,
  type NumberArray,
  readData,
} from "../../node.js";
import { type Context, required } from "../command.js";
import type { NamedFiles } from "../files.js";
import { imageOptions, type tableOptions } from "../options/data.js";
import { inputShapes } from "../options/input-shape.js";
import type { strategyOptions } from "../options/learning.js";
import { badOption, flagOf } from "../options/option.js";
import { strategyOf } from "../options/resolve.js";
import type { TrainOptions } from "../options/train.js";

/** Opens the model, with a fresh head if one is wanted, and tells what there is to know about it. */
export async function openModel(
  path: string,
  options: Pick<TrainOptions, "inputShape" | "head" | "seed" | "flavour"> & SourceOptions,
  { output }: Context,
): Promise<Model> {
  checkImageOptions(options);
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

type ImageKey = keyof typeof imageOptions;
type SourceOptions = Pick<TrainOptions, "data" | "labels" | keyof typeof tableOptions | ImageKey>;

/** Whom the data are for: how it numbers classes, if that is known, and how large its images are. */
export type Reader = Partial<Pick<Model, "classes" | "input">>;

/** What the options say of how --data is read. */
export function dataOptionsOf(options: SourceOptions, reader: Reader): DataOptions {
  const { labels, target, delimiter, window, stride, horizon } = options;
  const { classes, input } = reader;
  const images = input && imagesOf(options, input);
  return defined({ labels, target, delimiter, window, stride, horizon, classes, images });
}

function imagesOf(options: SourceOptions, input: Model["input"]): DataOptions["images"] {
  const { imageScale, imageMean, imageStd, imageFit, imageChannels } = options;
  const own = { scale: imageScale, mean: imageMean, std: imageStd, fit: imageFit };
  return { ...input, ...defined({ ...own, channels: imageChannels }) };
}

/** The options with how images become rows: as they say, or as the model was trained on images, or by default. */
export function withImageOptions<T extends SourceOptions>(options: T, model: Model): T {
  if (options.data === undefined || !isFolder(options.data)) return options;
  const { scale = DEFAULT_SCALE, mean, std, fit = "stretch" } = model.images ?? {};
  const [means, deviations] = [mean, std].map((numbers) => numbers && [numbers].flat());
  const own = { imageScale: scale, imageMean: means, imageStd: deviations, imageFit: fit };
  return { ...options, ...defined(own), ...defined(options) };
}

/** Leaves in the model how the images of a folder became its rows, for those who give it others. */
export function keepImageOptions(options: SourceOptions, model: Model): void {
  if (options.data === undefined || !isFolder(options.data)) return;
  const { imageScale: scale, imageMean: mean, imageStd: std, imageFit: fit } = options;
  model.images = defined({ scale, mean, std, fit });
}

/** Throws a StropError for an option of images where there are none. */
function checkImageOptions(options: SourceOptions): void {
  const { data } = options;
  const given = IMAGE_KEYS.find((key) => options[key] !== undefined);
  if (given === undefined || data === undefined || isFolder(data)) return;
  throw badOption(flagOf(given), `it is for a folder of images, and ${data} is none`);
}

const IMAGE_KEYS = Object.keys(imageOptions) as ImageKey[];

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  const there = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Defined<T>;
}

/** Reads the rows to train on; a strategy may do without labels. */
export async function readTraining(
  options: SourceOptions & Pick<TrainOptions, keyof typeof strategyOptions>,
  model: Model,
  context: Context,
): Promise<Rows> {
  const isNeeded = learnsLabels(strategyOf(options));
  if (isNeeded) return readLabelled(options, model, context);
  const { x, y, notes } = await readSource(options, model, "");
  for (const note of notes) context.output.note(note);
  return { x, y };
}

/**
 * Reads rows and their labels or targets: both must be there.
 *
 * @param reader the model, or with classes as the training set numbers them
 */
export async function readLabelled(
  options: SourceOptions,
  reader: Reader,
  { output }: Context,
  prefix: "" | "validation-" = "",
): Promise<Labelled> {
  const { x, y, notes } = await readSource(options, reader, prefix);
  for (const note of notes) output.note(note);
  if (y) return { x, y };
  throw badOption(
    `--${prefix}labels`,
    `there are no labels for ${options.data}`,
    "Give them as Y.npy, both as XY.npz with the arrays x and y, images in a folder for each class, " +
      "or --target COLUMN of a table.",
  );
}

function readSource(options: SourceOptions, reader: Reader, prefix: "" | "validation-") {
  const hint =
    "Give the rows: X.npy, XY.npz with the arrays x and y, IDX, T.csv, or a folder of images.";
  const data = required(options.data, `--${prefix}data`, hint);
  return readData(data, dataOptionsOf(options, reader));
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
  reader: Reader,
  context: Context,
): Promise<Labelled | undefined> {
  const { validationData: data, validationLabels: labels, ...others } = options;
  if (data === undefined) return undefined;
  return readLabelled({ ...others, data, labels }, reader, context, "validation-");
}
