import { INIT_GIVEN, INIT_RANDOM } from "../abi/solver";
import { DONE, PAUSED } from "../abi/status";
import { memoryCopy } from "../base/memory";
import { pcg32Below, pcg32Next } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { distanceTile, panelsCount, panelsSet, TILE, tileDistance } from "./distances";
import {
  KMeans,
  kmeansCenter,
  kmeansRow,
  TRIAL_POTENTIALS,
  TRIAL_ROWS,
  TRIALS_MOST,
} from "./kmeans-state";
import { problemRandom, problemSpend } from "./problem";

// Where k-means starts: centres that are given, rows drawn at random, or k-means++.
//
// Arthur and Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding": each further centre is a row drawn
// with probability D(x)² / Σ D², D being the distance to the nearest centre so far. Greedy, as scikit-learn has it: of
// 2 + ⌊ln k⌋ such rows the one is taken that leaves the least Σ D². Differs from scikit-learn: another stream of random
// numbers, and never more than eight rows, which is from k = 1097 on.

const SEED_BEGIN: u32 = 0;
const SEED_ROWS: u32 = 1;
const SEED_CLOSEST: u32 = 2;
const SEED_DRAW: u32 = 3;
const SEED_TRY: u32 = 4;
const SEED_DONE: u32 = 5;

/** Chooses the centres among the rows that are held. DONE, or PAUSED when the budget is spent. */
export function seedRun(k: KMeans): u32 {
  while (k.seedStage != SEED_DONE) {
    const stage = k.seedStage;
    let status = DONE;
    if (stage == SEED_BEGIN) seedBegin(k);
    else if (stage == SEED_ROWS) status = copyDrawn(k);
    else if (stage == SEED_CLOSEST) status = updateClosest(k);
    else if (stage == SEED_DRAW) status = drawTrials(k);
    else status = tryRows(k);
    if (status != DONE) return status;
  }
  return DONE;
}

function enter(k: KMeans, stage: u32): void {
  k.seedStage = stage;
  k.cursor = 0;
  k.panel = 0;
}

function seedBegin(k: KMeans): void {
  k.chosen = 0;
  if (k.init == INIT_GIVEN) {
    enter(k, SEED_DONE);
  } else if (k.init == INIT_RANDOM) {
    drawDistinctBegin(k);
    enter(k, SEED_ROWS);
  } else {
    k.trials = 2;
    for (let bound = Math.E; bound <= <f64>k.outputs; bound *= Math.E) ++k.trials;
    k.trials = min(k.trials, TRIALS_MOST);
    for (let row: u32 = 0; row < k.held; ++row) store<f32>(k.closest + (row << 2), Infinity);
    choose(k, pcg32Below(problemRandom(k), k.held));
  }
}

/** Makes the row the next centre. */
function choose(k: KMeans, row: u32): void {
  const center = kmeansCenter(k, k.chosen++);
  memoryCopy(center, kmeansRow(k, row), k.xRowStride);
  panelsSet(k.panels, k.columns, 0, center);
  for (let lane: u32 = 1; lane < TILE; ++lane) panelsSet(k.panels, k.columns, lane, 0);
  k.potential = 0;
  enter(k, SEED_CLOSEST);
}

/** Begins to draw rows without putting them back (Fisher and Yates): for now, the labels are the rows' indices. */
export function drawDistinctBegin(k: KMeans): void {
  for (let row: u32 = 0; row < k.held; ++row) store<u32>(k.labels + (row << 2), row);
}

/** Draw number `i` of them. */
export function drawDistinct(k: KMeans, i: u32): u32 {
  const from = k.labels + (i << 2);
  const drawn = k.labels + ((i + pcg32Below(problemRandom(k), k.held - i)) << 2);
  const row = load<u32>(drawn);
  store<u32>(drawn, load<u32>(from));
  return row;
}

function copyDrawn(k: KMeans): u32 {
  while (k.chosen < k.outputs) {
    const cluster = k.chosen++;
    memoryCopy(kmeansCenter(k, cluster), kmeansRow(k, drawDistinct(k, cluster)), k.xRowStride);
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  enter(k, SEED_DONE);
  return DONE;
}

/** closest = min(closest, distance to the newest centre), and their sum. */
function updateClosest(k: KMeans): u32 {
  while (k.cursor < k.held) {
    const first = k.cursor;
    const end = min(first + TILE, k.held);
    distanceTile(k.columns, kmeansRow(k, first), k.xRowStride, k.panels);
    for (let row = first; row < end; ++row) {
      const place = k.closest + (row << 2);
      const nearest = min<f32>(load<f32>(place), tileDistance(row - first, 0));
      store<f32>(place, nearest);
      k.potential += <f64>nearest;
    }
    k.cursor = end;
    if (!problemSpend(k, k.columns << 4)) return PAUSED;
  }
  enter(k, k.chosen == k.outputs ? SEED_DONE : SEED_DRAW);
  return DONE;
}

/** Draws the rows that are tried as the next centre. */
function drawTrials(k: KMeans): u32 {
  while (k.cursor < k.trials) {
    const trial = k.cursor++;
    const row = drawByDistance(k);
    store<u32>(TRIAL_ROWS + (trial << 2), row);
    store<f64>(TRIAL_POTENTIALS + (trial << 3), 0);
    panelsSet(k.panels, k.columns, trial, kmeansRow(k, row));
    if (!problemSpend(k, k.held + k.columns)) return PAUSED;
  }
  enter(k, SEED_TRY);
  return DONE;
}

/** The first row whose running sum of `closest` reaches a uniform share of the whole. */
function drawByDistance(k: KMeans): u32 {
  const high = pcg32Next(problemRandom(k)) >> 5;
  const low = pcg32Next(problemRandom(k)) >> 6;
  // 53 bits; 2^26 and 2^-53.
  let rest = (<f64>high * 67108864 + <f64>low) * 1.1102230246251565e-16 * k.potential;
  const last = k.held - 1;
  for (let row: u32 = 0; row < last; ++row) {
    rest -= <f64>load<f32>(k.closest + (row << 2));
    if (rest <= 0) return row;
  }
  return last;
}

/** What Σ D² would be with each of the tried rows; the best one becomes a centre. */
function tryRows(k: KMeans): u32 {
  const columns = k.columns;
  const held = k.held;
  const trials = k.trials;
  const panels = panelsCount(trials);
  while (k.cursor < held) {
    const first = k.cursor;
    const end = min(first + TILE, held);
    while (k.panel < panels) {
      const panel = k.panel++;
      distanceTile(columns, kmeansRow(k, first), k.xRowStride, k.panels + panel * (columns << 4));
      for (let row = first; row < end; ++row) addPotentials(k, row, row - first, panel << 2);
      if (!problemSpend(k, columns << 4)) return PAUSED;
    }
    k.panel = 0;
    k.cursor = end;
  }
  let best: u32 = 0;
  for (let trial: u32 = 1; trial < trials; ++trial) {
    if (potentialOf(trial) < potentialOf(best)) best = trial;
  }
  choose(k, load<u32>(TRIAL_ROWS + (best << 2)));
  return DONE;
}

function potentialOf(trial: u32): f64 {
  return load<f64>(TRIAL_POTENTIALS + (trial << 3));
}

function addPotentials(k: KMeans, row: u32, r: u32, trial: u32): void {
  const before = load<f32>(k.closest + (row << 2));
  for (let lane: u32 = 0; lane < TILE; ++lane) {
    const place: Ptr = TRIAL_POTENTIALS + ((trial + lane) << 3);
    store<f64>(place, load<f64>(place) + <f64>min<f32>(before, tileDistance(r, lane)));
  }
}
