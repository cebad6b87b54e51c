import { LINEAR_NAMES, type LinearName, nearest } from "../../node.js";
import { type Context, command } from "../command.js";
import { badOption } from "../options/option.js";
import { type SolveOptions, solveOptions } from "../options/solve.js";
import { runLinear } from "./solve-linear.js";

type Run = (options: SolveOptions, context: Context) => Promise<number>;

/** What runs for each method. */
const METHODS: ReadonlyMap<string, Run> = new Map(
  LINEAR_NAMES.map((name: LinearName) => [
    name,
    (options, context) => runLinear(name, options, context),
  ]),
);

/** `strop solve METHOD --data D --out T`: what needs no network. */
export const solve = command({
  name: "solve",
  help: `solves what needs no network: ${[...METHODS.keys()].join(", ")}`,
  files: ["method"],
  options: solveOptions,
  async run([method = ""], { config: _, ...options }, context) {
    const run = METHODS.get(method);
    if (run) return run(options, context);
    const names = [...METHODS.keys()];
    const near = nearest(method, names);
    const hint = near ? `Did you mean ${near}?` : `There are ${names.join(", ")}.`;
    throw badOption("method", `'${method}' is not known`, hint);
  },
});
