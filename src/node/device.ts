import type { CompiledProgram } from "../compile/compile.js";
import { StropError } from "../errors.js";
import { commandBinary, coreBinary, type Flavour } from "../runtime/flavour.js";
import { pagesFor, setMemoryPages } from "../runtime/wasm-memory.js";

/** The names of those files. */
export const DEVICE_FILES = ["strop.wasm", "strop.scalar.wasm", "program.strop"] as const;

/**
 * What a device needs to train by itself: the program, and the WASI command in both flavours with memory for
 * exactly that program.
 *
 * @returns bytes by file name
 */
export function deviceFiles(
  program: CompiledProgram,
): ReadonlyMap<(typeof DEVICE_FILES)[number], Uint8Array> {
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

/** Throws a StropError if this engine cannot run that flavour of the core: Node 20 has no relaxed SIMD. */
export function checkFlavour(flavour: Flavour): void {
  if (WebAssembly.validate(coreBinary(flavour).bytes as Uint8Array<ArrayBuffer>)) return;
  throw new StropError(`this engine does not run the ${flavour} core`, {
    code: "flavour-unsupported",
    where: "--flavour",
    hint: "Leave it out, or use a newer Node.",
  });
}
