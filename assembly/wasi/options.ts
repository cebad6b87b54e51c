import { Ptr } from "../base/ptr";
import { print, printLiteral, printString, printTo } from "./print";
import { refusal, refuseUsage, succeed } from "./refuse";
import { argumentsGet, STDOUT } from "./system";

// What the command line says. Strings stay where the engine put them; a missing one is 0.

export const COMMAND_TRAIN: u32 = 1;
export const COMMAND_EVAL: u32 = 2;
const COMMAND_PREDICT: u32 = 3;

const ARGUMENTS_MOST: u32 = 16;
const STRING_BYTES: u32 = 4096;
const ARGV: Ptr = memory.data(4 * (16 + 1), 4);
const STRINGS: Ptr = memory.data(4096, 4);

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
  const count = argumentsGet(ARGV, ARGUMENTS_MOST, STRINGS, STRING_BYTES);
  if (count < 0) refuseOption("the command line is too long", 0);
  for (let i = 1; i < count; ++i) {
    if (equals(argument(i), "--help") || equals(argument(i), "-h")) help();
  }
  if (count < 2) refuseOption("no command is given", 0);
  const command = readCommand(argument(1));
  store<u32>(OPTIONS, command);
  let files: u32 = 0;
  for (let i = 2; i < count; ++i) {
    if (load<u16>(argument(i)) == 0x2d2d) {
      i += readOption(command, argument(i), i + 1 < count ? argument(i + 1) : 0);
    } else if (files == fileCount(command)) refuseOption("one file too many: ", argument(i));
    else store<u32>(OPTIONS + (++files << 2), <u32>argument(i));
  }
  if (files < fileCount(command)) refuseOption("too few files are given to ", argument(1));
}

function argument(i: u32): Ptr {
  return load<u32>(ARGV + (i << 2));
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
  if (value == 0) refuseOption("a value is missing after ", option);
  store<u32>(OPTIONS + (every ? EVERY : CHECKPOINT), every ? readCount(value) : <u32>value);
  return 1;
}

/** A whole number from 1 to 999 999 999. */
function readCount(word: Ptr): u32 {
  let count: u32 = 0;
  let at = word;
  for (; load<u8>(at) - 48 < 10 && at - word < 9; ++at) count = count * 10 + load<u8>(at) - 48;
  if (count == 0 || load<u8>(at) != 0) refuseOption("--every wants a number of steps, not ", word);
  return count;
}

function equals(word: Ptr, literal: string): bool {
  const start = changetype<usize>(literal);
  const length = load<u32>(start - 4) >> 1;
  for (let i: u32 = 0; i < length; ++i) {
    if (load<u8>(word + i) != load<u8>(start + (i << 1))) return false;
  }
  return load<u8>(word + length) == 0;
}

function refuseOption(problem: string, word: Ptr): void {
  refusal();
  printLiteral(changetype<usize>(problem));
  if (word != 0) printString(word);
  print(".");
  refuseUsage();
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
