import {
  KMEANS_ROWS,
  type KMeansNumbers,
  LINEAR_NAMES,
  type LinearName,
  type LinearOptionsByName,
  linearRows,
} from "../../node.js";
import { dataOptions } from "./data.js";
import { choice, flag, type OptionsOf, text } from "./option.js";
import { type AnyKey, type RuleTable, ruleOptions } from "./rules.js";
import { configOption, outOption, runOptions } from "./run.js";

export type SolverName = LinearName | "kmeans";
type SolverKey = AnyKey<LinearOptionsByName[LinearName]> | AnyKey<KMeansNumbers>;

export const solverTable: RuleTable<SolverName, SolverKey> = {
  what: "method",
  chosenBy: "strop solve",
  names: [...LINEAR_NAMES, "kmeans"],
  rowsOf: (name) => (name === "kmeans" ? KMEANS_ROWS : linearRows(name)),
  keyOf: (option) => option as SolverKey,
};

/** The options of `strop solve`, whatever the method. */
export const solveOptions = {
  ...dataOptions,
  ...ruleOptions(solverTable),
  noIntercept: flag("leave the intercept out: rows are taken as centred already"),
  init: text({
    value: "k-means++|random|C.npy",
    help: "how the first centres are chosen, or a file of them; default k-means++ (kmeans)",
  }),
  labelsOut: text({ value: "FILE", help: "gets each row's label (kmeans)" }),
  metrics: text({ value: "FILE", help: "a line of JSON an iteration: its inertia (kmeans)" }),
  seed: { ...runOptions.seed, help: "of what is drawn at random; default 0" },
  ...outOption,
  build: text({
    value: "DIR",
    help: "does not solve, but writes the WASI command that does, with memory for these rows",
  }),
  flavour: choice(
    { value: "NAME", help: "solvers: simd (default) or scalar, which has the same bits" },
    ["simd", "scalar"],
  ),
  ...configOption,
};

export type SolveOptions = OptionsOf<typeof solveOptions>;
