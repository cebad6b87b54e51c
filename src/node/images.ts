import { freemem } from "node:os";
import { join } from "node:path";
import {
  CHANNEL_ORDERS,
  type ChannelOrder,
  type ImageForm,
  imageForm,
} from "../data/images/form.js";
import { levelsOf, type Normalization, normalizationText } from "../data/images/normalize.js";
import { type Pixels, upright, withChannels } from "../data/images/pixels.js";
import { boxOf, IMAGE_FITS, type ImageFit, resize } from "../data/images/resize.js";
import { listClasses } from "../data/table-target.js";
import { formatRows } from "../data/values.js";
import { StropError } from "../errors.js";
import { nearest } from "../nearest.js";
import { nextTurn } from "../next-turn.js";
import type { LabelledArrays } from "../train/arrays.js";
import { checkKeys, type Kinds } from "../train/check-keys.js";
import { decodeImage, readImageHeader } from "./image-decoders.js";
import { type ImageFile, type ImageFolder, listImages } from "./image-files.js";
import { type FilePath, pathOf, readFileBytes } from "./paths.js";

/** What the images are made into. */
export interface ImageOptions extends Normalization {
  /** One row of the model's input, without the batch: [3, 32, 32] or [96, 96, 3]. */
  readonly shape: readonly number[];
  /** Which axis of the shape has the channels; default by its sizes. */
  readonly channels?: ChannelOrder;
  /** What becomes of an image of other proportions. Default stretch. */
  readonly fit?: ImageFit;
  /** The classes by their number, where a model has them already; default the folders' names, sorted. */
  readonly classes?: readonly string[];
  /** Rows only, whatever folders they are in. */
  readonly withoutTargets?: boolean;
}

const IMAGE_KINDS: Kinds<ImageOptions> = {
  shape: "list",
  channels: "any",
  fit: "any",
  scale: "any",
  mean: "any",
  std: "any",
  classes: "list",
  withoutTargets: "any",
};

/** Rows of bytes with what they stand for, and the file of each. */
export interface ImageArrays extends LabelledArrays {
  /** Below the folder, in the order of the rows: "cat/1.png". */
  readonly files: readonly string[];
}

/** Files between two turns of the event loop. */
const TURN_FILES = 32;

/**
 * Reads a folder of PNG and JPEG files, or one of such folders, each a class. The rows are bytes, a quarter of
 * the memory of float32; what a byte stands for goes with them.
 *
 * @throws StropError that names the file, for one that cannot be read
 */
export async function readImages(folder: FilePath, options: ImageOptions): Promise<ImageArrays> {
  const path = pathOf(folder);
  checkKeys(options, IMAGE_KINDS);
  const { shape = [], channels, fit = "stretch", withoutTargets } = options;
  checkName("--image-fit", fit, IMAGE_FITS);
  if (channels !== undefined) checkName("--image-channels", channels, CHANNEL_ORDERS);
  const form = imageForm(shape, channels);
  const levels = levelsOf(options, form);
  const listed = listImages(path);
  const labels = withoutTargets ? undefined : labelsOf(path, listed, options.classes);
  const { files } = listed;
  const elements = form.height * form.width * form.channels;
  const data = allocate(path, files.length, elements);
  const told = new Told();
  for (const [row, { name }] of files.entries()) {
    if (row % TURN_FILES === TURN_FILES - 1) await nextTurn();
    const pixels = readImage(join(path, name), form, fit, told);
    data.set(pixels, row * elements);
  }
  const x = { shape: [files.length, ...options.shape], data, name: path, levels };
  const what = `${files.length} images as ${formatRows(options.shape)}, channels ${form.order}`;
  const notes = [
    `${path}: ${what}; a number is the byte${normalizationText(options)}`,
    ...told.notes(path, files.length),
    ...leftOut(path, listed),
    ...(labels && !options.classes
      ? [`${path}: the classes are ${listClasses(labels.classes)}`]
      : []),
  ];
  const y = labels && { ...labels, shape: [files.length], name: path };
  return { x, y, notes, files: files.map(({ name }) => name) };
}

/** One file as a row. */
function readImage(path: string, form: ImageForm, fit: ImageFit, told: Told): Uint8Array {
  const header = readImageHeader(readFileBytes(path), path);
  told.add(header);
  const stored = withChannels(decodeImage(header, path), form.channels as 1 | 3);
  const seen = upright(stored, header.orientation);
  const fitted = resize(seen, form, boxOf(seen, form, fit));
  return form.order === "last" ? fitted.data : planes(fitted);
}

/** Channel by channel. */
function planes({ channels, data }: Pixels): Uint8Array {
  const pixels = data.length / channels;
  const to = new Uint8Array(data.length);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) to[c * pixels + i] = data[i * channels + c]!;
  }
  return to;
}

/** The number of each file's class; undefined where there are none. */
function labelsOf(
  folder: string,
  { files, classes: found }: ImageFolder,
  known: readonly string[] | undefined,
): { data: Int32Array; classes: readonly string[] } | undefined {
  if (found.length === 0) return undefined;
  const stray = files.find(({ className }) => className === undefined);
  if (stray) {
    throw new StropError("it lies beside the folders of the classes", {
      code: "image-folder",
      where: join(folder, stray.name),
      hint: "Move it into one of them.",
    });
  }
  const classes = known ?? found;
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const unknown = found.find((name) => !numbers.has(name));
  if (unknown !== undefined) throw unknownClass(join(folder, unknown), unknown, classes);
  const numberOf = ({ className }: ImageFile) => numbers.get(className as string) as number;
  return { data: Int32Array.from(files, numberOf), classes };
}

function unknownClass(where: string, name: string, classes: readonly string[]): StropError {
  const near = nearest(name, classes);
  return new StropError(`the model does not know the class '${name}'`, {
    code: "classes",
    where,
    hint: near ? `Did you mean ${near}?` : `It knows ${listClasses(classes)}.`,
  });
}

/** Memory for all rows, if there is so much. */
function allocate(folder: string, rows: number, elements: number): Uint8Array {
  const bytes = rows * elements;
  // The process may be in a container; before Node 20.13 nobody says so.
  const available = process.availableMemory?.() ?? freemem();
  const refusal = () =>
    new StropError(`its ${rows} images take ${bytes} bytes, and ${available} are free`, {
      code: "image-memory",
      where: folder,
      hint: "Train on a part of them, or on a model with a smaller input.",
    });
  if (bytes > available) throw refusal();
  try {
    return new Uint8Array(bytes);
  } catch {
    throw refusal();
  }
}

/** What has been done to some images, counted. */
class Told {
  private turned = 0;
  private transparent = 0;

  add({ orientation, hasAlpha }: { orientation: number; hasAlpha: boolean }): void {
    if (orientation !== 1) this.turned++;
    if (hasAlpha) this.transparent++;
  }

  notes(folder: string, all: number): string[] {
    const { turned, transparent } = this;
    return [
      ...(turned > 0
        ? [`${folder}: ${turned} of ${all} images turned upright, as their Exif says`]
        : []),
      ...(transparent > 0
        ? [
            `${folder}: ${transparent} of ${all} images transparent in places; only colours are taken`,
          ]
        : []),
    ];
  }
}

const SHOWN_MAX = 3;

function leftOut(folder: string, { others }: ImageFolder): string[] {
  if (others.length === 0) return [];
  const more = others.length > SHOWN_MAX ? `, and ${others.length - SHOWN_MAX} more` : "";
  const shown = others.slice(0, SHOWN_MAX).join(", ");
  return [`${folder}: left out, for they are named neither .png nor .jpg: ${shown}${more}`];
}

function checkName(where: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const details = { code: "bad-option", where, exitCode: 2 } as const;
  const hint = `There are ${names.join(", ")}.`;
  throw new StropError(`'${name}' is not known`, { ...details, hint });
}
