import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as abi from "../../dist/assembly/abi/solver.js";
import { DONE } from "../../dist/assembly/abi/status.js";
import { writeNpy } from "../../dist/src/node.js";
import { SolverCore } from "../../dist/src/solve/solver-core.js";
import { normalArray } from "../lib/random.mjs";
import { timedRuns } from "../lib/statistics.mjs";

export const title = "k-means, 20 of Lloyd's iterations, 10000×64, 32 clusters";
export const unit = "a run";
export const settings = { rows: 10000, columns: 64, clusters: 32, iterations: 20, repeats: 10 };
export const quickSettings = { rows: 200, columns: 5, clusters: 3, repeats: 2 };

/** Normal numbers have no clusters, so no label settles before the last iteration. */
const rowsOf = ({ rows, columns }) => normalArray(rows * columns, 1);

export function prepare(settings, folder) {
  const shape = [settings.rows, settings.columns];
  writeFileSync(join(folder, "x.npy"), writeNpy({ shape, data: rowsOf(settings) }));
}

/** From the first rows as centres; the core's run alone. */
export function measure({ rows, columns, clusters, iterations, repeats }) {
  const x = rowsOf({ rows, columns });
  const problem = { method: abi.METHOD_KMEANS, rows, columns, outputs: clusters };
  const options = { init: abi.INIT_GIVEN, maxIterations: iterations };
  let inertia;
  const ms = timedRuns(repeats, () => {
    const core = new SolverCore({ ...problem, ...options }, "simd");
    core.floats(abi.SOLVER_X, x.length).set(x);
    core.floats(abi.SOLVER_CENTERS, clusters * columns).set(x.subarray(0, clusters * columns));
    const start = performance.now();
    while (core.run() !== DONE);
    const elapsed = performance.now() - start;
    inertia = core.number(abi.SOLVER_OBJECTIVE);
    return elapsed;
  });
  return { ms, result: inertia };
}
