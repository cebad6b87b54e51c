import { solveCommandBinary } from "../runtime/flavour.js";
import { pagesFor, setMemoryPages } from "../runtime/wasm-memory.js";
import type { Input } from "../train/options.js";
import { prepareKMeans } from "./kmeans.js";
import type { KMeansRunOptions } from "./kmeans-options.js";
import { prepareLinear } from "./linear.js";
import { type Named, refusalToError } from "./messages.js";
import type { LinearName, LinearOptions, LinearRunOptions } from "./options.js";
import { type Problem, SolverRefusal, solverArenaBytes } from "./solver-core.js";

/** The names of the files that a device needs to solve a problem by itself. */
export const SOLVER_FILES = ["solve.wasm", "solve.scalar.wasm"] as const;

export interface SolverDevice {
  /** The WASI command in both flavours, with memory for exactly this problem, by file name. */
  readonly files: ReadonlyMap<(typeof SOLVER_FILES)[number], Uint8Array>;
  readonly rows: number;
  readonly columns: number;
  readonly arenaBytes: number;
}

/** For rows and targets as these, and options that need no more memory. */
export function linearDevice(
  method: LinearName,
  x: Input,
  y: Input,
  options: LinearOptions & Pick<LinearRunOptions, "intercept" | "seed">,
): SolverDevice {
  const { problem, named } = prepareLinear(method, x, y, options);
  return deviceOf(problem, named);
}

/** The same for k-means. */
export function kmeansDevice(x: Input, options: KMeansRunOptions): SolverDevice {
  const { problem, named } = prepareKMeans(x, options);
  return deviceOf(problem, named);
}

function deviceOf(problem: Problem, named: Named): SolverDevice {
  try {
    const arenaBytes = solverArenaBytes(problem, "scalar");
    const command = (flavour: "scalar" | "simd") => {
      const { bytes, arenaStart } = solveCommandBinary(flavour);
      return setMemoryPages(bytes, pagesFor(arenaStart + arenaBytes));
    };
    return {
      files: new Map([
        ["solve.wasm", command("simd")],
        ["solve.scalar.wasm", command("scalar")],
      ]),
      rows: named.rows,
      columns: named.columns,
      arenaBytes,
    };
  } catch (error) {
    throw error instanceof SolverRefusal ? refusalToError(error, named) : error;
  }
}
