import { blockCoefficients, Logistic } from "./logistic-record";
import { padded, vectorAdd } from "./vectors";

// How far a block goes along its step: halved until the objective falls as the quadratic model promises.

/** Of the fall that the model promises, the part that a step must keep (Armijo). */
const ARMIJO: f64 = 0.01;
/** What rounding does to a sum over rows, relative to it. */
const ROUNDING: f64 = 1e-14;
/** The shortest part of a step that is tried. */
const SCALE_MIN: f64 = 1e-6;

/** What the penalty of the block changes by at before + scale·d. */
function penaltyChange(problem: Logistic, scale: f64): f64 {
  const w = blockCoefficients(problem);
  let change: f64 = 0;
  for (let at: u32 = 0; at < problem.columns << 3; at += 8) {
    const before = load<f64>(problem.before + at);
    const now = before + scale * (load<f64>(w + at) - before);
    change = problem.l1 * (abs<f64>(now) - abs<f64>(before)) + change;
    change = 0.5 * problem.l2 * (now * now - before * before) + change;
  }
  return change;
}

/** promised = −θᵀ·step + Ω(w) − Ω(before), θ being residual + curvature·step; then the whole step is tried. */
export function searchBegin(problem: Logistic): void {
  problem.promised = penaltyChange(problem, 1);
  let fall: f64 = 0;
  for (let at: u32 = 0; at < problem.rows << 3; at += 8) {
    const s = load<f64>(problem.step + at);
    fall = s * (load<f64>(problem.residual + at) + load<f64>(problem.curvature + at) * s) + fall;
  }
  problem.promised -= fall;
  problem.scale = 1;
  problem.lossTrial = 0;
}

/** Takes the step if the objective falls enough: true. Else half of it is to be tried. */
export function searchTake(problem: Logistic): bool {
  const scale = problem.scale;
  const change = problem.lossTrial - problem.loss + penaltyChange(problem, scale);
  const allowed = ARMIJO * scale * problem.promised + ROUNDING * problem.loss;
  if (change <= allowed) searchTakeTrial(problem);
  else if (scale > SCALE_MIN) {
    problem.scale = 0.5 * scale;
    problem.lossTrial = 0;
    return false;
  } else problem.scale = 0;
  takeStep(problem);
  return true;
}

/** Takes over what rowsLoss() found. */
export function searchTakeTrial(problem: Logistic): void {
  const lse = problem.lse;
  problem.lse = problem.lseTrial;
  problem.lseTrial = lse;
  problem.loss = problem.lossTrial;
}

/** Moves the block's margins, coefficients and intercept by scale·(what the sweeps moved). */
function takeStep(problem: Logistic): void {
  const n = padded(problem.rows);
  const scale = problem.scale;
  if (scale < 1) {
    const w = blockCoefficients(problem);
    for (let at: u32 = 0; at < problem.columns << 3; at += 8) {
      const before = load<f64>(problem.before + at);
      store<f64>(w + at, before + scale * (load<f64>(w + at) - before));
    }
    const bias = problem.bias + (problem.block << 3);
    store<f64>(bias, problem.biasBefore + scale * (load<f64>(bias) - problem.biasBefore));
  }
  vectorAdd(n, scale, problem.step, problem.margins + problem.block * (n << 3));
}
