import { badOption, checkRows } from "../compile/check-options.js";
import { type Conflict, numberRow, type Rows, withDefaults } from "../option-rows.js";
import { RANGES } from "../ranges.js";
import type { Input } from "../train/options.js";
import type { RunOptions } from "./options.js";

/** An iteration's number from 1, and the inertia that its labels step found. */
export interface KMeansIteration {
  readonly iteration: number;
  /** Of the centres before they move; of a mini-batch, scaled up to all rows. */
  readonly inertia: number;
}

/** The numbers among k-means' options. */
export interface KMeansNumbers {
  /** How many there are to be; required. */
  readonly clusters?: number;
  /** Rows of a mini-batch: Sculley's k-means instead of Lloyd's. No more than these are in the core's memory. */
  readonly batch?: number;
  /** Default 300; with a batch, as many batches as make a hundred times the rows. */
  readonly maxIterations?: number;
  /** Ends when centres move by less: squared, relative to the columns' mean variance. Default 1e-4; not with a batch. */
  readonly tol?: number;
}

export interface KMeansOptions extends KMeansNumbers {
  /** How the first centres are chosen, or the centres themselves, a row each. Default k-means++. */
  readonly init?: "k-means++" | "random" | Input;
}

/** What `solve.kmeans` takes. */
export interface KMeansRunOptions extends KMeansOptions, Omit<RunOptions, "onProgress"> {
  readonly onIteration?: (iteration: KMeansIteration) => void;
}

export const KMEANS_ROWS: Rows<KMeansNumbers> = {
  clusters: numberRow(undefined, RANGES.count, "how many clusters there are to be"),
  batch: numberRow(undefined, RANGES.count, "rows of a mini-batch; only these are held in memory"),
  maxIterations: numberRow(300, RANGES.count, "at each alpha"),
  tol: numberRow(1e-4, { min: 0 }, "movement of the centres at which it ends"),
};

/** Of all rows' number, what mini-batches take at most. */
const BATCHES_MAX = 100;

/** The numbers as the run uses them, the rows known. */
export type KMeansResolved = Required<Pick<KMeansNumbers, "clusters" | "maxIterations">> &
  Pick<KMeansNumbers, "batch" | "tol">;

/** Options that are fine one by one, but not together. */
export function kmeansConflict({ clusters = 1, batch, tol }: KMeansNumbers): Conflict | undefined {
  if (batch === undefined) return undefined;
  if (batch < clusters) {
    const problem = `a mini-batch of ${batch} rows is less than a row for each of ${clusters} clusters`;
    return { option: "batch", problem, hint: "Give a larger one." };
  }
  if (tol === undefined) return undefined;
  const problem = "mini-batches have no tol: they end when the smoothed inertia falls no more";
  return { option: "tol", problem, hint: "Give one of batch and tol." };
}

/**
 * The options with their defaults.
 *
 * @throws StropError with exit code 2 for an impossible value
 */
export function resolveKMeans({ init, ...given }: KMeansOptions, rows: number): KMeansResolved {
  checkRows("kmeans", KMEANS_ROWS, given);
  const { clusters, batch, maxIterations, tol } = withDefaults(KMEANS_ROWS, given);
  if (clusters === undefined) {
    throw badOption("clusters", "it is missing", "Say how many there are to be.");
  }
  const conflict = kmeansConflict(given);
  if (conflict) throw badOption(conflict.option, conflict.problem, conflict.hint);
  if (batch === undefined) return { clusters, maxIterations, tol };
  const held = Math.min(batch, rows);
  const most = Math.min(Math.floor((rows * BATCHES_MAX) / held), RANGES.count.max);
  return { clusters, batch: held, maxIterations: given.maxIterations ?? most };
}
