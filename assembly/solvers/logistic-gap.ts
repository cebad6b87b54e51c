import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { columnDot } from "./columns";
import { linearColumn, linearMean } from "./linear";
import { Logistic } from "./logistic-record";
import { problemSpend } from "./problem";
import { padded } from "./vectors";

// The duality gap of logistic regression. With θ_i = e_label − q_i for distributions q_i over the classes,
//
//   dual(θ) = −Σ_i Σ_k q_ik·log q_ik − Ω*(Xᵀ·θ)        Σ_i θ_i = 0, where there are intercepts
//
// is at most the minimum of Σ loss + Ω. At the model's own probabilities Σ_i θ_i is only nearly 0, so a row's θ is
// shrunk by a factor of its label, c ≤ 1, which leaves q_i a distribution: M·c = 0, M[k][l] = Σ over the rows of
// label l of θ_k. −Mᵀ is the generator of a Markov chain over the classes, and c its stationary distribution.

/** A flow between classes so small that it only keeps a division sound. */
const FLOW_MIN: f64 = 1e-300;

/** Forgets the last measurement. */
export function gapReset(problem: Logistic): void {
  const classes = problem.classes;
  memoryZero(problem.matrix, classes * classes * 8);
  for (let k: u32 = 0; k < classes; ++k) store<f64>(problem.shrink + (k << 3), 1);
  problem.steepest = 0;
  problem.beyond = 0;
  problem.entropy = 0;
}

/**
 * shrink = c, its largest 1: the stationary distribution of Q = −Mᵀ, without a subtraction.
 *
 * Grassmann, Taksar, Heyman 1985, "Regenerative Analysis and Steady State Distributions for Markov Chains",
 * doi:10.1287/opre.33.5.1107.
 */
export function gapShrink(problem: Logistic): void {
  const n = problem.classes;
  for (let last = n - 1; last > 0; --last) {
    let out: f64 = FLOW_MIN;
    for (let j: u32 = 0; j < last; ++j) out -= load<f64>(flow(problem, last, j));
    for (let i: u32 = 0; i < last; ++i) {
      const at = flow(problem, i, last);
      store<f64>(at, load<f64>(at) / out);
    }
    for (let i: u32 = 0; i < last; ++i) {
      const part = load<f64>(flow(problem, i, last));
      for (let j: u32 = 0; j < last; ++j) {
        const at = flow(problem, i, j);
        store<f64>(at, load<f64>(at) - part * load<f64>(flow(problem, last, j)));
      }
    }
  }
  const c = problem.shrink;
  let largest: f64 = 1;
  for (let k: u32 = 1; k < n; ++k) {
    let sum: f64 = 0;
    for (let i: u32 = 0; i < k; ++i) {
      sum -= load<f64>(c + (i << 3)) * load<f64>(flow(problem, i, k));
    }
    store<f64>(c + (k << 3), sum);
    largest = max<f64>(largest, sum);
  }
  for (let k: u32 = 0; k < n; ++k) store<f64>(c + (k << 3), load<f64>(c + (k << 3)) / largest);
}

/** Where −Q[from][to] lies: M[to][from]. */
function flow(problem: Logistic, from: u32, to: u32): Ptr {
  return problem.matrix + ((to * problem.classes + from) << 3);
}

/** Takes Xᵀ·θ of the block, from column `at` on, into `steepest` and `beyond`; false when the budget is spent. */
export function gapConjugate(problem: Logistic): bool {
  const n = padded(problem.rows);
  while (problem.at < problem.columns) {
    const j = problem.at;
    const dot = columnDot(n, linearColumn(problem, j), linearMean(problem, j), problem.residual);
    const size = abs<f64>(dot);
    const excess = max<f64>(size - problem.l1, 0);
    problem.steepest = max<f64>(problem.steepest, size);
    problem.beyond += excess * excess;
    problem.at = j + 1;
    if (!problemSpend(problem, n)) return false;
  }
  return true;
}

/**
 * By how much all of θ is scaled: with l2 the penalty's conjugate, Σ max(0, |Xᵀ·θ| − l1)² / (2·l2), is finite
 * everywhere, without it |Xᵀ·θ| must not exceed l1.
 */
export function gapScale(problem: Logistic): f64 {
  return problem.l2 > 0 || problem.steepest <= problem.l1 ? 1 : problem.l1 / problem.steepest;
}

/** gap and objective, given the entropy of the dual point. */
export function gapFinish(problem: Logistic): void {
  const p: u32 = padded(problem.columns) << 3;
  let penalty: f64 = 0;
  for (let at: u32 = 0; at < problem.outputs * p; at += 8) {
    const w = load<f64>(problem.w + at);
    penalty = problem.l1 * abs<f64>(w) + 0.5 * problem.l2 * w * w + penalty;
  }
  const conjugate = problem.l2 > 0 ? problem.beyond / (2 * problem.l2) : 0;
  const primal = problem.loss + penalty;
  const rows = f64(problem.rows);
  problem.objective = primal / rows;
  problem.gap = max<f64>(primal - (problem.entropy - conjugate), 0) / rows;
}
