import {
  checkWritable,
  type LinearName,
  type LinearOptions,
  type LinearPoint,
  type LinearSolution,
  linearConflict,
  solveLinear,
  writeFileWhole,
} from "../../node.js";
import { type Context, required } from "../command.js";
import { EXIT_DONE, EXIT_INTERRUPTED, interruptible } from "../errors.js";
import { checkFiles } from "../files.js";
import { byteCount, count, shortNumber, table } from "../format.js";
import { badOption, flagOf } from "../options/option.js";
import { ruleOf } from "../options/rules.js";
import { type SolveOptions, solverTable } from "../options/solve.js";
import { SolveLines } from "../solve-lines.js";
import { takesStdout } from "../stdout.js";
import { readLabelled } from "./open.js";

/** `strop solve lasso|elastic-net|ridge|least-squares|logistic`. */
export async function runLinear(
  method: LinearName,
  options: SolveOptions,
  context: Context,
): Promise<number> {
  const { output } = context;
  const { name: _, ...own } = ruleOf(solverTable, method, options);
  const conflict = linearConflict(method, own);
  if (conflict) throw badOption(flagOf(conflict.option), conflict.problem, conflict.hint);
  const out = required(options.out, "--out", "Say where the model goes: --out M.onnx.");
  checkFiles({ "--out": out }, { "--data": options.data, "--labels": options.labels });
  if (takesStdout(out, output)) output.takeStdout();
  checkWritable(out);
  const { x, y } = await readLabelled(options, {}, context);
  const lines = new SolveLines(output);
  const run = {
    ...(own as LinearOptions),
    intercept: !options.noIntercept,
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.flavour !== undefined && { flavour: options.flavour }),
    signal: context.onInterrupt(),
    onProgress: lines.tell,
  };
  const solution = await interruptible(() => solveLinear(method, x, y, run)).finally(lines.stop);
  if (!solution) {
    output.progress("interrupted; nothing is written");
    output.result({ method, interrupted: true }, () => "");
    return EXIT_INTERRUPTED;
  }
  for (const note of [...solution.notes, ...unconverged(solution)]) output.note(note);
  await writeFileWhole(out, solution.model.toOnnx());
  const resolved = { ...options, ...shown(solution.options) };
  output.result({ ...jsonOf(solution), options: resolved }, () => words(solution, out));
  return EXIT_DONE;
}

/** What the solver filled in, as options of the command line. */
function shown({ intercept, seed, ...own }: LinearSolution["options"]): object {
  const there = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(there), seed, ...(!intercept && { noIntercept: true }) };
}

/** A note if a gap is larger than tol asks. */
function unconverged({ path, options, ...last }: LinearSolution): string[] {
  const points = path ?? [last];
  const open = points.filter(({ converged }) => !converged);
  if (open.length === 0) return [];
  const worst = Math.max(...open.map(({ gap }) => gap));
  const which = path ? `${open.length} of ${points.length} alphas have` : "it has";
  return [
    `${which} not converged to --tol ${options.tol} after ${count(options.maxIterations ?? 0)} iterations: ` +
      `the duality gap is still ${shortNumber(worst)}; raise --max-iterations or --tol`,
  ];
}

function jsonOf(solution: LinearSolution): object {
  const { method, model: _, path, notes: __, options: ___, ...rest } = solution;
  const point = (one: LinearPoint) => ({ ...one, ...asScikitLearn(solution, one) });
  return {
    method,
    ...point(rest),
    ...(path && { alphas: path.map(({ alpha }) => alpha), path: path.map(point) }),
  };
}

/** One target of a regression: a list and a number; classes, or several targets: a list of lists, and a list. */
function asScikitLearn({ method }: LinearSolution, { coef, intercept }: LinearPoint): object {
  const rows = coef.map((row) => [...row]);
  if (method === "logistic" || rows.length > 1) return { coef: rows, intercept };
  return { coef: rows[0], intercept: intercept[0] };
}

function words(solution: LinearSolution, out: string): string {
  const { method, path, alpha, objective, gap, iterations, plannedBytes } = solution;
  const closed = method === "ridge" || method === "least-squares";
  const rows = [
    ...(path ? [["path", pathText(path)]] : []),
    ...(method === "least-squares" ? [] : [["alpha", shortNumber(alpha)]]),
    ["coefficients", activeText(solution)],
    ["objective", shortNumber(objective)],
    ...(closed
      ? []
      : [["duality gap", `${shortNumber(gap)} after ${count(iterations)} iterations`]]),
    ["memory", byteCount(plannedBytes)],
    ["written", out],
  ];
  return `${table(rows)}\n`;
}

function pathText(path: readonly LinearPoint[]): string {
  const [first, last] = [path[0] as LinearPoint, path.at(-1) as LinearPoint];
  const alphas = `${count(path.length)} alphas from ${shortNumber(first.alpha)}`;
  return `${alphas} to ${shortNumber(last.alpha)}`;
}

function activeText({ coef }: LinearPoint): string {
  const all = coef.reduce((sum, row) => sum + row.length, 0);
  const active = coef.reduce((sum, row) => sum + row.filter((w) => w !== 0).length, 0);
  return `${count(active)} of ${count(all)} are not zero`;
}
