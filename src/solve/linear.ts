import * as abi from "../../assembly/abi/solver.js";
import { checkBoolean } from "../compile/check-options.js";
import { StropError } from "../errors.js";
import type { Model } from "../train/model.js";
import type { Input } from "../train/options.js";
import {
  classLabels,
  regressionTargets,
  rowsOfTargets,
  type SolverLabels,
  type SolverRows,
  type SolverTargets,
  solverRows,
} from "./data.js";
import { modelOf } from "./linear-model.js";
import { refusalToError } from "./messages.js";
import {
  checkRun,
  type LinearName,
  type LinearOptions,
  type LinearRunOptions,
  resolveLinear,
} from "./options.js";
import { runSlices } from "./run.js";
import { type Problem, SolverCore, SolverRefusal } from "./solver-core.js";

/** A solution at one alpha. */
export interface LinearPoint {
  readonly alpha: number;
  /** A vector for each target or class; of two classes one. */
  readonly coef: readonly Float64Array[];
  /** One for each vector. */
  readonly intercept: readonly number[];
  /** The method's own objective, which docs/solvers.md writes down. */
  readonly objective: number;
  /** How far the objective may at most be from its minimum; 0 of a closed form. */
  readonly gap: number;
  /** Sweeps over coordinates, or over classes; 1 of a closed form. */
  readonly iterations: number;
  /** Whether the gap is as small as tol asks. */
  readonly converged: boolean;
}

/** What a linear solver found. Of a path, the point itself is the last one. */
export interface LinearSolution extends LinearPoint {
  readonly method: LinearName;
  /** By falling alpha, if a path was asked for. */
  readonly path?: readonly LinearPoint[];
  /** The solution as a network: it predicts, trains on, and goes into ONNX. */
  readonly model: Model;
  /** Bytes of the arena: known before the run, and all that it uses. */
  readonly plannedBytes: number;
  /** Linear memory of the run: the solvers' own data and the arena, rounded up to pages. */
  readonly pageBytes: number;
  readonly notes: readonly string[];
  /** The classes' names by their number, if they have any. */
  readonly classes?: readonly string[];
  /** The options with their defaults, as they were used. */
  readonly options: LinearOptions & { readonly intercept: boolean; readonly seed: number };
}

const METHODS: { readonly [N in LinearName]: number } = {
  lasso: abi.METHOD_ELASTIC_NET,
  "elastic-net": abi.METHOD_ELASTIC_NET,
  ridge: abi.METHOD_RIDGE,
  "least-squares": abi.METHOD_RIDGE,
  logistic: abi.METHOD_LOGISTIC,
};

const SELECTIONS = { cyclic: abi.SELECTION_CYCLIC, random: abi.SELECTION_RANDOM } as const;
const PRECOMPUTES = {
  auto: abi.PRECOMPUTE_AUTO,
  always: abi.PRECOMPUTE_ALWAYS,
  never: abi.PRECOMPUTE_NEVER,
} as const;

type Resolved = LinearSolution["options"];

/**
 * Solves a linear model by its name.
 *
 * @throws StropError for impossible options, for data that do not fit, and for a singular matrix
 */
export async function solveLinear(
  method: LinearName,
  x: Input,
  y: Input,
  given: LinearOptions & LinearRunOptions = {},
): Promise<LinearSolution> {
  const { flavour, signal, onProgress, ...rest } = given;
  checkRun({ flavour, signal, onProgress });
  const { problem, rows, targets, options, named } = prepareLinear(method, x, y, rest);
  try {
    const core = new SolverCore(problem, flavour);
    fillColumns(core, rows);
    fillTargets(core, targets, rows.rows);
    await runSlices(core, { signal, onProgress });
    return solutionOf(core, method, rows, targets, options);
  } catch (error) {
    throw error instanceof SolverRefusal ? refusalToError(error, named) : error;
  }
}

/** Checks options and data: a problem for the solvers, and what it is made of. */
export function prepareLinear(
  method: LinearName,
  x: Input,
  y: Input,
  given: LinearOptions & Pick<LinearRunOptions, "intercept" | "seed">,
) {
  const { intercept = true, seed = 0, ...own } = given;
  checkRun({ seed });
  checkBoolean("intercept", intercept);
  const resolved = resolveLinear(method, own);
  const rows = solverRows(x, rowsOfTargets(y));
  const targets = method === "logistic" ? classLabels(y, rows) : regressionTargets(y, rows);
  if (METHODS[method] === abi.METHOD_ELASTIC_NET && "outputs" in targets)
    checkSingle(method, targets);
  const options = { ...withAlpha(method, resolved, rows.rows), intercept, seed };
  const problem = problemOf(method, options, rows, targets);
  const named = {
    method,
    rows: rows.rows,
    columns: rows.columns,
    intercept,
    x: rows.name,
    y: targets.name,
  };
  return { problem, rows, targets, options, named };
}

function checkSingle(method: LinearName, { outputs, name }: SolverTargets): void {
  if (outputs === 1) return;
  const problem = `${outputs} targets a row, and ${method} takes one`;
  const hint = "Solve for each target alone, or use ridge.";
  throw new StropError(problem, { code: "target-shape", where: name, hint });
}

/** The alpha that was not given: 1, of logistic regression 1 / rows, which is scikit-learn's C = 1. */
function withAlpha(method: LinearName, options: LinearOptions, rows: number): LinearOptions {
  if (method === "least-squares" || options.path !== undefined) return options;
  return { ...options, alpha: options.alpha ?? (method === "logistic" ? 1 / rows : 1) };
}

function problemOf(
  method: LinearName,
  options: Resolved,
  { rows, columns }: SolverRows,
  targets: SolverTargets | SolverLabels,
): Problem {
  const { alpha = 0, path = 1, pathEps = 0, l1Ratio, tol = 0, maxIterations = 0 } = options;
  const { selection = "cyclic", precompute = "auto", intercept, seed } = options;
  const outputs = "classes" in targets ? vectorsOf(targets.classes) : targets.outputs;
  return {
    method: METHODS[method],
    rows,
    columns,
    outputs,
    intercept: Number(intercept),
    maxIterations,
    selection: SELECTIONS[selection],
    points: path,
    precompute: PRECOMPUTES[precompute],
    seed,
    alpha,
    l1Ratio: l1Ratio ?? (method === "lasso" ? 1 : 0),
    tol,
    pathEps: path > 1 ? pathEps : 0,
  };
}

/** Two classes share a vector. */
function vectorsOf(classes: number): number {
  return classes > 2 ? classes : 1;
}

/** Rows that are transposed together: what they touch stays in the cache. */
const TILE = 64;

/** X, column after column. */
function fillColumns(core: SolverCore, { rows, columns, x }: SolverRows): void {
  const stride = core.word(abi.SOLVER_X_COLUMN_STRIDE) / 4;
  const target = core.floats(abi.SOLVER_X, stride * columns);
  for (let from = 0; from < rows; from += TILE) {
    const to = Math.min(rows, from + TILE);
    for (let j = 0; j < columns; j++) {
      for (let i = from; i < to; i++) target[j * stride + i] = x[i * columns + j] as number;
    }
  }
}

function fillTargets(core: SolverCore, targets: SolverTargets | SolverLabels, rows: number): void {
  if ("classes" in targets) {
    core.words(abi.SOLVER_Y, rows).set(targets.y);
    return;
  }
  const stride = core.word(abi.SOLVER_Y_STRIDE);
  for (let k = 0; k < targets.outputs; k++) {
    const y = targets.y.subarray(k * rows, (k + 1) * rows);
    core.doubles(abi.SOLVER_Y, rows, k * stride).set(y);
  }
}

function solutionOf(
  core: SolverCore,
  method: LinearName,
  { columns, rowShape, notes, name }: SolverRows,
  targets: SolverTargets | SolverLabels,
  options: Resolved,
): LinearSolution {
  const points = pointsOf(core, columns);
  const point = points.at(-1) as LinearPoint;
  const labels = "classes" in targets ? targets : undefined;
  checkCoefficients(point, name);
  const model = modelOf({
    name: method,
    rowShape,
    coef: point.coef,
    intercept: point.intercept,
    activation: labels && (labels.classes > 2 ? "softmax" : "sigmoid"),
    classes: labels?.names,
  });
  return {
    method,
    ...point,
    ...(options.path !== undefined && { path: points }),
    model,
    plannedBytes: core.arenaBytes,
    pageBytes: core.memoryBytes,
    notes: [...notes, ...(labels?.notes ?? [])],
    ...(labels?.names && { classes: labels.names }),
    options,
  };
}

/** They are found in float64; the network that they make holds float32. */
function checkCoefficients({ coef }: LinearPoint, name: string): void {
  for (const row of coef) {
    const column = row.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (column < 0) continue;
    throw new StropError("its coefficient is beyond float32, which the model holds", {
      code: "value-not-finite",
      where: `${name} column ${column}`,
      hint: "Scale the column.",
    });
  }
}

function pointsOf(core: SolverCore, columns: number): LinearPoint[] {
  const count = core.word(abi.SOLVER_POINTS);
  const outputs = core.word(abi.SOLVER_OUTPUTS);
  const [coefs, intercepts] = [
    core.doubles(abi.SOLVER_COEF, count * outputs * columns),
    core.doubles(abi.SOLVER_INTERCEPTS, count * outputs),
  ];
  const goal = core.number(abi.SOLVER_GAP_GOAL);
  const numbers = (field: number) => core.doubles(field, count);
  const [alphas, objectives, gaps] = [
    numbers(abi.SOLVER_ALPHAS),
    numbers(abi.SOLVER_OBJECTIVES),
    numbers(abi.SOLVER_GAPS),
  ];
  const iterations = core.words(abi.SOLVER_ITERATIONS, count);
  return Array.from({ length: count }, (_, i) => {
    const vector = (k: number) => (i * outputs + k) * columns;
    return {
      alpha: alphas[i] as number,
      coef: Array.from({ length: outputs }, (_, k) => coefs.slice(vector(k), vector(k) + columns)),
      intercept: [...intercepts.slice(i * outputs, (i + 1) * outputs)],
      objective: objectives[i] as number,
      gap: gaps[i] as number,
      iterations: iterations[i] as number,
      converged: (gaps[i] as number) <= goal,
    };
  });
}
