import { checkOptions, inRange } from "../compile/check-options.js";
import {
  type CompileOptions,
  completeOptions,
  DEFAULT_OPTIONS,
  type LossName,
  type OptimizerOptions,
} from "../compile/options.js";
import { StropError } from "../errors.js";
import { matchNames } from "../graph/glob.js";
import type { Graph } from "../graph/graph.js";
import { listParameters, selectTrained } from "../graph/parameters.js";
import { RANGES } from "../ranges.js";
import { checkMetrics } from "./metrics/measure.js";
import { Optimizer } from "./optimizers.js";
import type { FitOptions, ModelOptions } from "./options.js";

export const DEFAULT_BATCH = DEFAULT_OPTIONS.batch;

/** Refuses impossible values when they are given, before any data are read by them. */
export function checkModelOptions({
  optimizer,
  loss,
  bn,
  clipValue,
  clipNorm,
  metrics = [],
}: ModelOptions): void {
  checkMetrics(metrics);
  checkOptions({ optimizer: optionsOf(optimizer), loss, bn, clipValue, clipNorm });
}

/** The same for what a run is told. */
export function checkFitOptions(options: FitOptions): void {
  const { batchSize, validationSplit = 0, epochs, steps, shuffle, dropLast, seed } = options;
  const { gradNorm, reestimate } = options;
  checkOptions({ epochs, steps, shuffle, dropLast, seed, gradNorm, reestimate });
  if (batchSize !== undefined && batchSize !== "all") inRange(RANGES.count)("batchSize", batchSize);
  checkPatience(options);
  // 0 holds out nothing.
  if (validationSplit !== 0) inRange(RANGES.fraction)("validationSplit", validationSplit);
}

function checkPatience({ patience, validationSplit, validationData }: FitOptions): void {
  if (patience === undefined) return;
  inRange(RANGES.count)("patience", patience);
  if (validationData || validationSplit) return;
  throw new StropError("there are no held-out rows to watch", {
    code: "bad-option",
    where: "patience",
    hint: "Give validation rows, or a fraction of the rows to hold out.",
    exitCode: 2,
  });
}

/** What the compiler must know of a run on so many rows. Throws a StropError for a pattern that matches nothing. */
export function compileOptions(
  graph: Graph,
  options: ModelOptions,
  fit: FitOptions,
  rows: number,
  loss: LossName,
): CompileOptions {
  const trained = selectTrained(graph, options);
  const undecayed = namesWithoutDecay(graph, options);
  const { optimizer } = options;
  const wanted = fit.batchSize === "all" ? rows : (fit.batchSize ?? DEFAULT_BATCH);
  return completeOptions({
    training: true,
    rows,
    loss,
    trainable: (name) => trained.has(name),
    noDecay: (name) => undecayed.has(name),
    // A batch that is never full needs no memory for what it lacks; one that must be full is refused.
    batch: fit.dropLast ? wanted : Math.min(wanted, rows),
    epochs: fit.epochs,
    steps: fit.steps,
    shuffle: fit.shuffle,
    dropLast: fit.dropLast,
    seed: fit.seed,
    gradNorm: fit.gradNorm,
    bn: options.bn,
    reestimate: fit.reestimate,
    clipValue: options.clipValue,
    clipNorm: options.clipNorm,
    optimizer: optionsOf(optimizer),
  });
}

function optionsOf(optimizer: ModelOptions["optimizer"]): OptimizerOptions | undefined {
  return optimizer instanceof Optimizer ? optimizer.options : optimizer;
}

/** The parameters that weight decay leaves alone. */
export function namesWithoutDecay(
  graph: Graph,
  { noDecay = [] }: ModelOptions,
): ReadonlySet<string> {
  const names = listParameters(graph).map(({ name }) => name);
  return matchNames(names, noDecay, "--no-decay");
}
