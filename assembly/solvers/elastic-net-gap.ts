import { ElasticNet } from "./elastic-net-record";
import { padded, vectorDot } from "./vectors";

// The duality gap of the elastic net, given the residual, or where the Gram matrix is held Xᵀ·r, from scratch.

/** ‖r‖² and rᵀ·y. */
export function gapResidual(problem: ElasticNet): void {
  const n = padded(problem.rows);
  if (!problem.gram) {
    problem.rr = vectorDot(n, problem.residual, problem.residual);
    problem.ry = vectorDot(n, problem.residual, problem.y);
    return;
  }
  let ry = problem.yy,
    rr = ry;
  for (let at: u32 = 0, end = problem.columns << 3; at < end; at += 8) {
    const w = load<f64>(problem.w + at),
      xy = load<f64>(problem.xy + at);
    ry -= w * xy;
    rr -= w * (xy + load<f64>(problem.gradient + at));
  }
  problem.rr = max<f64>(rr, 0);
  problem.ry = ry;
}

/**
 * How far the objective may at most be from its minimum: the primal less the dual at the residual, in the
 * better of two ways.
 *
 *   scaled: θ = c·(r, −√l2·w), c = min(1, l1 / ‖Xᵀ·r − l2·w‖∞), feasible for the lasso of which the elastic net
 *           is one with √l2·I below X; it is scikit-learn's
 *   smooth: θ = r, where l2 > 0; the penalty's conjugate is Σ max(0, |x_jᵀ·r| − l1)² / (2·l2)
 */
export function gapMeasure(problem: ElasticNet): void {
  const l1 = problem.l1,
    l2 = problem.l2,
    rr = problem.rr;
  let norm: f64 = 0,
    absolute: f64 = 0,
    square: f64 = 0,
    beyond: f64 = 0;
  for (let at: u32 = 0, end = problem.columns << 3; at < end; at += 8) {
    const w = load<f64>(problem.w + at),
      g = load<f64>(problem.gradient + at);
    norm = max<f64>(norm, abs<f64>(g - l2 * w));
    absolute += abs<f64>(w);
    square += w * w;
    const excess = max<f64>(abs<f64>(g) - l1, 0);
    beyond = excess * excess + beyond;
  }
  const rows = f64(problem.rows);
  const primal = 0.5 * rr + l1 * absolute + 0.5 * l2 * square;
  const c = norm > l1 ? l1 / norm : 1;
  let gap = primal + 0.5 * c * c * (rr + l2 * square) - c * problem.ry;
  if (l2 > 0) gap = min<f64>(gap, primal + 0.5 * rr - problem.ry + beyond / (2 * l2));
  problem.gap = max<f64>(gap, 0) / rows;
  problem.objective = primal / rows;
}
