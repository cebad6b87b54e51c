import { StropError } from "../../src/errors.js";
import type { Case } from "./suite.js";

export type Status = "passed" | "failed" | "unsupported";

/** What became of a case, and, unless it passed, why. */
export interface Outcome {
  readonly status: Status;
  readonly why?: string;
}

/** Runs a case in its own way. */
export type Driver = (one: Case) => Outcome;

export const PASSED: Outcome = { status: "passed" };

/** Passed, unless something is wrong. */
export function judged(wrong: string | undefined): Outcome {
  return wrong === undefined ? PASSED : { status: "failed", why: wrong };
}

export function unsupported(why: string): Outcome {
  return { status: "unsupported", why };
}

/** Runs something of ours: what it refuses in a sentence is not supported, whatever else it throws is a bug. */
export function attempt(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    if (error instanceof StropError) return unsupported(problemOf(error));
    return { status: "failed", why: String(error) };
  }
}

/** The sentence without the place, which the case is, and without the way out. */
function problemOf({ message, where, hint }: StropError): string {
  const start = where ? where.length + 2 : 0;
  const end = hint ? message.length - hint.length - 1 : message.length;
  return message.slice(start, end).replace(/\.$/, "");
}

/** The worst that was seen: wrong numbers anywhere fail the case. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  const find = (status: Status) => outcomes.find((outcome) => outcome.status === status);
  return find("failed") ?? find("unsupported") ?? PASSED;
}
