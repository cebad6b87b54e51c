import { CommanderError } from "commander";
import { StropError } from "../node.js";
import type { Output } from "./output.js";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_BUG = 70;
export const EXIT_INTERRUPTED = 130;

/** Commands that a later version brings. */
const LATER_COMMANDS = new Set(["bisect"]);

interface Failure {
  readonly exitCode: number;
  readonly code: string;
  /** "place: problem. Hint." */
  readonly line: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

/**
 * Tells what went wrong, in one line on stderr and with --json on stdout too.
 *
 * @param place what the command is about, for an error that does not say where it arose
 * @returns the exit code
 */
export function reportError(error: unknown, place: string | undefined, output: Output): number {
  const { exitCode, code, line, where, hint } = failureOf(error, place);
  const details = { code, message: line, where: where ?? null, hint: hint ?? null };
  output.error(line, details, error instanceof Error ? error.stack : undefined);
  return exitCode;
}

function failureOf(error: unknown, place: string | undefined): Failure {
  if (error instanceof StropError) {
    const { code, exitCode, hint, where = place } = error;
    const line = oneLine(error.where || !place ? error.message : `${place}: ${error.message}`);
    return { code, exitCode, hint, where, line };
  }
  if (error instanceof CommanderError) return usageFailure(error);
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  if (
    name === "RangeError" &&
    /allocat|array buffer|out of memory|invalid.*length/i.test(message)
  ) {
    const where = place ?? "memory";
    const line = `${where}: there is not enough memory for this run. See strop plan.`;
    return { exitCode: EXIT_FAILED, code: "memory", line, where, hint: "See strop plan." };
  }
  const hint =
    "This is a bug in Strop: please report it, as CONTRIBUTING.md says, with what --debug prints.";
  const line = oneLine(`internal error: ${message.replace(/\.$/, "")}. ${hint}`);
  return { exitCode: EXIT_BUG, code: "bug", line, where: place, hint };
}

/** What commander found wrong, in our form. */
function usageFailure({ code, message }: CommanderError): Failure {
  const quoted = /'(.+?)'/.exec(message)?.[1] ?? "";
  const near = /\(Did you mean (.+?)\?\)/.exec(message)?.[1];
  const meant = near && `Did you mean ${near}?`;
  const usage = (where: string, problem: string, hint = "See strop --help.") => {
    const line = `${where}: ${problem}. ${hint}`;
    return { exitCode: EXIT_USAGE, code: "usage", line, where, hint };
  };
  switch (code) {
    case "commander.unknownOption": {
      const option = quoted.replace(/=.*$/s, "");
      // A switch is known; what is not is what stands behind it.
      if (near === option) return usage(option, "it takes no value");
      return usage(option, "unknown option", meant);
    }
    case "commander.unknownCommand": {
      if (LATER_COMMANDS.has(quoted)) return usage(quoted, "this command is not there yet");
      return usage(quoted, "unknown command", meant);
    }
    case "commander.optionMissingArgument":
      return usage(quoted.replace(/ .*$/, ""), "its value is missing");
    case "commander.missingArgument":
      return usage(quoted, "it is missing");
    case "commander.excessArguments": {
      const [, expected, given] = /Expected (\d+) arguments? but got (\d+)/.exec(message) ?? [];
      return usage(quoted, `${given} files are given where it takes ${expected}`);
    }
    default:
      return usage("command line", oneLine(message.replace(/^error: /, "")).replace(/\.$/, ""));
  }
}

/** What a run finds; undefined if its signal came first. */
export async function interruptible<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StropError && error.code === "interrupted") return undefined;
    throw error;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}
