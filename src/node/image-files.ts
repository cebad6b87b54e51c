import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { StropError } from "../errors.js";
import { withFile } from "./errno.js";

/** An image of a folder. */
export interface ImageFile {
  /** Below the folder: "cat/1.png". */
  readonly name: string;
  /** Of the folder that it lies in; undefined where that is the data's own. */
  readonly className: string | undefined;
}

export interface ImageFolder {
  /** By class, each in the order of the names. */
  readonly files: readonly ImageFile[];
  /** Sorted; empty where the images lie in the folder itself. */
  readonly classes: readonly string[];
  /** Names of what is no image, and is left out. */
  readonly others: readonly string[];
}

/** A link to a device has no end. */
const FILE_BYTES_MAX = 2 ** 28;

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Lists a folder of images, or of one folder for each class. Links are followed; what begins with a point is not
 * there; a name that does not end as PNG and JPEG files do is of no image.
 */
export function listImages(folder: string): ImageFolder {
  const top = entriesOf(folder);
  const classes = top.filter(({ isFolder }) => isFolder).map(({ name }) => name);
  const own = top.filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  const found: ImageFile[] = own.map((name) => ({ name, className: undefined }));
  for (const className of classes) {
    const path = join(folder, className);
    const entries = entriesOf(path);
    const inner = entries.find(({ isFolder }) => isFolder);
    if (inner) {
      const hint = "Images lie in the folder of their class.";
      throw folderError(join(path, inner.name), "it is a folder within a class", hint);
    }
    const images = entries.map(({ name }) => ({ name: `${className}/${name}`, className }));
    if (!images.some(isImage)) {
      throw folderError(path, "no PNG or JPEG file is in it", "Put some there, or remove it.");
    }
    found.push(...images);
  }
  const files = found.filter(isImage);
  if (files.length === 0) throw folderError(folder, "no PNG or JPEG file is in it");
  for (const { name } of files) checkFile(join(folder, name));
  const others = found.filter((file) => !isImage(file)).map(({ name }) => name);
  return { files, classes, others };
}

function isImage({ name }: ImageFile): boolean {
  return /\.(png|jpe?g)$/i.test(name);
}

function entriesOf(folder: string): { name: string; isFolder: boolean }[] {
  const names = withFile(folder, () => readdirSync(folder)).filter((name) => !name.startsWith("."));
  return names.sort().map((name) => ({ name, isFolder: isFolder(join(folder, name)) }));
}

function checkFile(path: string): void {
  const stat = withFile(path, () => statSync(path));
  if (!stat.isFile()) throw folderError(path, "it is no file");
  if (stat.size <= FILE_BYTES_MAX) return;
  throw folderError(path, `it has ${stat.size} bytes`, `At most ${FILE_BYTES_MAX} are read.`);
}

function folderError(where: string, problem: string, hint?: string): StropError {
  const details = { code: "image-folder", where };
  return new StropError(problem, hint === undefined ? details : { ...details, hint });
}
