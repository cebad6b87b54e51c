import { Ptr } from "../base/ptr";
import { print, printInteger, printLiteral } from "./print";
import { refusalOf, refuse } from "./refuse";

const PAGES: Ptr = memory.data(4, 4);

/**
 * Refuses a file for which the memory behind `arenaStart` does not do; `built` and `remedy` are the sentence around the
 * number of bytes that there are.
 */
export function memoryCheck(
  path: Ptr,
  needed: u64,
  arenaStart: Ptr,
  built: string,
  remedy: string,
): void {
  // Through memory, for wasm3 0.4.7 cannot compile a memory.size that comes second in an expression.
  store<i32>(PAGES, memory.size());
  const given = <u64>load<u32>(PAGES) * 65536 - arenaStart;
  if (needed <= given) return;
  refusalOf(path);
  print(" needs ");
  printInteger(needed);
  printLiteral(changetype<usize>(built));
  printInteger(given);
  printLiteral(changetype<usize>(remedy));
  refuse();
}
