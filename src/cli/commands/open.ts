import { checkFlavour, loadOnnx, type Model, type NumberArray, readData } from "../../node.js";
import { type Context, required } from "../command.js";
import type { NamedFiles } from "../files.js";
import { inputShapes } from "../options/input-shape.js";
import { badOption } from "../options/option.js";
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

/** Rows with their labels or targets. */
export interface Labelled {
  readonly x: NumberArray;
  readonly y: NumberArray;
}

/** Reads --data and --labels, or --validation-data and --validation-labels: both arrays must be there. */
export async function readLabelled(
  data: string | undefined,
  labels: string | undefined,
  prefix: "" | "validation-" = "",
): Promise<Labelled> {
  const flag = `--${prefix}data`;
  const given = required(data, flag, "Give the rows: X.npy, or XY.npz with the arrays x and y.");
  const { x, y } = await readData(given, labels);
  if (y) return { x, y };
  throw badOption(
    `--${prefix}labels`,
    `there are no labels for ${given}`,
    "Give them as Y.npy, or both as XY.npz with the arrays x and y.",
  );
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
export async function readValidation(options: TrainOptions): Promise<Labelled | undefined> {
  const { validationData, validationLabels } = options;
  if (validationData === undefined) return undefined;
  return readLabelled(validationData, validationLabels, "validation-");
}
