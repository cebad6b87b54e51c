import { badOption, type OptionFamily, type OptionsOf } from "./options/option.js";
import type { Output } from "./output.js";

/** What a command has besides its files and options. */
export interface Context {
  readonly output: Output;
  /** From now on an interrupt aborts the signal instead of ending the process. */
  onInterrupt(): AbortSignal;
}

/** A command of the command line. */
export interface Command<F extends OptionFamily = OptionFamily> {
  readonly name: string;
  readonly help: string;
  /** What its files are called: MODEL. The first one is what errors without a place are about. */
  readonly files: readonly string[];
  readonly options: F;
  /** @returns the exit code; none is 0 */
  run(
    files: readonly string[],
    options: OptionsOf<F>,
    context: Context,
  ): Promise<number | undefined>;
}

/** Lets the options' types follow from the family. */
export function command<F extends OptionFamily>(spec: Command<F>): Command {
  return spec as unknown as Command;
}

/** The value of an option that the command cannot do without. */
export function required<T>(value: T | undefined, flag: string, hint: string): T {
  if (value === undefined) throw badOption(flag, "it is missing", hint);
  return value;
}
