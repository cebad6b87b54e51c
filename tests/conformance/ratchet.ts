import type { Counts } from "./report.js";
import { count } from "./report.js";
import type { Result } from "./run.js";

/** The file that `--write` makes: what has passed, and must pass from then on. */
export const RATCHET_FILE = new URL("../fixtures/conformance.json", import.meta.url);

export interface Ratchet {
  readonly suite: string;
  readonly totals: Counts;
  /** By id, in order. */
  readonly passed: readonly string[];
}

export function ratchetOf(suite: string, results: readonly Result[]): Ratchet {
  const passed = results.filter(({ status }) => status === "passed").map(({ id }) => id);
  return { suite, totals: count(results), passed };
}

/** Cases that passed once and do not now. What another version of the suite no longer has is left out. */
export function fallen(before: Ratchet, now: Ratchet, results: readonly Result[]): string[] {
  const passed = new Set(now.passed);
  const all = new Set(results.map(({ id }) => id));
  return before.passed.filter(
    (id) => !passed.has(id) && (all.has(id) || before.suite === now.suite),
  );
}
