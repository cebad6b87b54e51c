import {
  checkWritable,
  KMEANS_ROWS,
  type KMeansIteration,
  type KMeansNumbers,
  type KMeansRunOptions,
  type KMeansSolution,
  kmeans,
  kmeansConflict,
  LineFile,
  readArray,
  readData,
  writeFileWhole,
  writeNpy,
} from "../../node.js";
import { type Context, required } from "../command.js";
import { EXIT_DONE, EXIT_INTERRUPTED, interruptible } from "../errors.js";
import { checkFiles } from "../files.js";
import { byteCount, count, shapeText, shortNumber, table } from "../format.js";
import { badOption, flagOf } from "../options/option.js";
import type { SolveOptions } from "../options/solve.js";
import { takesStdout } from "../stdout.js";
import { dataOptionsOf } from "./open.js";

/** How the first centres are chosen; any other word is a file of them. */
const INITS = ["k-means++", "random"] as const;

/** `strop solve kmeans --data X.npy --clusters K --out CENTERS.npy`. */
export async function runKMeans(options: SolveOptions, context: Context): Promise<number> {
  const { output } = context;
  const { labelsOut, metrics } = options;
  const out = required(options.out, "--out", "Say where the centres go: --out CENTERS.npy.");
  checkFiles(
    { "--out": out, "--labels-out": labelsOut, "--metrics": metrics },
    { "--data": options.data, "--init": initFile(options) },
  );
  if (takesStdout(out, output)) output.takeStdout();
  for (const file of [out, labelsOut, metrics]) if (file !== undefined) checkWritable(file);
  const { x, own } = await readKMeans(options, context);
  const lines = metrics === undefined ? undefined : new LineFile(metrics);
  const run = {
    ...own,
    ...(options.flavour !== undefined && { flavour: options.flavour }),
    signal: context.onInterrupt(),
    onIteration: (iteration: KMeansIteration) => lines?.write(JSON.stringify(iteration)),
  };
  const solution = await interruptible(() => kmeans(x, run)).finally(() => lines?.close());
  if (!solution) {
    output.progress("interrupted; nothing is written");
    output.result({ method: "kmeans", interrupted: true }, () => "");
    return EXIT_INTERRUPTED;
  }
  for (const note of [...solution.notes, ...unconverged(solution)]) output.note(note);
  const { centers, labels } = solution;
  await writeFileWhole(out, writeNpy(centers));
  if (labelsOut !== undefined) {
    await writeFileWhole(labelsOut, writeNpy({ shape: [labels.length], data: labels }));
  }
  output.result(jsonOf(solution, options), () => words(solution, [out, labelsOut]));
  return EXIT_DONE;
}

/** All but what has files of its own. */
function jsonOf(solution: KMeansSolution, options: SolveOptions): object {
  const { centers, labels: _, notes: __, options: used, ...rest } = solution;
  const resolved = { ...options, ...used, init: options.init ?? used.init };
  return { ...rest, shape: centers.shape, clusterRows: clusterRows(solution), options: resolved };
}

function initFile({ init }: SolveOptions): string | undefined {
  return INITS.some((name) => name === init) ? undefined : init;
}

/** The rows, and the options as `kmeans` takes them. */
export async function readKMeans(options: SolveOptions, { output }: Context) {
  const source = required(options.data, "--data", "Give the rows: X.npy, IDX, or T.csv.");
  required(options.clusters, "--clusters", "Say how many there are to be: --clusters 8.");
  const numbers = numbersOf(options);
  const conflict = kmeansConflict(numbers);
  if (conflict) throw badOption(flagOf(conflict.option), conflict.problem, conflict.hint);
  const from = { ...dataOptionsOf(options, {}), withoutTargets: true };
  const { x, notes } = await readData(source, from);
  for (const note of notes) output.note(note);
  const file = initFile(options);
  const init = file === undefined ? options.init : await readArray(file);
  const own: KMeansRunOptions = {
    ...numbers,
    ...(init !== undefined && { init: init as NonNullable<KMeansRunOptions["init"]> }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
  return { x, own };
}

function numbersOf(options: SolveOptions): KMeansNumbers {
  const keys = Object.keys(KMEANS_ROWS) as (keyof typeof KMEANS_ROWS)[];
  const given = keys.map((key) => [key, options[key]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function unconverged({ converged, iterations, options }: KMeansSolution): string[] {
  if (converged) return [];
  const what = options.batch === undefined ? "iterations" : "mini-batches";
  return [`it has not converged after ${count(iterations)} ${what}; raise --max-iterations`];
}

/** How many rows each cluster has. */
function clusterRows({ labels, centers }: KMeansSolution): number[] {
  const rows = Array<number>(centers.shape[0] as number).fill(0);
  for (const label of labels) rows[label] = (rows[label] as number) + 1;
  return rows;
}

function words(solution: KMeansSolution, files: readonly (string | undefined)[]): string {
  const { centers, inertia, iterations, options, plannedBytes } = solution;
  const rows = clusterRows(solution);
  const what = options.batch === undefined ? "iterations" : "mini-batches";
  return `${table([
    ["centres", shapeText(centers.shape)],
    ["inertia", `${shortNumber(inertia)} after ${count(iterations)} ${what}`],
    ["rows a cluster", `${count(Math.min(...rows))} to ${count(Math.max(...rows))}`],
    ["memory", byteCount(plannedBytes)],
    ["written", files.filter((file) => file !== undefined).join(", ")],
  ])}\n`;
}
