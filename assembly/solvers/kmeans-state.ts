import {
  INIT_GIVEN,
  SOLVER_BATCH,
  SOLVER_COLUMNS,
  SOLVER_INIT,
  SOLVER_MAX_ITERATIONS,
  SOLVER_OUTPUTS,
  SOLVER_ROWS,
  SOLVER_TOL,
} from "../abi/solver";
import { DONE, NON_FINITE } from "../abi/status";
import { Ptr } from "../base/ptr";
import { arenaTake } from "./arena";
import { panelsCount, TILE } from "./distances";
import { Problem, problemFail, problemRefuse } from "./problem";

/** Rows from which k-means++ chooses each centre, at the most; two panels hold them. */
export const TRIALS_MOST: u32 = 8;

/** More would not fit the arithmetic of indices, nor any memory. */
const ROWS_MOST: u32 = 0x7fffffff;

/** The state of k-means: Lloyd's and, with a batch, Sculley's. `outputs` are the clusters. */
@unmanaged
export class KMeans extends Problem {
  /** Rows that lie at x: all of them, or those of a batch. */
  held: u32;
  /** Where the stage at work stands: a row, or a cluster. */
  cursor: u32;
  /** The panel of centres that the rows at the cursor meet next. */
  panel: u32;
  /** Rows that this labels step has given another label. */
  moved: u32;
  /** This labels step is the last: its labels and inertia are the result. */
  last: u32;
  /** Centres that are chosen, rows that are tried for the next one, and where their choice stands. */
  chosen: u32;
  trials: u32;
  seedStage: u32;
  /** Mini-batch: the first of the rows that are asked for in order. */
  offset: u32;
  /** Mini-batch: batches since the smoothed inertia was lowest, rows since centres were last reassigned. */
  withoutGain: u32;
  sinceReassigned: u32;
  /** f32[held], the squared distance of each row to its centre. */
  closest: Ptr;
  /** The centres as distances.ts reads them. */
  panels: Ptr;
  /** f64[clusters][columns] and u32[clusters]: of the rows with that label. */
  sums: Ptr;
  counts: Ptr;
  /** f64[clusters]: mini-batch, the rows that a centre is the mean of. */
  weights: Ptr;
  /** Sum of the squared distances in this labels step. */
  inertia: f64;
  /** Squared distance that this step has moved the centres by, and from which on that is none. */
  shift: f64;
  threshold: f64;
  /** Sum of `closest` while centres are chosen. */
  potential: f64;
  /** Mini-batch: the smoothed inertia of a row, and the least it has been. */
  smoothed: f64;
  smoothedLeast: f64;
  /** Mini-batch: the least weight; the bound below which a centre starves; the least weight from there on. */
  weightLeast: f64;
  weightBound: f64;
  weightFloor: f64;
}

/** u32[TRIALS_MOST] rows that are tried, f64[TRIALS_MOST] what each would make of the potential. */
export const TRIAL_ROWS: Ptr = memory.data(4 * 8, 8);
export const TRIAL_POTENTIALS: Ptr = memory.data(8 * 8, 8);

/** Checks the problem and lays out its arrays. All rows are held, or, with a batch, as many. */
export function kmeansLayout(k: KMeans): u32 {
  const rows = k.rows;
  const columns = k.columns;
  const outputs = k.outputs;
  const batch = k.batch;
  if (rows - 1 >= ROWS_MOST) return problemRefuse(k, SOLVER_ROWS);
  if (columns == 0) return problemRefuse(k, SOLVER_COLUMNS);
  if (outputs - 1 >= rows) return problemRefuse(k, SOLVER_OUTPUTS);
  if (k.maxIterations == 0) return problemRefuse(k, SOLVER_MAX_ITERATIONS);
  if (k.init > INIT_GIVEN) return problemRefuse(k, SOLVER_INIT);
  if (batch > rows || (batch != 0 && batch < outputs)) return problemRefuse(k, SOLVER_BATCH);
  if (!(k.tol >= 0) || (batch != 0 && k.tol != 0)) return problemRefuse(k, SOLVER_TOL);
  const held = batch != 0 ? batch : rows;
  k.held = held;
  // Whole tiles of rows and of centres: what is behind the last is zero, and computed in vain.
  k.x = arenaTake(4, (held + TILE - 1) & ~(TILE - 1), columns);
  k.xRowStride = columns << 2;
  k.xColumnStride = 4;
  k.centers = arenaTake(4, outputs, columns);
  k.centersStride = columns << 2;
  k.labels = arenaTake(4, held);
  k.closest = arenaTake(4, held);
  k.panels = arenaTake(4, max(panelsCount(outputs), panelsCount(TRIALS_MOST)) << 2, columns);
  k.sums = arenaTake(8, outputs, columns);
  k.counts = arenaTake(4, outputs);
  k.wantedRows = batch;
  k.wanted = batch != 0 ? arenaTake(4, batch) : 0;
  k.weights = batch != 0 ? arenaTake(8, outputs) : 0;
  return DONE;
}

export function kmeansRow(k: KMeans, row: u32): Ptr {
  return k.x + row * k.xRowStride;
}

export function kmeansCenter(k: KMeans, cluster: u32): Ptr {
  return k.centers + cluster * k.centersStride;
}

/** Where cluster's sums of columns lie. */
export function kmeansSums(k: KMeans, cluster: u32): Ptr {
  return k.sums + cluster * (k.columns << 3);
}

/** DONE if a row that is held has only finite numbers; else the failure names the row as the caller knows it. */
export function kmeansCheckRow(k: KMeans, row: u32): u32 {
  const start = kmeansRow(k, row);
  for (let at = start; at < start + k.xRowStride; at += 4) {
    const value = load<f32>(at);
    if (value - value == 0) continue;
    const named = k.batch != 0 ? load<u32>(k.wanted + (row << 2)) : row;
    return problemFail(k, NON_FINITE, named, 0);
  }
  return DONE;
}
