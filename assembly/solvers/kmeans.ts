import { DONE, EPOCH, PAUSED } from "../abi/status";
import { pcg32Seed } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { miniBatchRun } from "./kmeans-batch";
import { labelsBegin, labelsRun } from "./kmeans-labels";
import { seedRun } from "./kmeans-seeding";
import { KMeans, kmeansCenter, kmeansCheckRow, kmeansRow, kmeansSums } from "./kmeans-state";
import { problemRandom, problemSpend } from "./problem";

// k-means:
//
//   min over labels and centres of Σ_row ‖x_row − center[label_row]‖², the inertia
//
// by coordinate descent over two blocks: the labels that are best for the centres, then the centres that are best for
// the labels, the means. Neither step can raise the inertia. Lloyd 1982, "Least squares quantization in PCM".
//
// As scikit-learn's KMeans(algorithm="lloyd", n_init=1) from the same start: it stops when no label changes, or when
// the centres move by no more than tol · the columns' mean variance, squared distances summed; a cluster without rows
// gets the row that is farthest from its centre. Differs from scikit-learn: x is not shifted to mean zero first; where
// k is more than there are different rows, clusters stay empty.

const BEGIN: u32 = 0;
const CHECK: u32 = 1;
const VARIANCE: u32 = 2;
const SEED: u32 = 3;
const PANELS: u32 = 4;
const LABELS: u32 = 5;
const RELOCATE: u32 = 6;
const CENTERS: u32 = 7;

/** Gets on with k-means: what lloydRun answers or, where a batch is given, miniBatchRun. */
export function kmeansRun(k: KMeans): u32 {
  return k.batch != 0 ? miniBatchRun(k) : lloydRun(k);
}

/** Lloyd's iterations: DONE, PAUSED, an error, or EPOCH after each iteration but the last. */
function lloydRun(k: KMeans): u32 {
  let stage = k.stage;
  let status = stageRun(k, stage);
  while (status == DONE) {
    k.cursor = 0;
    if (stage == LABELS && labelsEnd(k)) return DONE;
    if (stage == CENTERS) return centersEnd(k);
    k.stage = ++stage;
    status = stageRun(k, stage);
  }
  return status;
}

function stageRun(k: KMeans, stage: u32): u32 {
  switch (stage) {
    case BEGIN:
      return begin(k);
    case CHECK:
      return check(k);
    case VARIANCE:
      return variance(k);
    case SEED:
      return seedRun(k);
    case PANELS:
      return labelsBegin(k);
    case LABELS:
      return labelsRun(k);
    case RELOCATE:
      return relocateEmpty(k);
    default:
      return centersRun(k);
  }
}

function begin(k: KMeans): u32 {
  pcg32Seed(problemRandom(k), k.seed, 0);
  k.seedStage = 0;
  k.last = 0;
  k.threshold = 0;
  return DONE;
}

/** Refuses rows that are not finite, and takes the columns' means on the way, into the sums of cluster 0. */
function check(k: KMeans): u32 {
  while (k.cursor < k.held) {
    const status = kmeansCheckRow(k, k.cursor);
    if (status != DONE) return status;
    let x = kmeansRow(k, k.cursor++);
    const share = 1 / <f64>k.held;
    for (let sum = k.sums, i: u32 = 0; i < k.columns; ++i, x += 4, sum += 8) {
      store<f64>(sum, load<f64>(sum) + <f64>load<f32>(x) * share);
    }
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  return DONE;
}

/** threshold = tol · mean over the columns of their variance. */
function variance(k: KMeans): u32 {
  while (k.cursor < k.held) {
    let x = kmeansRow(k, k.cursor++);
    for (let mean = k.sums, i: u32 = 0; i < k.columns; ++i, x += 4, mean += 8) {
      const off = <f64>load<f32>(x) - load<f64>(mean);
      k.threshold += off * off;
    }
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  k.threshold = (k.threshold / <f64>k.held / <f64>k.columns) * k.tol;
  return DONE;
}

/** Whether the labels are the result: they were to be the last ones, or are those of the iteration before. */
function labelsEnd(k: KMeans): bool {
  k.objective = k.inertia;
  k.shift = 0;
  const same = k.moved == 0 && k.iteration != 0;
  if (same && !k.last) ++k.iteration;
  return k.last || same;
}

function centersEnd(k: KMeans): u32 {
  ++k.iteration;
  if (k.shift <= k.threshold || k.iteration == k.maxIterations) k.last = 1;
  k.stage = PANELS;
  return EPOCH;
}

/** Gives each empty cluster the row that is farthest from its centre, and takes it from the cluster that it was in. */
function relocateEmpty(k: KMeans): u32 {
  while (k.cursor < k.outputs) {
    const cluster = k.cursor++;
    if (load<u32>(k.counts + (cluster << 2)) != 0) continue;
    relocate(k, cluster);
    if (!problemSpend(k, k.held + k.columns)) return PAUSED;
  }
  return DONE;
}

function relocate(k: KMeans, cluster: u32): void {
  let farthest: u32 = 0;
  let distance: f32 = 0;
  for (let row: u32 = 0; row < k.held; ++row) {
    const other = load<f32>(k.closest + (row << 2));
    if (!(other > distance) || load<u32>(countOfRow(k, row)) < 2) continue;
    farthest = row;
    distance = other;
  }
  if (distance == 0) return;
  store<f32>(k.closest + (farthest << 2), 0);
  const left = countOfRow(k, farthest);
  store<u32>(left, load<u32>(left) - 1);
  store<u32>(k.counts + (cluster << 2), 1);
  let x = kmeansRow(k, farthest);
  let from = kmeansSums(k, load<u32>(k.labels + (farthest << 2)));
  let to = kmeansSums(k, cluster);
  for (const end = x + k.xRowStride; x < end; x += 4, from += 8, to += 8) {
    const value = <f64>load<f32>(x);
    store<f64>(from, load<f64>(from) - value);
    store<f64>(to, value);
  }
}

/** Where the count of the row's cluster lies. */
function countOfRow(k: KMeans, row: u32): Ptr {
  return k.counts + (load<u32>(k.labels + (row << 2)) << 2);
}

/** center = mean of its rows. */
function centersRun(k: KMeans): u32 {
  while (k.cursor < k.outputs) {
    moveCenter(k, k.cursor++);
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  return DONE;
}

function moveCenter(k: KMeans, cluster: u32): void {
  const count = <f64>load<u32>(k.counts + (cluster << 2));
  if (count == 0) return;
  let sum = kmeansSums(k, cluster);
  let center = kmeansCenter(k, cluster);
  for (const end = center + k.centersStride; center < end; center += 4, sum += 8) {
    const mean = <f32>(load<f64>(sum) / count);
    const step = <f64>mean - <f64>load<f32>(center);
    k.shift += step * step;
    store<f32>(center, mean);
  }
}
