import { isGzip, isIdx, readIdx } from "../data/idx.js";
import { readNpy } from "../data/npy.js";
import { readNpz } from "../data/npz.js";
import type { TableOptions } from "../data/table.js";
import { StropError } from "../errors.js";
import type { ImportOptions } from "../onnx/import.js";
import { type LabelledArrays, named, tableArrays } from "../train/arrays.js";
import { loadOnnx as loadBytes, type OnnxSource } from "../train/load.js";
import type { Model } from "../train/model.js";
import type { NumberArray } from "../train/options.js";
import { readCsvFile } from "./csv.js";
import { isFolder } from "./image-files.js";
import { type ImageArrays, type ImageOptions, readImages } from "./images.js";
import { type FilePath, pathOf, readFileBytes } from "./paths.js";

/** Reads an ONNX model from its bytes, a path or a URL. Throws a StropError if it cannot be read or used. */
export async function loadOnnx(
  source: OnnxSource | FilePath,
  options: ImportOptions = {},
): Promise<Model> {
  const isPath =
    typeof source === "string" || (source instanceof URL && source.protocol === "file:");
  if (!isPath) return loadBytes(source, options);
  const path = pathOf(source);
  return loadBytes(readFileBytes(path), { name: path, ...options });
}

/** Reads a .npy or an IDX file. */
export async function readArray(source: FilePath): Promise<NumberArray> {
  const path = pathOf(source);
  return oneArray(readFileBytes(path), path);
}

/** How data are read: where the labels are, or which columns of a table they are. */
export interface DataOptions extends TableOptions {
  /** A file of labels or targets, for rows from .npy, .npz, IDX, or from images without classes. */
  readonly labels?: string;
  /** What the images of a folder are made into. */
  readonly images?: Omit<ImageOptions, "classes" | "withoutTargets">;
}

/** Arrays, and of images the file of each row. */
export type DataArrays = LabelledArrays & Partial<ImageArrays>;

/**
 * Reads x from a .npy or IDX file and y, if given, from another; or both from a .npz file with the arrays x and
 * y; or both from a table, a CSV file; or both from a folder of images in a folder for each class.
 */
export async function readData(data: string, options: DataOptions = {}): Promise<DataArrays> {
  const { labels, images, ...table } = options;
  const given = TABLE_OPTIONS.find((key) => table[key] !== undefined);
  if (isFolder(data)) {
    if (given !== undefined) throw notATable(given, data);
    return readFolder(data, options);
  }
  if (isTable(data) || (given !== undefined && !isArray(data))) {
    return readTable(data, labels, table);
  }
  if (given !== undefined) {
    throw notATable(given, data);
  }
  if (labels !== undefined && isTable(labels)) {
    throw usage("--labels", `${labels} is a table`, "Give rows and target in one table.");
  }
  const bytes = readFileBytes(data);
  if (!isZip(bytes) && !data.endsWith(".npz")) {
    const y = labels === undefined ? undefined : await readArray(labels);
    return { x: oneArray(bytes, data), y, notes: [] };
  }
  return { ...(await readPair(bytes, data, labels)), notes: [] };
}

/** Both arrays of a .npz file, or x from it and y from another file. */
async function readPair(
  bytes: Uint8Array,
  data: string,
  labels: string | undefined,
): Promise<Pick<LabelledArrays, "x" | "y">> {
  const arrays = readNpz(bytes, data);
  if (labels !== undefined && arrays.has("y")) {
    throw usage("--labels", `the labels of ${data} are in the file itself`, "Leave it out.");
  }
  const get = (key: string) => {
    const array = arrays.get(key);
    return array && named(array, `${data} (${key})`);
  };
  const x = get("x");
  if (x) return { x, y: labels === undefined ? get("y") : await readArray(labels) };
  throw new StropError("it has no array 'x'", {
    code: "npz-arrays",
    where: data,
    hint: `It has ${[...arrays.keys()].join(", ") || "none"}; save with numpy.savez(file, x=x, y=y).`,
  });
}

async function readFolder(
  folder: string,
  { labels, images, classes, withoutTargets }: DataOptions,
): Promise<ImageArrays> {
  if (images === undefined) {
    throw new StropError("it is a folder, and no model is there to say how large its images are", {
      code: "image-shape",
      where: folder,
    });
  }
  const own = { ...(classes && { classes }), ...(withoutTargets && { withoutTargets }) };
  const arrays = await readImages(folder, { ...images, ...own });
  if (labels === undefined) return arrays;
  if (arrays.y) {
    throw usage("--labels", `the classes of ${folder} are its folders`, "Leave it out.");
  }
  return { ...arrays, y: await readArray(labels) };
}

async function readTable(
  path: string,
  labels: string | undefined,
  options: TableOptions,
): Promise<LabelledArrays> {
  if (labels !== undefined) {
    const hint = "Give --target COLUMN in its place.";
    throw usage("--labels", `the labels of ${path} are in the table itself`, hint);
  }
  return tableArrays(await readCsvFile(path, options), path);
}

const TABLE_OPTIONS = ["target", "delimiter", "window", "stride", "horizon"] as const;

function isTable(path: string): boolean {
  return /\.(csv|tsv|txt)$/i.test(path);
}

/** What no option makes a table of. */
function isArray(path: string): boolean {
  return /(\.(npy|npz|gz)|-ubyte)$/i.test(path);
}

function notATable(option: string, data: string): StropError {
  return usage(`--${option}`, `it is for tables, and ${data} is none`, "A table is a CSV file.");
}

function usage(where: string, problem: string, hint: string): StropError {
  return new StropError(problem, { code: "bad-option", where, hint, exitCode: 2 });
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** A .npy file or, by its first bytes, an IDX file. */
function oneArray(bytes: Uint8Array, path: string): NumberArray {
  const read = isIdx(bytes) || isGzip(bytes) ? readIdx : readNpy;
  return named(read(bytes, path), path);
}
