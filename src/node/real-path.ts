import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** As many as Linux follows. */
const LINKS_MAX = 40;

/** A name that two paths to the same file share, whether the file is there yet or not. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return realEnd(path);
  }
}

function realEnd(path: string): string {
  try {
    const end = followLinks(path);
    return join(realpathSync(dirname(end)), basename(end));
  } catch {
    // Its folder is not there, or not ours: whoever opens it will say so.
    return resolve(path);
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
