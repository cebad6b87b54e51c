import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as abi from "../../dist/assembly/abi/solver.js";
import { writeNpy } from "../../dist/src/node.js";
import { SolverCore } from "../../dist/src/solve/solver-core.js";
import { normalArray } from "../lib/random.mjs";
import { timedRuns } from "../lib/statistics.mjs";

export const title = "Lasso path, 1000×200, 100 alphas";
export const unit = "a path";
export const settings = { rows: 1000, columns: 200, alphas: 100, tol: 1e-4, repeats: 15 };
export const quickSettings = { rows: 60, columns: 10, alphas: 5, repeats: 2 };

/** Every tenth column counts; as much again is noise. */
function dataOf({ rows, columns }) {
  const x = normalArray(rows * columns, 1);
  const y = normalArray(rows, 2).map((noise, i) => {
    let sum = 3 * noise;
    for (let j = 0; j < columns; j += 10) sum += (x[i * columns + j] * (1 + (j % 7))) / 3;
    return sum;
  });
  return { x, y };
}

export function prepare(settings, folder) {
  const { x, y } = dataOf(settings);
  const write = (name, shape, data) =>
    writeFileSync(join(folder, `${name}.npy`), writeNpy({ shape, data }));
  write("x", [settings.rows, settings.columns], x);
  write("y", [settings.rows], y);
}

/** The core's run alone, centring included. */
export function measure({ rows, columns, alphas, tol, repeats }) {
  const { x, y } = dataOf({ rows, columns });
  const sizes = { method: abi.METHOD_ELASTIC_NET, rows, columns, outputs: 1, intercept: 1 };
  const path = { l1Ratio: 1, points: alphas, pathEps: 1e-3, tol, maxIterations: 1000 };
  let norm;
  const ms = timedRuns(repeats, () => {
    const core = new SolverCore({ ...sizes, ...path }, "simd");
    const stride = core.word(abi.SOLVER_X_COLUMN_STRIDE) / 4;
    const target = core.floats(abi.SOLVER_X, stride * columns);
    for (let j = 0; j < columns; ++j) {
      for (let i = 0; i < rows; ++i) target[j * stride + i] = x[i * columns + j];
    }
    core.doubles(abi.SOLVER_Y, rows).set(y);
    const start = performance.now();
    core.run();
    const elapsed = performance.now() - start;
    const coef = core.doubles(abi.SOLVER_COEF, alphas * columns);
    norm = coef.reduce((sum, w) => sum + Math.abs(w), 0);
    return elapsed;
  });
  return { ms, result: norm };
}
