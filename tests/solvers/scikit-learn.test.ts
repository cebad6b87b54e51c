import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/solver.js";
import { TOLERANCES } from "../tolerances.js";
import { activeOf, cases, type Expected, largestOff, problemOf, solveCore } from "./solutions.js";

/** Coefficients relative to the largest: of unscaled columns, each on the scale of its own column. */
function coefOff(x: readonly (readonly number[])[], found: number[], { coef }: Expected): number {
  const scale = x[0]!.map((_, j) => Math.max(...x.map((row) => Math.abs(row[j]!))));
  const scaled = (w: readonly number[]) => w.map((value, i) => value * scale[i % scale.length]!);
  return largestOff(scaled(found), scaled(coef.flat()));
}

const name = ({ method, options, classes, several }: Expected) =>
  [method, JSON.stringify(options), classes && `${classes} classes`, several && "several targets"]
    .filter(Boolean)
    .join(", ");

describe.each(cases)("$name", (one) => {
  const rows = one.solutions.map((expected) => ({ title: name(expected), expected }));

  test.each(rows)("$title", ({ expected }) => {
    const run = problemOf(one, expected);
    const found = solveCore(run);
    expect(coefOff(one.x, found.coef, expected)).toBeLessThan(TOLERANCES.solverCoefficients);
    const off = largestOff(found.intercept, expected.intercept);
    expect(off).toBeLessThan(TOLERANCES.solverCoefficients);
    if (expected.method === "lasso") {
      expect(activeOf(found.coef)).toEqual(activeOf(expected.coef.flat()));
    }
  });

  const descents = rows.filter(({ expected }) => /lasso|elastic/.test(expected.method));
  test.each(descents)("$title: residual updates, and a random order", ({ expected }) => {
    const run = problemOf(one, expected);
    const settings = [
      { precompute: abi.PRECOMPUTE_NEVER },
      { precompute: abi.PRECOMPUTE_ALWAYS },
      { precompute: abi.PRECOMPUTE_NEVER, selection: abi.SELECTION_RANDOM, seed: 7 },
    ];
    for (const setting of settings) {
      const problem = { ...run.problem, ...setting };
      const found = solveCore({ ...run, problem });
      expect(coefOff(one.x, found.coef, expected)).toBeLessThan(TOLERANCES.solverCoefficients);
    }
  });

  test.each(one.paths)("path, l1 ratio $l1Ratio: same alphas, same active sets", (expected) => {
    const problem = {
      method: abi.METHOD_ELASTIC_NET,
      l1Ratio: expected.l1Ratio,
      points: expected.alphas.length,
      pathEps: 0.01,
      intercept: 1,
      tol: 1e-14,
      maxIterations: 100_000,
    };
    const found = solveCore({ x: one.x, y: [one.y], problem });
    expect(largestOff(found.alphas, expected.alphas, 1e-9)).toBeLessThan(TOLERANCES.f64Order * 10);
    const coefs = { ...one.solutions[0]!, coef: expected.coefs };
    expect(coefOff(one.x, found.coef, coefs)).toBeLessThan(TOLERANCES.solverCoefficients);
    expect(activeOf(found.coef)).toEqual(activeOf(expected.coefs.flat()));
  });
});
