import { Ptr } from "../base/ptr";
import { isDigit } from "./decimal";
import { print, printLiteral, printString } from "./print";
import { refusal, refuseUsage } from "./refuse";
import { argumentsGet } from "./system";

// The words of the command line. They stay where the engine put them, each ended by NUL; a missing one is 0.

const ARGUMENTS_MOST: u32 = 32;
const STRING_BYTES: u32 = 4096;
const ARGV: Ptr = memory.data(4 * (32 + 1), 4);
const STRINGS: Ptr = memory.data(4096, 4);
/** How many there are. */
const COUNT: Ptr = memory.data(4, 4);

/** Reads the words. Does not come back from a line without a command. Tells whether help is asked for. */
export function argumentsRead(): bool {
  const count = argumentsGet(ARGV, ARGUMENTS_MOST, STRINGS, STRING_BYTES);
  if (count < 0) refuseOption("the command line is too long", 0);
  store<i32>(COUNT, count);
  for (let i = 1; i < count; ++i) {
    if (equals(argument(i), "--help") || equals(argument(i), "-h")) return true;
  }
  if (count < 2) refuseOption("no command is given", 0);
  return false;
}

/** Word i; 0 behind the last. The first one is the program's own name, the second the command. */
export function argument(i: u32): Ptr {
  return i < load<u32>(COUNT) ? <Ptr>load<u32>(ARGV + (i << 2)) : 0;
}

/** Begins with two dashes. */
export function isOption(word: Ptr): bool {
  return load<u16>(word) == 0x2d2d;
}

/** The word behind an option, which cannot do without it. */
export function optionValue(option: Ptr, value: Ptr): Ptr {
  if (value == 0) refuseOption("a value is missing after ", option);
  return value;
}

/** A whole number from 0 to 999 999 999; −1 if the word is none. */
export function readWhole(word: Ptr): i32 {
  let number = 0;
  let at = word;
  for (; isDigit(load<u8>(at)) && at - word < 9; ++at) number = number * 10 + load<u8>(at) - 48;
  return at == word || load<u8>(at) != 0 ? -1 : number;
}

export function equals(word: Ptr, literal: string): bool {
  const start = changetype<usize>(literal);
  const length = load<u32>(start - 4) >> 1;
  for (let i: u32 = 0; i < length; ++i) {
    if (load<u8>(word + i) != load<u8>(start + (i << 1))) return false;
  }
  return load<u8>(word + length) == 0;
}

/** "unknown option --x." */
export function refuseOption(problem: string, word: Ptr): void {
  refusal();
  printLiteral(changetype<usize>(problem));
  if (word != 0) printString(word);
  print(".");
  refuseUsage();
}
