import { Command as CommanderCommand, CommanderError, Option } from "commander";
import { version } from "../node.js";
import type { Command, Context } from "./command.js";
import { build } from "./commands/build.js";
import { demo } from "./commands/demo.js";
import { dump } from "./commands/dump.js";
import { evaluate } from "./commands/eval.js";
import { inspect } from "./commands/inspect.js";
import { merge } from "./commands/merge.js";
import { plan } from "./commands/plan.js";
import { predict } from "./commands/predict.js";
import { solve } from "./commands/solve.js";
import { pretrain, train } from "./commands/train.js";
import { EXIT_DONE, EXIT_USAGE, reportError } from "./errors.js";
import { flagOf, type OptionFamily, type OptionSpec } from "./options/option.js";
import { type Given, readOptions } from "./options/read.js";
import { generalOptions } from "./options/run.js";
import { Output, voiceOf } from "./output.js";

const COMMANDS = [
  inspect,
  plan,
  train,
  pretrain,
  evaluate,
  predict,
  build,
  merge,
  solve,
  dump,
  demo,
];

/**
 * Runs one command line.
 *
 * @returns the exit code
 */
export async function runProgram(
  argv: readonly string[],
  onInterrupt: Context["onInterrupt"],
): Promise<number> {
  const output = new Output(voiceOf(argv));
  const run: Run = { output, onInterrupt, place: undefined, exitCode: EXIT_DONE };
  try {
    await makeProgram(run).parseAsync(argv, { from: "user" });
    return run.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_DONE;
    // Without a command, commander has shown the help on stderr.
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT_USAGE;
    return reportError(error, run.place, output);
  }
}

interface Run extends Context {
  place: string | undefined;
  exitCode: number;
}

function makeProgram(run: Run): CommanderCommand {
  const program = new CommanderCommand("strop")
    .description("Fine-tunes neural networks where the data is: ONNX in, training, ONNX out.")
    .version(version(), "--version", "the version")
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  for (const command of COMMANDS) register(program, command, run);
  return program;
}

function register(program: CommanderCommand, command: Command, run: Run): void {
  const family = { ...command.options, ...generalOptions };
  const own = program.command(command.name).description(command.help);
  for (const file of command.files) own.argument(`<${file}>`);
  for (const [key, spec] of Object.entries(family)) own.addOption(optionFor(key, spec));
  own.action(async () => {
    run.place = own.args[0] ?? command.name;
    const options = readOptions<OptionFamily>(command.options, own.opts<Given>());
    run.exitCode = (await command.run(own.args, options, run)) ?? EXIT_DONE;
  });
}

function optionFor(key: string, { value, help, many }: OptionSpec<unknown>): Option {
  const option = new Option(value ? `${flagOf(key)} <${value}>` : flagOf(key), help);
  // Here --no-shuffle and --no-decay GLOB are names of their own, not the opposite of others.
  option.negate = false;
  if (many) {
    option.argParser((word: string, before: string[] | undefined) => [...(before ?? []), word]);
    option.description += "; may be given again";
  }
  return option;
}
