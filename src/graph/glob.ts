import { StropError } from "../errors.js";

/** Whether a name fits a pattern: `*` stands for any run of characters, `?` for any one; the rest for itself. */
export function globMatches(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = n;
    } else if (pattern[p] === "?" || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      // Let the last star take one character more.
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/**
 * The names that fit any of the patterns.
 *
 * @param option where the patterns come from, for the error: "--freeze"
 * @param constants what inspect lists, too, but is never trained: an error of its own
 * @throws StropError with exit code 2 if a pattern fits no name
 */
export function matchNames(
  names: readonly string[],
  patterns: readonly string[],
  option: string,
  constants: readonly string[] = [],
): ReadonlySet<string> {
  const matched = new Set<string>();
  for (const pattern of patterns) {
    const hits = names.filter((name) => globMatches(pattern, name));
    if (hits.length === 0) {
      const constant = constants.find((name) => globMatches(pattern, name));
      const what = constant === undefined ? "" : `, but the constant '${constant}'`;
      throw new StropError(`the pattern '${pattern}' matches no parameter${what}`, {
        code: "pattern-no-match",
        where: option,
        hint: names.length === 0 ? "The model has none." : `The names are ${listed(names)}.`,
        exitCode: 2,
      });
    }
    for (const name of hits) matched.add(name);
  }
  return matched;
}

/** A few names of many, for a hint. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more: see strop inspect` : shown;
}
