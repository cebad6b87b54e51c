import { exp64 } from "../base/exp64";
import { log64 } from "../base/log64";
import { Ptr } from "../base/ptr";
import { Logistic } from "./logistic-record";
import { problemSpend } from "./problem";
import { padded } from "./vectors";

// Loops over rows of logistic regression. Each goes on from row `at` and returns false when the budget is spent.
// f64 sums lie in memory, not in locals that live across calls: wasm3 0.4.7 mixes those up.

/** Multiply-adds that an exp or a log is worth. */
const EXP_WORK: u32 = 16;

/** Bytes from one block's margins to the next. */
export function marginStride(problem: Logistic): u32 {
  return padded(problem.rows) << 3;
}

/** The label of a row. */
export function rowLabel(problem: Logistic, row: u32): u32 {
  return load<u32>(problem.y + (row << 2));
}

/** The block whose margin a label counts; none (0xffffffff) for class 0 where two classes share one vector. */
function blockOf(problem: Logistic, label: u32): u32 {
  return problem.outputs == 1 ? label - 1 : label;
}

/** lseTrial and lossTrial, the block's margins being moved by scale·step. lossTrial is 0 before. */
export function rowsLoss(problem: Logistic): bool {
  while (problem.at < problem.rows) {
    const row = problem.at;
    const own = blockOf(problem, rowLabel(problem, row));
    const lse = problem.lseTrial + (row << 3);
    rowLse(problem, row, lse);
    let loss = problem.lossTrial + load<f64>(lse);
    if (own < problem.outputs) {
      loss -= load<f64>(problem.margins + own * marginStride(problem) + (row << 3));
      if (own == problem.block) loss -= problem.scale * load<f64>(problem.step + (row << 3));
    }
    problem.lossTrial = loss;
    problem.at = row + 1;
    if (!problemSpend(problem, EXP_WORK * (problem.outputs + 1))) return false;
  }
  return true;
}

/** lse[0] = log Σ_k exp(margin_k) of a row, the largest margin taken out; the block's moved by scale·step. */
function rowLse(problem: Logistic, row: u32, lse: Ptr): void {
  const stride = marginStride(problem);
  const margins = problem.margins + (row << 3);
  const shift = problem.scale * load<f64>(problem.step + (row << 3));
  const alone = problem.outputs == 1;
  let largest: f64 = alone ? 0 : -Infinity;
  for (let k: u32 = 0, at = margins; k < problem.outputs; ++k, at += stride) {
    const margin = load<f64>(at) + (k == problem.block ? shift : 0);
    largest = largest < margin ? margin : largest;
  }
  let sum: f64 = alone ? inline.always(exp64(-largest)) : 0;
  for (let k: u32 = 0, at = margins; k < problem.outputs; ++k, at += stride) {
    const margin = load<f64>(at) + (k == problem.block ? shift : 0);
    sum = inline.always(exp64(margin - largest)) + sum;
  }
  store<f64>(lse, inline.always(log64(sum)) + largest);
}

/** θ = y − p of a row for a block, p = exp(margin − lse). */
function rowResidual(problem: Logistic, row: u32, block: u32): f64 {
  const margin = problem.margins + block * marginStride(problem) + (row << 3);
  const logit = load<f64>(margin) - load<f64>(problem.lse + (row << 3));
  const p = inline.always(exp64(logit));
  return (blockOf(problem, rowLabel(problem, row)) == block ? 1 : 0) - p;
}

/** residual = θ and curvature = p·(1 − p) of the block. */
export function rowsCurvature(problem: Logistic): bool {
  while (problem.at < problem.rows) {
    const row = problem.at;
    const theta = rowResidual(problem, row, problem.block);
    const size = abs<f64>(theta);
    store<f64>(problem.residual + (row << 3), theta);
    store<f64>(problem.curvature + (row << 3), size * (1 - size));
    problem.at = row + 1;
    if (!problemSpend(problem, EXP_WORK)) return false;
  }
  return true;
}

/** residual = shrink[label]·θ of the block. */
export function rowsShrunk(problem: Logistic): bool {
  while (problem.at < problem.rows) {
    const row = problem.at;
    const theta = rowResidual(problem, row, problem.block);
    const shrink = load<f64>(problem.shrink + (rowLabel(problem, row) << 3));
    store<f64>(problem.residual + (row << 3), shrink * theta);
    problem.at = row + 1;
    if (!problemSpend(problem, EXP_WORK)) return false;
  }
  return true;
}

/** matrix[class][label] = Σ over the label's rows of θ of the class. matrix is 0 before. */
export function rowsMatrix(problem: Logistic): bool {
  const alone = problem.outputs == 1;
  const width: u32 = problem.classes << 3;
  while (problem.at < problem.rows) {
    const row = problem.at;
    const column = problem.matrix + (rowLabel(problem, row) << 3);
    for (let k: u32 = 0; k < problem.outputs; ++k) {
      const theta = rowResidual(problem, row, k);
      const at = column + (alone ? width : k * width);
      store<f64>(at, load<f64>(at) + theta);
      if (alone) store<f64>(column, load<f64>(column) - theta);
    }
    problem.at = row + 1;
    if (!problemSpend(problem, EXP_WORK * problem.outputs)) return false;
  }
  return true;
}

/**
 * entropy −= Σ q·log q over rows and classes, q = e_label − f·(e_label − p), f = shrink[label]·scale: a distribution
 * between the model's and the label's. entropy is 0 before.
 */
export function rowsEntropy(problem: Logistic): bool {
  const alone = problem.outputs == 1;
  while (problem.at < problem.rows) {
    const row = problem.at;
    const label = rowLabel(problem, row);
    const own = blockOf(problem, label);
    const f = problem.scale * load<f64>(problem.shrink + (label << 3));
    for (let k: u32 = 0; k < problem.outputs; ++k) {
      const theta = rowResidual(problem, row, k);
      const q = (own == k ? 1 : 0) - f * theta;
      problem.entropy -= plogp(q);
      if (alone) problem.entropy -= plogp(1 - q);
    }
    problem.at = row + 1;
    if (!problemSpend(problem, 2 * EXP_WORK * problem.outputs)) return false;
  }
  return true;
}

/** q·log q; 0 where q is no more than rounding. */
function plogp(q: f64): f64 {
  return q > 1e-300 ? inline.always(log64(q)) * q : 0;
}
