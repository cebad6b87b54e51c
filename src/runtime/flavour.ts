import { inflateSync } from "fflate";
import {
  relaxed,
  scalar,
  simd,
  solversScalar,
  solversSimd,
  wasiScalar,
  wasiSimd,
  wasiSolversScalar,
  wasiSolversSimd,
} from "#cores";
import { StropError } from "../errors.js";
import type { CoreBinary } from "./cores.js";
import { PAGE_BYTES, pagesFor } from "./wasm-memory.js";

/**
 * scalar runs on every engine; simd needs fixed 128-bit SIMD and gives the same bits; relaxed fuses
 * multiply and add where the engine likes, so its bits are the engine's. Opt-in only.
 */
export type Flavour = "scalar" | "simd" | "relaxed";

const cores: Readonly<Record<Flavour, CoreBinary>> = { scalar, simd, relaxed };

// A module of one function that splats an i32 into a v128 and drops it.
// biome-ignore format: a binary
const SIMD_PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
);

/** The best flavour of this engine whose bits are the same everywhere. */
export function defaultFlavour(): Flavour {
  return WebAssembly.validate(SIMD_PROBE) ? "simd" : "scalar";
}

/** The core's binary, and where its arena starts. */
export function coreBinary(flavour: Flavour): { bytes: Uint8Array; arenaStart: number } {
  const binary = cores[flavour];
  if (!binary) {
    throw new StropError(`'${flavour}' is no flavour of the core`, {
      code: "bad-option",
      where: "flavour",
      hint: `There are ${Object.keys(cores).join(", ")}.`,
      exitCode: 2,
    });
  }
  return decode(binary);
}

/** The WASI command's binary, and where its arena starts. */
export function commandBinary(flavour: "scalar" | "simd"): {
  bytes: Uint8Array;
  arenaStart: number;
} {
  return decode(flavour === "simd" ? wasiSimd : wasiScalar);
}

/** The solvers' binary, and where its arena starts. */
export function solversBinary(flavour: "scalar" | "simd"): {
  bytes: Uint8Array;
  arenaStart: number;
} {
  return decode(flavour === "simd" ? solversSimd : solversScalar);
}

/** The solvers' WASI command's binary, and where its arena starts. */
export function solveCommandBinary(flavour: "scalar" | "simd"): {
  bytes: Uint8Array;
  arenaStart: number;
} {
  return decode(flavour === "simd" ? wasiSolversSimd : wasiSolversScalar);
}

/** Linear memory of a core around an arena of that size: whole pages. */
export function coreMemoryBytes(flavour: Flavour | undefined, arenaBytes: number): number {
  return pagesFor(cores[flavour ?? defaultFlavour()].arenaStart + arenaBytes) * PAGE_BYTES;
}

function decode(binary: CoreBinary): { bytes: Uint8Array; arenaStart: number } {
  const text = atob(binary.deflated);
  const deflated = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { bytes: inflateSync(deflated), arenaStart: binary.arenaStart };
}
