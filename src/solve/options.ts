import { badOption, checkRows, inRange } from "../compile/check-options.js";
import {
  type Conflict,
  choiceRow,
  numberRow,
  type OptionRow,
  type Rows,
  withDefaults,
} from "../option-rows.js";
import { RANGES } from "../ranges.js";
import type { SolverFlavour } from "./solver-core.js";

/** Which coordinate comes next: one after the other, or one by lot. */
export type Selection = "cyclic" | "random";
/** Whether the Gram matrix of the columns is held: if there are more rows than columns, always, never. */
export type Precompute = "auto" | "always" | "never";

interface DescentOptions {
  /** Strength of the penalty; default 1, without one at the end of a path that pathEps says. */
  readonly alpha?: number;
  /** Solves at so many alphas, from the one at which all coefficients are 0 down, each started from the last. */
  readonly path?: number;
  /** The path's last alpha over its first, where alpha does not say it. Default 1e-3. */
  readonly pathEps?: number;
  /** Default cyclic. */
  readonly selection?: Selection;
  /** The duality gap at which it ends, relative to ‖y‖², or to the loss of the best constant. Default 1e-4. */
  readonly tol?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
}

export interface LassoOptions extends DescentOptions {
  /** Default auto. */
  readonly precompute?: Precompute;
}

export interface ElasticNetOptions extends LassoOptions {
  /** 1 is the lasso, 0 the ridge. Default 0.5. */
  readonly l1Ratio?: number;
}

export interface LogisticOptions extends DescentOptions {
  /** Default 0. */
  readonly l1Ratio?: number;
}

export interface RidgeOptions {
  /** Default 1. */
  readonly alpha?: number;
}

/** Least squares has none. */
export type LeastSquaresOptions = Readonly<Record<never, never>>;

/** A linear model's own options by its name. */
export interface LinearOptionsByName {
  readonly lasso: LassoOptions;
  readonly "elastic-net": ElasticNetOptions;
  readonly ridge: RidgeOptions;
  readonly "least-squares": LeastSquaresOptions;
  readonly logistic: LogisticOptions;
}

export type LinearName = keyof LinearOptionsByName;

/** Where a solution stands, while it is looked for. */
export interface SolveProgress {
  /** The point of the path at work, from 1, and how many there are. */
  readonly point: number;
  readonly points: number;
  /** Finished at this point. */
  readonly iteration: number;
  /** Of the iteration that was last measured; infinite before. */
  readonly gap: number;
}

/** What every method takes. */
export interface RunOptions {
  /** Of random choices; default 0. */
  readonly seed?: number;
  readonly flavour?: SolverFlavour;
  /** Ends the run with an error of the code "interrupted". */
  readonly signal?: AbortSignal;
  /** Called some times a second. */
  readonly onProgress?: (progress: SolveProgress) => void;
}

/** What every linear model takes. */
export interface LinearRunOptions extends RunOptions {
  /** Default true. */
  readonly intercept?: boolean;
}

const descent: Rows<DescentOptions> = {
  alpha: numberRow(undefined, { min: 0 }, "strength of the penalty"),
  path: numberRow(
    undefined,
    { min: 2, max: 100_000, whole: true },
    "solve at so many alphas, falling to alpha",
  ),
  pathEps: numberRow(1e-3, { above: 0, below: 1 }, "the path's last alpha over its first"),
  selection: choiceRow(
    "cyclic",
    ["cyclic", "random"],
    "which coordinate is next, cyclic or random",
  ),
  tol: numberRow(1e-4, { min: 0 }, "relative duality gap at which it ends"),
  maxIterations: numberRow(1000, RANGES.count, "at each alpha"),
};

const lasso: Rows<LassoOptions> = {
  ...descent,
  precompute: choiceRow(
    "auto",
    ["auto", "always", "never"],
    "hold the Gram matrix of the columns, auto, always or never",
  ),
};

const l1Ratio = (value: number) =>
  numberRow(value, { min: 0, max: 1 }, "part of the penalty on absolute values, not squares");

const ROWS: { readonly [N in LinearName]: Rows<LinearOptionsByName[N]> } = {
  lasso,
  "elastic-net": { ...lasso, l1Ratio: l1Ratio(0.5) },
  ridge: { alpha: numberRow(1, { min: 0 }, "strength of the penalty") },
  "least-squares": {},
  logistic: { ...descent, l1Ratio: l1Ratio(0) },
};

export const LINEAR_NAMES = Object.keys(ROWS) as readonly LinearName[];

/** What the options of a linear model are. */
export function linearRows(name: LinearName): Readonly<Record<string, OptionRow>> {
  return ROWS[name] as Readonly<Record<string, OptionRow>>;
}

/** Options that are fine one by one, but not together. */
export function linearConflict(
  name: LinearName,
  {
    path,
    pathEps,
    alpha,
    l1Ratio = linearRows(name).l1Ratio?.default,
  }: {
    readonly [K in "path" | "pathEps" | "alpha" | "l1Ratio"]?: unknown;
  },
): Conflict | undefined {
  if (alpha === 0 && name !== "ridge") {
    const problem = "at 0 nothing is penalised, and coordinate descent has no end";
    const hint = name === "logistic" ? "Give a small one." : "Use least-squares.";
    return { option: "alpha", problem, hint };
  }
  if (path !== undefined && l1Ratio === 0) {
    const problem =
      "with an l1 ratio of 0 no alpha makes all coefficients 0, so no path begins there";
    return { option: "path", problem, hint: "Give an l1 ratio above 0." };
  }
  if (pathEps === undefined) return undefined;
  if (path === undefined) return { option: "pathEps", problem: "it needs a path" };
  if (alpha === undefined) return undefined;
  const problem = "alpha is given too, and says where the path ends";
  return { option: "pathEps", problem, hint: "Give one of them." };
}

/** All of a linear model's own options, whatever has them. */
export type LinearOptions = ElasticNetOptions & LogisticOptions & RidgeOptions;

/**
 * The options with their defaults, as far as they mean something beside the others.
 *
 * @throws StropError with exit code 2 for an impossible value, and for an option that the method has not
 */
export function resolveLinear(name: LinearName, given: LinearOptions): LinearOptions {
  checkRows(name, linearRows(name), given);
  const conflict = linearConflict(name, given);
  if (conflict) throw badOption(conflict.option, conflict.problem, conflict.hint);
  const all = withDefaults(linearRows(name) as Rows<LinearOptions>, given) as LinearOptions;
  const { pathEps, ...others } = all;
  return all.path !== undefined && all.alpha === undefined ? all : others;
}

/** Refuses what no run could mean. */
export function checkRun({ seed, flavour, signal, onProgress }: RunOptions): void {
  if (seed !== undefined) inRange(RANGES.seed)("seed", seed);
  if (flavour !== undefined && flavour !== "scalar" && flavour !== "simd") {
    throw badOption(
      "flavour",
      `'${flavour}' is no flavour of the solvers`,
      "There are simd, scalar.",
    );
  }
  if (signal !== undefined && typeof signal !== "object") {
    throw badOption("signal", "it is not an object");
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw badOption("onProgress", "it is not a function");
  }
}
