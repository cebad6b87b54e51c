import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type NpyArray, readNpy } from "../data/npy.js";
import { readNpz } from "../data/npz.js";
import { StropError } from "../errors.js";
import type { ImportOptions } from "../onnx/import.js";
import { loadOnnx as loadBytes, type OnnxSource } from "../train/load.js";
import type { Model } from "../train/model.js";
import type { NumberArray } from "../train/options.js";
import { withFile } from "./errno.js";

/** A file by its path or its file: URL. */
export type FilePath = string | URL;

/** The bytes of a file. */
export function readFileBytes(path: string): Uint8Array {
  const { buffer, byteOffset, length } = withFile(path, () => readFileSync(path));
  // Not Node's own Buffer, whose slice() copies nothing.
  return new Uint8Array(buffer, byteOffset, length);
}

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

/** Reads a .npy file. */
export async function readArray(source: FilePath): Promise<NumberArray> {
  const path = pathOf(source);
  return named(readNpy(readFileBytes(path), path), path);
}

/** Rows, and where they are known labels or targets. */
export interface LabelledArrays {
  readonly x: NumberArray;
  readonly y: NumberArray | undefined;
}

/** Reads x from a .npy file and y, if given, from another; or both from a .npz file with the arrays x and y. */
export async function readData(data: string, labels?: string): Promise<LabelledArrays> {
  refuseTable(data);
  if (labels !== undefined) refuseTable(labels);
  const bytes = readFileBytes(data);
  if (!isZip(bytes) && !data.endsWith(".npz")) {
    const x = named(readNpy(bytes, data), data);
    return { x, y: labels === undefined ? undefined : await readArray(labels) };
  }
  const arrays = readNpz(bytes, data);
  if (labels !== undefined && arrays.has("y")) {
    throw new StropError(`the labels of ${data} are in the file itself`, {
      code: "bad-option",
      where: "--labels",
      hint: "Leave it out.",
      exitCode: 2,
    });
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

function refuseTable(path: string): void {
  if (!/\.(csv|tsv)$/i.test(path)) return;
  throw new StropError("tables are not supported yet", {
    code: "not-yet",
    where: path,
    hint: "Give .npy or .npz.",
    exitCode: 2,
  });
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

function pathOf(source: FilePath): string {
  return source instanceof URL ? fileURLToPath(source) : source;
}

function named({ shape, data }: NpyArray, name: string): NumberArray {
  return { shape, data, name };
}
