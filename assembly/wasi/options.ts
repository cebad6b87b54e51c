import { Ptr } from "../base/ptr";
import {
  argument,
  argumentsRead,
  equals,
  isOption,
  optionValue,
  readWhole,
  refuseOption,
} from "./arguments";
import { print, printTo } from "./print";
import { succeed } from "./refuse";
import { STDOUT } from "./system";

// What the command line of train, eval and predict says.

export const COMMAND_TRAIN: u32 = 1;
export const COMMAND_EVAL: u32 = 2;
const COMMAND_PREDICT: u32 = 3;

/** command, PROGRAM, X.npy, the third and fourth file, --checkpoint, --fresh, --every. */
const OPTIONS: Ptr = memory.data(32, 4);
const CHECKPOINT: u32 = 20;
const FRESH: u32 = 24;
const EVERY: u32 = 28;

export function optionCommand(): u32 {
  return load<u32>(OPTIONS);
}

/** File i of the command: PROGRAM, X.npy, then Y.npy and OUT, or OUT.npy. */
export function optionFile(i: u32): Ptr {
  return load<u32>(OPTIONS + (i << 2), 4);
}

/** The file of --checkpoint, or 0. */
export function optionCheckpoint(): Ptr {
  return load<u32>(OPTIONS, CHECKPOINT);
}

export function optionFresh(): bool {
  return load<u32>(OPTIONS, FRESH) != 0;
}

/** Save every so many steps; 0 is at each epoch's end only. */
export function optionEvery(): u32 {
  return load<u32>(OPTIONS, EVERY);
}

/** Reads the command line. Does not come back from a wrong one, nor from --help. */
export function optionsRead(): void {
  if (argumentsRead()) help();
  const command = readCommand(argument(1));
  store<u32>(OPTIONS, command);
  let files: u32 = 0;
  for (let i = 2; argument(i) != 0; ++i) {
    if (isOption(argument(i))) i += readOption(command, argument(i), argument(i + 1));
    else if (files == fileCount(command)) refuseOption("one file too many: ", argument(i));
    else store<u32>(OPTIONS + (++files << 2), <u32>argument(i));
  }
  if (files < fileCount(command)) refuseOption("too few files are given to ", argument(1));
}

function readCommand(word: Ptr): u32 {
  if (equals(word, "train")) return COMMAND_TRAIN;
  if (equals(word, "eval")) return COMMAND_EVAL;
  if (equals(word, "predict")) return COMMAND_PREDICT;
  refuseOption("unknown command ", word);
  return 0;
}

function fileCount(command: u32): u32 {
  return command == COMMAND_TRAIN ? 4 : 3;
}

/** Returns how many arguments behind the option belong to it. */
function readOption(command: u32, option: Ptr, value: Ptr): u32 {
  const trains = command == COMMAND_TRAIN;
  if (trains && equals(option, "--fresh")) {
    store<u32>(OPTIONS, 1, FRESH);
    return 0;
  }
  const every = trains && equals(option, "--every");
  if (!every && (trains || !equals(option, "--checkpoint"))) {
    refuseOption("unknown option ", option);
  }
  optionValue(option, value);
  store<u32>(OPTIONS + (every ? EVERY : CHECKPOINT), every ? readWhole(value) : <u32>value);
  if (every && <i32>optionEvery() < 1) refuseOption("--every wants a number of steps, not ", value);
  return 1;
}

function help(): void {
  printTo(STDOUT);
  print("strop train PROGRAM X.npy Y.npy OUT [--fresh] [--every N]\n");
  print("strop eval PROGRAM X.npy Y.npy [--checkpoint OUT]\n");
  print("strop predict PROGRAM X.npy OUT.npy [--checkpoint OUT]\n\n");
  print(
    "PROGRAM is made by 'strop build'. X.npy holds <f4 or |u1; Y.npy labels (<i4, <i8, |u1) or targets (<f4).\n",
  );
  print("train writes a checkpoint to OUT after each epoch, and goes on from it if it is there.\n");
  print("  --fresh    starts anew, replacing the checkpoint in OUT\n");
  print("  --every N  saves after every N steps too\n");
  succeed();
}
