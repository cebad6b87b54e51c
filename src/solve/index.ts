import type { Input } from "../train/options.js";
import { kmeans } from "./kmeans.js";
import { type LinearSolution, solveLinear } from "./linear.js";
import type { LinearName, LinearOptionsByName, LinearRunOptions } from "./options.js";

function linear<N extends LinearName>(method: N) {
  return (
    x: Input,
    y: Input,
    options: LinearOptionsByName[N] & LinearRunOptions = {} as LinearOptionsByName[N],
  ): Promise<LinearSolution> => solveLinear(method, x, y, options);
}

/**
 * Solvers of problems that need no network: each takes rows, and what they aim at, and gives coefficients and a
 * model that goes into ONNX.
 *
 *   const { coef, gap, model } = await solve.lasso(x, y, { alpha: 0.1 });
 *
 * docs/solvers.md writes down each one's objective.
 */
export const solve = {
  lasso: linear("lasso"),
  elasticNet: linear("elastic-net"),
  ridge: linear("ridge"),
  leastSquares: linear("least-squares"),
  logistic: linear("logistic"),
  kmeans,
};
