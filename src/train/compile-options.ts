import {
  badOption,
  checkBoolean,
  checkOptions,
  checkRows,
  inRange,
} from "../compile/check-options.js";
import {
  AUGMENT_ROWS,
  augmentationOf,
  type CompileOptions,
  completeOptions,
  DEFAULT_OPTIONS,
  type LossOptions,
  type OptimizerOptions,
  type ScheduleOptions,
  type StrategyOptions,
} from "../compile/options.js";
import { StropError } from "../errors.js";
import { channelOrder } from "../graph/channel-order.js";
import { matchNames } from "../graph/glob.js";
import type { Graph } from "../graph/graph.js";
import { listParameters, selectTrained } from "../graph/parameters.js";
import { rowShape } from "../graph/shape.js";
import { RANGES } from "../ranges.js";
import { checkKeys, FIT_KINDS, MODEL_KINDS } from "./check-keys.js";
import { checkGroups, groupsByName, withLayerRates } from "./groups.js";
import { checkMetrics } from "./metrics/measure.js";
import { Optimizer } from "./optimizers.js";
import type { FitOptions, ModelOptions } from "./options.js";

export const DEFAULT_BATCH = DEFAULT_OPTIONS.batch;

/** Refuses impossible values when they are given, before any data are read by them. */
export function checkModelOptions(options: ModelOptions): void {
  checkKeys(options, MODEL_KINDS);
  const { loss, bn, clipValue, clipTensorNorm, clipNorm, groups = [], metrics = [] } = options;
  checkMetrics(metrics);
  if (options.layerLrDecay !== undefined) {
    inRange(RANGES.layerLrDecay)("layerLrDecay", options.layerLrDecay);
  }
  const optimizer = optionsOf(options.optimizer);
  const schedule = ruleOf<ScheduleOptions>(options.schedule);
  const strategy = ruleOf<StrategyOptions>(options.strategy);
  checkOptions({ optimizer, schedule, strategy, loss, bn, clipValue, clipTensorNorm, clipNorm });
  checkGroups(groups, optimizer ?? DEFAULT_OPTIONS.optimizer);
  if (options.augment) checkRows("augment", AUGMENT_ROWS, options.augment);
}

/**
 * The same for what a run is told.
 *
 * @param more options that the call has beside those of `fit`
 */
export function checkFitOptions(options: FitOptions, more: readonly string[] = []): void {
  checkKeys(options, { ...FIT_KINDS, ...Object.fromEntries(more.map((key) => [key, "any"])) });
  const { batchSize, validationSplit = 0, epochs, steps, shuffle, dropLast, seed } = options;
  const { gradNorm, reestimate } = options;
  checkOptions({ epochs, steps, shuffle, dropLast, seed, gradNorm, reestimate });
  if (batchSize !== undefined && batchSize !== "all") inRange(RANGES.count)("batchSize", batchSize);
  if (options.standardize !== undefined) checkBoolean("standardize", options.standardize);
  if (options.cache !== undefined) checkBoolean("cache", options.cache);
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
  loss: LossOptions | undefined,
): CompileOptions {
  const trained = selectTrained(graph, options);
  const undecayed = namesWithoutDecay(graph, options);
  const optimizer = optionsOf(options.optimizer);
  const groups = groupsOf(graph, options, optimizer);
  const wanted = fit.batchSize === "all" ? rows : (fit.batchSize ?? DEFAULT_BATCH);
  return completeOptions({
    training: true,
    rows,
    loss,
    trainable: (name) => trained.has(name),
    noDecay: (name) => undecayed.has(name),
    group: (name) => groups.get(name),
    // A batch that is never full needs no memory for what it lacks; one that must be full is refused.
    batch: fit.dropLast ? wanted : Math.min(wanted, rows),
    epochs: fit.epochs,
    steps: fit.steps,
    shuffle: fit.shuffle,
    dropLast: fit.dropLast,
    seed: fit.seed,
    gradNorm: fit.gradNorm,
    augment: augmentOf(graph, options, fit),
    bn: options.bn,
    reestimate: fit.reestimate,
    clipValue: options.clipValue,
    clipTensorNorm: options.clipTensorNorm,
    clipNorm: options.clipNorm,
    optimizer,
    schedule: ruleOf<ScheduleOptions>(options.schedule),
    strategy: ruleOf<StrategyOptions>(options.strategy),
  });
}

function augmentOf(graph: Graph, { augment }: ModelOptions, { cache }: FitOptions) {
  if (augment === undefined) return undefined;
  if (cache) {
    throw badOption("--cache", "what layers make of a row is another thing each time by --augment");
  }
  return augmentationOf(augment, rowShape(graph.inputs[0]!.shape), channelOrder(graph));
}

/** What each parameter has of its own. */
function groupsOf(
  graph: Graph,
  { groups = [], layerLrDecay }: ModelOptions,
  optimizer: OptimizerOptions = DEFAULT_OPTIONS.optimizer,
): ReturnType<typeof groupsByName> {
  const named = groupsByName(graph, groups);
  if (layerLrDecay === undefined) return named;
  return withLayerRates(named, graph, optimizer, layerLrDecay);
}

function optionsOf(optimizer: ModelOptions["optimizer"]): OptimizerOptions | undefined {
  return optimizer instanceof Optimizer ? optimizer.options : optimizer;
}

/** A schedule or a strategy by its name alone has its defaults. */
function ruleOf<R extends { readonly name: string }>(
  rule: R["name"] | R | undefined,
): R | undefined {
  return typeof rule === "string" ? ({ name: rule } as R) : rule;
}

/** Throws a StropError for a pattern that matches nothing. */
export function checkPatterns(graph: Graph, options: ModelOptions): void {
  selectTrained(graph, options);
  namesWithoutDecay(graph, options);
  groupsByName(graph, options.groups ?? []);
}

/** The parameters that weight decay leaves alone. */
function namesWithoutDecay(graph: Graph, { noDecay = [] }: ModelOptions): ReadonlySet<string> {
  const names = listParameters(graph).map(({ name }) => name);
  return matchNames(names, noDecay, "--no-decay");
}
