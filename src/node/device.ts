import type { CompiledProgram } from "../compile/compile.js";
import { commandBinary } from "../runtime/flavour.js";
import { pagesFor, setMemoryPages } from "../runtime/wasm-memory.js";

/**
 * What a device needs to train by itself: the program, and the WASI command in both flavours with memory for
 * exactly that program.
 *
 * @returns bytes by file name
 */
export function deviceFiles(program: CompiledProgram): ReadonlyMap<string, Uint8Array> {
  const command = (flavour: "scalar" | "simd") => {
    const { bytes, arenaStart } = commandBinary(flavour);
    return setMemoryPages(bytes, pagesFor(arenaStart + program.plan.arenaBytes));
  };
  return new Map([
    ["strop.wasm", command("simd")],
    ["strop.scalar.wasm", command("scalar")],
    ["program.strop", program.bytes],
  ]);
}
