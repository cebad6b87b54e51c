import { LINEAR_NAMES, type LinearName, type LinearOptionsByName, linearRows } from "../../node.js";
import { dataOptions } from "./data.js";
import { choice, flag, type OptionsOf } from "./option.js";
import { type AnyKey, type RuleTable, ruleOptions } from "./rules.js";
import { configOption, outOption, runOptions } from "./run.js";

type SolverKey = AnyKey<LinearOptionsByName[LinearName]>;

export const solverTable: RuleTable<LinearName, SolverKey> = {
  what: "method",
  chosenBy: "strop solve",
  names: LINEAR_NAMES,
  rowsOf: linearRows,
  keyOf: (option) => option as SolverKey,
};

/** The options of `strop solve`, whatever the method. */
export const solveOptions = {
  ...dataOptions,
  ...ruleOptions(solverTable),
  noIntercept: flag("leave the intercept out: rows are taken as centred already"),
  seed: { ...runOptions.seed, help: "of the random selection; default 0" },
  ...outOption,
  flavour: choice(
    { value: "NAME", help: "solvers: simd (default) or scalar, which has the same bits" },
    ["simd", "scalar"],
  ),
  ...configOption,
};

export type SolveOptions = OptionsOf<typeof solveOptions>;
