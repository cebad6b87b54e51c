import { DONE, NON_FINITE, PAUSED } from "../abi/status";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import {
  distanceTile,
  nearestBegin,
  nearestJoin,
  nearestUpdate,
  panelsCount,
  panelsSet,
  TILE,
} from "./distances";
import { KMeans, kmeansCenter, kmeansRow, kmeansSums } from "./kmeans-state";
import { problemFail, problemSpend } from "./problem";

// The labels step: each row that is held gets the label of the nearest centre, of equally near ones the lower label;
// what the centres step needs is summed on the way, row after row.

/** Lays the centres out in panels, and empties the sums. DONE, or PAUSED when the budget is spent. */
export function labelsBegin(k: KMeans): u32 {
  const places = panelsCount(k.outputs) << 2;
  while (k.cursor < places) {
    const cluster = k.cursor++;
    const isThere = cluster < k.outputs;
    panelsSet(k.panels, k.columns, cluster, isThere ? kmeansCenter(k, cluster) : 0);
    if (isThere) {
      memoryZero(kmeansSums(k, cluster), k.columns << 3);
      store<u32>(k.counts + (cluster << 2), 0);
    }
    if (!problemSpend(k, k.columns)) return PAUSED;
  }
  k.inertia = 0;
  k.moved = 0;
  k.panel = 0;
  return DONE;
}

/** Labels the rows. DONE, PAUSED when the budget is spent, or NON_FINITE where a distance is beyond f32. */
export function labelsRun(k: KMeans): u32 {
  const columns = k.columns;
  const held = k.held;
  const stride = k.xRowStride;
  const panels = panelsCount(k.outputs);
  while (k.cursor < held) {
    const first = k.cursor;
    const x = kmeansRow(k, first);
    if (k.panel == 0) nearestBegin();
    while (k.panel < panels) {
      const panel = k.panel++;
      distanceTile(columns, x, stride, k.panels + panel * (columns << 4));
      nearestUpdate(panel << 2);
      if (!problemSpend(k, columns << 4)) return PAUSED;
    }
    k.panel = 0;
    const end = min(first + TILE, held);
    for (let row = first; row < end; ++row) settle(k, row, row - first);
    k.cursor = end;
  }
  return k.inertia < Infinity ? DONE : problemFail(k, NON_FINITE, held, 0);
}

/** Gives the row its label, and adds it to what the label sums. */
function settle(k: KMeans, row: u32, r: u32): void {
  const distance = k.closest + (row << 2);
  const label = nearestJoin(r, distance);
  const place = k.labels + (row << 2);
  if (load<u32>(place) != label) ++k.moved;
  store<u32>(place, label);
  k.inertia += <f64>load<f32>(distance);
  const count = k.counts + (label << 2);
  store<u32>(count, load<u32>(count) + 1);
  addRow(k.columns, kmeansRow(k, row), kmeansSums(k, label));
}

/** sum = sum + x, in f64. */
function addRow(columns: u32, x: Ptr, sum: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 2 <= columns; i += 2, x += 8, sum += 16) {
      const both = f64x2.promote_low_f32x4(v128.load64_zero(x));
      v128.store(sum, f64x2.add(v128.load(sum), both));
    }
  }
  for (; i < columns; ++i, x += 4, sum += 8) {
    store<f64>(sum, load<f64>(sum) + <f64>load<f32>(x));
  }
}
