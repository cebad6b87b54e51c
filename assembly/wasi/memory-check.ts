import { Ptr } from "../base/ptr";
import { print, printInteger } from "./print";
import { refusalOf, refuse } from "./refuse";

const PAGES: Ptr = memory.data(4, 4);

/** Refuses a file for which the memory behind `arenaStart` does not do. */
export function memoryCheck(path: Ptr, needed: u64, arenaStart: Ptr): void {
  // Through memory, for wasm3 0.4.7 cannot compile a memory.size that comes second in an expression.
  store<i32>(PAGES, memory.size());
  const given = <u64>load<u32>(PAGES) * 65536 - arenaStart;
  if (needed <= given) return;
  refusalOf(path);
  print(" needs ");
  printInteger(needed);
  print(" bytes, but this module was built with ");
  printInteger(given);
  print(": build it again with strop.");
  refuse();
}
