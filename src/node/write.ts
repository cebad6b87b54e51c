import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StropError } from "../errors.js";
import { withFile } from "./errno.js";
import { followLinks } from "./real-path.js";

/** Where the bytes for a path really go. */
type Target =
  /** A regular file, there or not yet, and the mode that it has or gets. */
  | { readonly kind: "file"; readonly path: string; readonly mode: number }
  /** A device or a pipe: written as it is, for nothing can take its place. */
  | { readonly kind: "device"; readonly path: string }
  /** Something that is open already: /dev/stdout. A socket could not be opened again. */
  | { readonly kind: "descriptor"; readonly fd: number };

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
    if (target.kind === "file") replaceFile(target.path, target.mode, bytes);
    else if (target.kind === "device") writeAndClose(openSync(target.path, "a"), bytes);
    else writeAll(target.fd, bytes);
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
    if (target.kind !== "file") return;
    const temporary = temporaryBeside(target.path);
    closeSync(openSync(temporary, "wx"));
    rmSync(temporary);
  });
}

/** Makes the folder if it is not there. Throws a StropError if it cannot be one. */
export function makeFolder(path: string): void {
  withFile(path, () => makeFolders(resolve(path)));
}

/** Node's own recursion never ends where a folder is there that takes no other: /proc. */
function makeFolders(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (!existsSync(parent)) makeFolders(parent);
  mkdirSync(path);
}

function replaceFile(path: string, mode: number, bytes: Uint8Array): void {
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
    writeAll(fd, bytes);
    sync?.(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // A full pipe that does not block: give its reader a millisecond.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
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
  const fd = descriptorOf(resolve(path));
  if (fd !== undefined) return { kind: "descriptor", fd };
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: "file", path: followLinks(path), mode: 0o666 };
  if (stat.isDirectory()) throw new StropError("it is a directory", { code: "file", where: path });
  if (!stat.isFile()) return { kind: "device", path };
  return { kind: "file", path: realpathSync(path), mode: stat.mode & 0o777 };
}

function descriptorOf(path: string): number | undefined {
  if (path === "/dev/stdout") return 1;
  if (path === "/dev/stderr") return 2;
  const [, fd] = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path) ?? [];
  return fd === undefined ? undefined : Number(fd);
}
