import { INIT_GIVEN } from "../abi/solver";
import { DONE, PAUSED, ROWS } from "../abi/status";
import { memoryCopy } from "../base/memory";
import { pcg32Below, pcg32Seed } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { labelsBegin, labelsRun } from "./kmeans-labels";
import { drawDistinct, drawDistinctBegin, seedRun } from "./kmeans-seeding";
import { KMeans, kmeansCenter, kmeansCheckRow, kmeansRow, kmeansSums } from "./kmeans-state";
import { problemRandom, problemSpend } from "./problem";

// Mini-batch k-means: the objective of kmeans.ts, with only a batch of rows in memory. Each step draws rows with putting
// them back, labels them, and moves each centre to the mean of all rows that it has been given so far:
//
//   center = (weight·center + Σ x) / (weight + count)        weight = weight + count
//
// Sculley 2010, "Web-scale k-means clustering". As scikit-learn's MiniBatchKMeans: centres with less than a hundredth of
// the largest weight are put on rows of the batch now and then, and it stops when the smoothed inertia has not fallen
// for ten steps. Last, all rows are asked for in order, for their labels and the inertia. Differs from scikit-learn:
// another stream of random numbers, k-means++ on one batch instead of three, and no tol.

const BEGIN: u32 = 0;
const DRAW_SEEDS: u32 = 1;
const CHECK_SEEDS: u32 = 2;
const SEED: u32 = 3;
const DRAW: u32 = 4;
const CHECK: u32 = 5;
const PANELS: u32 = 6;
const LABELS: u32 = 7;
const CENTERS: u32 = 8;
const REASSIGN: u32 = 9;
const LAST_PANELS: u32 = 10;
const LAST_ROWS: u32 = 11;
const LAST_CHECK: u32 = 12;
const LAST_LABELS: u32 = 13;

/** Steps without a gain that end it. */
const PATIENCE: u32 = 10;
/** Share of the largest weight below which a centre starves. */
const STARVING: f64 = 0.01;

/** Gets on with it: DONE, ROWS, PAUSED or an error. */
export function miniBatchRun(k: KMeans): u32 {
  let status = stageRun(k, k.stage);
  while (status == DONE) {
    k.cursor = 0;
    if (k.stage == LAST_LABELS && k.offset + k.held == k.rows) return lastEnd(k);
    k.stage = stageAfter(k, k.stage);
    status = stageRun(k, k.stage);
  }
  return status;
}

function stageRun(k: KMeans, stage: u32): u32 {
  switch (stage) {
    case BEGIN:
      return begin(k);
    case DRAW_SEEDS:
    case DRAW:
      return drawRows(k);
    case CHECK_SEEDS:
    case CHECK:
    case LAST_CHECK:
      return check(k);
    case SEED:
      return seedRun(k);
    case PANELS:
    case LAST_PANELS:
      return labelsBegin(k);
    case LABELS:
    case LAST_LABELS:
      return labelsRun(k);
    case CENTERS:
      return centersRun(k);
    case REASSIGN:
      return reassign(k);
    default:
      return nextRows(k);
  }
}

function stageAfter(k: KMeans, stage: u32): u32 {
  if (stage == BEGIN && k.init == INIT_GIVEN) return DRAW;
  if (stage == REASSIGN && !isOver(k)) return DRAW;
  if (stage == LAST_LABELS) {
    k.offset += k.held;
    return LAST_ROWS;
  }
  return stage + 1;
}

function begin(k: KMeans): u32 {
  pcg32Seed(problemRandom(k), k.seed, 0);
  k.seedStage = 0;
  k.offset = 0;
  k.withoutGain = 0;
  k.sinceReassigned = 0;
  k.smoothed = 0;
  k.smoothedLeast = Infinity;
  return DONE;
}

/** Asks for rows drawn at random. */
function drawRows(k: KMeans): u32 {
  for (let i: u32 = 0; i < k.held; ++i) {
    store<u32>(k.wanted + (i << 2), pcg32Below(problemRandom(k), k.rows));
  }
  ++k.stage;
  return ROWS;
}

/** Asks for the next rows in order. */
function nextRows(k: KMeans): u32 {
  k.point = 1;
  k.held = min(k.batch, k.rows - k.offset);
  k.wantedRows = k.held;
  for (let i: u32 = 0; i < k.held; ++i) store<u32>(k.wanted + (i << 2), k.offset + i);
  ++k.stage;
  return ROWS;
}

function check(k: KMeans): u32 {
  while (k.cursor < k.held) {
    const status = kmeansCheckRow(k, k.cursor++);
    if (status != DONE) return status;
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  return DONE;
}

function lastEnd(k: KMeans): u32 {
  k.objective = k.inertia;
  return DONE;
}

/** center = mean of the rows that it has been given so far. */
function centersRun(k: KMeans): u32 {
  while (k.cursor < k.outputs) {
    moveCenter(k, k.cursor++);
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  return DONE;
}

function moveCenter(k: KMeans, cluster: u32): void {
  const count = load<u32>(k.counts + (cluster << 2));
  if (count == 0) return;
  let sum = kmeansSums(k, cluster);
  let center = kmeansCenter(k, cluster);
  const weight: Ptr = k.weights + (cluster << 3);
  const before = load<f64>(weight);
  const after = before + <f64>count;
  for (const end = center + k.centersStride; center < end; center += 4, sum += 8) {
    const whole = <f64>load<f32>(center) * before + load<f64>(sum);
    store<f32>(center, <f32>(whole / after));
  }
  store<f64>(weight, after);
}

/** Puts starving centres on rows of the batch, at most half of them: when one has no row at all, or 10·k rows later. */
function reassign(k: KMeans): u32 {
  k.sinceReassigned += k.batch;
  findStarving(k);
  if (k.weightLeast != 0 && k.sinceReassigned / 10 < k.outputs) return DONE;
  k.sinceReassigned = 0;
  if (!(k.weightLeast < k.weightBound)) return DONE;
  drawDistinctBegin(k);
  let drawn: u32 = 0;
  for (let cluster: u32 = 0; cluster < k.outputs && drawn < k.batch >> 1; ++cluster) {
    const weight: Ptr = k.weights + (cluster << 3);
    if (load<f64>(weight) >= k.weightBound) continue;
    memoryCopy(kmeansCenter(k, cluster), kmeansRow(k, drawDistinct(k, drawn++)), k.centersStride);
    store<f64>(weight, k.weightFloor);
  }
  return DONE;
}

/** The least weight; the bound below which a centre starves; the least weight from there on. */
function findStarving(k: KMeans): void {
  const end = k.weights + (k.outputs << 3);
  let least: f64 = Infinity;
  let most: f64 = 0;
  for (let at = k.weights; at < end; at += 8) {
    least = min<f64>(least, load<f64>(at));
    most = max<f64>(most, load<f64>(at));
  }
  k.weightLeast = least;
  const bound = most * STARVING;
  k.weightBound = bound;
  for (let at = k.weights; at < end; at += 8) {
    if (load<f64>(at) >= bound) most = min<f64>(most, load<f64>(at));
  }
  k.weightFloor = most;
}

/** Counts the step, and tells whether it was the last. */
function isOver(k: KMeans): bool {
  const mean = k.inertia / <f64>k.held;
  k.objective = mean * <f64>k.rows;
  // The first step's inertia is that of the start.
  if (++k.iteration == 1) return k.iteration == k.maxIterations;
  const share = min<f64>(1, (2 * <f64>k.batch) / (<f64>k.rows + 1));
  k.smoothed = k.iteration == 2 ? mean : k.smoothed * (1 - share) + mean * share;
  ++k.withoutGain;
  if (k.smoothed < k.smoothedLeast) {
    k.smoothedLeast = k.smoothed;
    k.withoutGain = 0;
  }
  return k.withoutGain >= PATIENCE || k.iteration == k.maxIterations;
}
