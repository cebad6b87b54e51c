import * as abi from "../../assembly/abi/solver.js";
import { DONE, EPOCH, PAUSED, ROWS } from "../../assembly/abi/status.js";
import { type Problem, SolverCore, type SolverFlavour } from "../../src/solve/solver-core.js";

export type Rows = readonly (readonly number[])[];
export const KMEANS_PLUS_PLUS = abi.INIT_KMEANS_PLUS_PLUS;
export const RANDOM = abi.INIT_RANDOM;

interface Options {
  /** Centres to start from, or how to choose them. */
  readonly init?: Rows;
  readonly start?: number;
  readonly seed?: number;
  readonly tol?: number;
  readonly maxIterations?: number;
  readonly batch?: number;
  readonly budget?: number;
  readonly flavour?: SolverFlavour;
  /** Stop after so many iterations, or before the first one. */
  readonly stopAfter?: number;
  /** Say that there are more rows. */
  readonly rows?: number;
  /** Fields of the record that are forged. */
  readonly problem?: Problem;
}

/** Runs k-means in the solvers' core, with the rows as they are. */
export function cluster(x: Rows, clusters: number, options: Options) {
  const { init, start = KMEANS_PLUS_PLUS, batch = 0, budget = 0, stopAfter = Infinity } = options;
  const columns = x[0]!.length;
  const core = new SolverCore(
    {
      method: abi.METHOD_KMEANS,
      rows: options.rows ?? x.length,
      columns,
      outputs: clusters,
      init: init ? abi.INIT_GIVEN : start,
      seed: options.seed ?? 0,
      tol: options.tol ?? (batch ? 0 : 1e-4),
      maxIterations: options.maxIterations ?? 300,
      batch,
      ...options.problem,
    },
    options.flavour,
  );
  const fill = (indices: readonly number[]) =>
    core.floats(abi.SOLVER_X, indices.length * columns).set(indices.flatMap((row) => x[row]!));
  const labelsOf = (rows: number) => [...core.words(abi.SOLVER_LABELS, rows)];
  const centers = () => {
    const all = core.floats(abi.SOLVER_CENTERS, clusters * columns);
    return Array.from({ length: clusters }, (_, i) => [
      ...all.subarray(i * columns, (i + 1) * columns),
    ]);
  };
  if (init) core.floats(abi.SOLVER_CENTERS, clusters * columns).set(init.flat());
  if (!batch) fill(x.map((_, row) => row));
  const inertias: number[] = [];
  const asked: number[][] = [];
  const labels: number[] = [];
  let firstLabels: number[] = [];
  let pauses = 0;
  // Behind the choice of the centres comes the first labels step: a small budget stops there.
  if (stopAfter === 0) while (core.word(abi.SOLVER_STAGE) < STAGE_PANELS && core.run(1) === PAUSED);
  for (let status = PAUSED; status !== DONE && stopAfter > inertias.length; ) {
    const labelling = core.word(abi.SOLVER_POINT) === 1 && status === ROWS;
    status = core.run(budget);
    while (status === PAUSED) {
      ++pauses;
      status = core.run(budget);
    }
    if (labelling) labels.push(...labelsOf(asked.at(-1)!.length));
    if (status === ROWS) {
      asked.push([...core.words(abi.SOLVER_WANTED, core.word(abi.SOLVER_WANTED_ROWS))]);
      fill(asked.at(-1)!);
    }
    if (status === EPOCH || status === DONE) inertias.push(core.number(abi.SOLVER_OBJECTIVE));
    if (status === EPOCH && inertias.length === 1) firstLabels = labelsOf(x.length);
  }
  return {
    centers: centers(),
    labels: batch ? labels : labelsOf(x.length),
    firstLabels,
    inertia: core.number(abi.SOLVER_OBJECTIVE),
    inertias,
    iterations: core.word(abi.SOLVER_ITERATION),
    asked,
    pauses,
    arenaBytes: core.arenaBytes,
  };
}

/** Of assembly/solvers/kmeans.ts. */
const STAGE_PANELS = 4;

/** The squared distance. */
export function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

/** The largest difference, relative to the larger of 1 and the value. */
export function largestOff(found: readonly number[], expected: readonly number[]): number {
  if (found.length !== expected.length) return Infinity;
  const offs = found.map(
    (value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)),
  );
  return Math.max(0, ...offs);
}
