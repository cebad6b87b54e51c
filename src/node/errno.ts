import { StropError } from "../errors.js";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "it is there already, and is no directory",
  EISDIR: "it is a directory",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENOENT: "no such file or directory",
  ENOSPC: "no space is left on the disk",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "not permitted",
  EPIPE: "nobody reads the pipe any more",
  EROFS: "the file system is read-only",
};

/** Does something with a file; what the system refuses becomes a StropError that names the file. */
export function withFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error, path);
  }
}

/** What the system refused as a StropError; any other error as it is. */
export function fileError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || error instanceof StropError || code === undefined) return error;
  if (code.startsWith("ERR_")) return error;
  return new StropError(REASONS[code] ?? code, { code: "file", where: path });
}
