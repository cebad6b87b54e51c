import { LINEAR_NAMES, nearest } from "../../node.js";
import { type Context, command } from "../command.js";
import { badOption, flagOf } from "../options/option.js";
import { resolveRule } from "../options/rules.js";
import { type SolveOptions, type SolverName, solveOptions, solverTable } from "../options/solve.js";
import { buildSolver } from "./solve-build.js";
import { runKMeans } from "./solve-kmeans.js";
import { runLinear } from "./solve-linear.js";

const { names } = solverTable;

/** Options that are no numbers, and not every method's. */
const OF_LINEAR = ["labels", "noIntercept"] as const;
const OF_KMEANS = ["init", "labelsOut", "metrics"] as const;
/** What a run writes, and a build does not. */
const OF_RUN = ["out", "labelsOut", "metrics"] as const;

/** `strop solve METHOD --data D --out T`: what needs no network. */
export const solve = command({
  name: "solve",
  help: `solves what needs no network: ${names.join(", ")}`,
  files: ["method"],
  options: solveOptions,
  async run([word = ""], { config: _, ...options }, context) {
    const method = methodOf(word);
    refuseForeign(method, options);
    if (options.build !== undefined) return build(method, options, context, options.build);
    if (method === "kmeans") return runKMeans(options, context);
    return runLinear(method, options, context);
  },
});

function methodOf(word: string): SolverName {
  const method = names.find((name) => name === word);
  if (method) return method;
  const near = nearest(word, names);
  const hint = near ? `Did you mean ${near}?` : `There are ${names.join(", ")}.`;
  throw badOption("method", `'${word}' is not known`, hint);
}

/** Refuses options of other methods. */
function refuseForeign(method: SolverName, options: SolveOptions): void {
  resolveRule(solverTable, method, options);
  const clusters = method === "kmeans";
  const foreign = (clusters ? OF_LINEAR : OF_KMEANS).find((key) => options[key] !== undefined);
  if (!foreign) return;
  const owners = clusters ? LINEAR_NAMES.join(", ") : "kmeans";
  const hint = `It is an option of strop solve ${owners}.`;
  throw badOption(flagOf(foreign), `it does not belong to the method ${method}`, hint);
}

function build(
  method: SolverName,
  options: SolveOptions,
  context: Context,
  folder: string,
): Promise<number> {
  const written = OF_RUN.find((key) => options[key] !== undefined);
  if (!written) return buildSolver(method, options, context, folder);
  throw badOption(flagOf(written), "with --build nothing is solved", "Give one of them.");
}
