import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StropError } from "../errors.js";
import { withFile } from "./errno.js";

/** As many as Linux follows. */
const LINKS_MAX = 40;

/** Where the bytes for a path really go. */
interface Target {
  readonly path: string;
  /** A device, a pipe, or an open file by its descriptor: written as it is, for nothing can take its place. */
  readonly straight: boolean;
  /** Of the file that is replaced. */
  readonly mode: number;
}

/**
 * Writes a file so that it appears whole or not at all: into a temporary file beside it, which is brought to
 * the disk and takes its place. Through a symbolic link its target is replaced; a device is written straight.
 *
 * It works synchronously inside: no signal handler runs before the temporary file is gone.
 */
export async function writeFileWhole(path: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  withFile(path, () => {
    const target = targetOf(path);
    if (target.straight) writeAndClose(openSync(target.path, "a"), bytes);
    else replaceFile(target, bytes);
  });
}

/**
 * Finds out whether `writeFileWhole` could write there, and leaves nothing behind.
 *
 * @throws StropError that names the path
 */
export function checkWritable(path: string): void {
  withFile(path, () => {
    const target = targetOf(path);
    if (target.straight) return;
    const temporary = temporaryBeside(target.path);
    closeSync(openSync(temporary, "wx"));
    rmSync(temporary);
  });
}

/** Makes the folder if it is not there. Throws a StropError if it cannot be one. */
export function makeFolder(path: string): void {
  withFile(path, () => mkdirSync(path, { recursive: true }));
}

function replaceFile({ path, mode }: Target, bytes: Uint8Array): void {
  const temporary = temporaryBeside(path);
  const fd = openSync(temporary, "wx", mode);
  try {
    writeAndClose(fd, bytes, fsyncSync);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeAndClose(fd: number, bytes: Uint8Array, sync?: (fd: number) => void): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    sync?.(fd);
  } finally {
    closeSync(fd);
  }
}

/** Brings the new name to the disk, where the system knows how. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows cannot open a folder; the file itself is on the disk.
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

function targetOf(path: string): Target {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { path: followLinks(path), straight: false, mode: 0o666 };
  if (stat.isDirectory()) throw new StropError("it is a directory", { code: "file", where: path });
  // A regular file behind /dev/stdout has a reader with a position of its own.
  const straight = !stat.isFile() || /^\/(dev|proc)\//.test(resolve(path));
  return { path: straight ? path : realpathSync(path), straight, mode: stat.mode & 0o777 };
}

/** The end of a chain of links that leads to no file yet. */
function followLinks(path: string): string {
  let at = resolve(path);
  for (let i = 0; i < LINKS_MAX; i++) {
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    at = resolve(realpathSync(dirname(at)), readlinkSync(at));
  }
  return at;
}
