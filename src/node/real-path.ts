import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { withFile } from "./errno.js";

/** As many as Linux follows. */
const LINKS_MAX = 40;

/** A name that two paths to the same file share, whether the file is there yet or not. Throws a StropError. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const end = withFile(path, () => followLinks(path));
    try {
      return join(realpathSync(dirname(end)), basename(end));
    } catch {
      // Its folder is not there either: whoever opens it will say so.
      return end;
    }
  }
}

/** The end of a chain of links that leads to no file yet. */
export function followLinks(path: string): string {
  let at = resolve(path);
  for (let i = 0; i < LINKS_MAX; i++) {
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    at = resolve(realpathSync(dirname(at)), readlinkSync(at));
  }
  return at;
}
