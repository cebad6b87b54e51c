import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withFile } from "./errno.js";

/** A file by its path or its file: URL. */
export type FilePath = string | URL;

export function pathOf(source: FilePath): string {
  return source instanceof URL ? fileURLToPath(source) : source;
}

/** The bytes of a file. */
export function readFileBytes(path: string): Uint8Array {
  const { buffer, byteOffset, length } = withFile(path, () => readFileSync(path));
  // Not Node's own Buffer, whose slice() copies nothing.
  return new Uint8Array(buffer, byteOffset, length);
}
