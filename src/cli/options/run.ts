import { RANGES } from "../../node.js";
import { badOption, choice, flag, number, type OptionSpec, show, text } from "./option.js";

const rowsOfBatch = number({ value: "N", help: "" }, RANGES.count);

const batch: OptionSpec<number | "all"> = {
  value: "N|all",
  help: "rows of a batch; default 32",
  read(raw, where) {
    if (raw === "all") return raw;
    try {
      return rowsOfBatch.read(raw, where);
    } catch {
      throw badOption(where, `${show(raw)} is neither a whole number from 1 nor 'all'`);
    }
  },
};

export const batchOption = { batch };

/** How long, and in which order. */
export const runOptions = {
  ...batchOption,
  dropLast: flag("leave out an epoch's last, smaller batch"),
  epochs: number({ value: "N", help: "default 10, or none if --steps is given" }, RANGES.count),
  steps: number({ value: "N", help: "optimizer updates" }, RANGES.count),
  noShuffle: flag("rows in the order of the file, every epoch"),
  cache: flag("compute once what comes out of layers that a phase leaves alone; it takes memory"),
  seed: number({ value: "N", help: "of shuffle, split and fresh weights; default 0" }, RANGES.seed),
};

export const seedOption = { seed: runOptions.seed };

/** What is written about a run. */
export const recordOptions = {
  checkpoints: text({
    value: "DIR",
    help: "the model as it stands after each phase of a strategy: DIR/1-layer-1.onnx",
  }),
  metrics: text({ value: "FILE", help: "a line of JSON a step and an epoch" }),
  report: text({ value: "FILE", help: "one HTML page with curves, confusion matrix and memory" }),
};

export const outOption = {
  out: text({ value: "FILE", help: "where the result goes; it appears whole or not at all" }),
};

export const configOption = {
  config: text({ value: "FILE", help: "the same options as keys of JSON; the command line wins" }),
};

export const flavourOption = {
  flavour: choice(
    {
      value: "NAME",
      help: "core: simd (default), scalar, or relaxed, whose bits are the engine's",
    },
    ["simd", "scalar", "relaxed"],
  ),
};

/** Every command has these. */
export const generalOptions = {
  json: flag("print exactly one JSON object on stdout"),
  quiet: flag("no progress and no notes"),
  debug: flag("the stack of an error"),
  noColor: flag("no colours, as with NO_COLOR"),
};
