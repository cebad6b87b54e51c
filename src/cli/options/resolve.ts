import {
  defaultStepSize,
  type FitOptions,
  type InferenceOptions,
  type ModelOptions,
  type OptimizerName,
  type OptimizerOptions,
  optimizerConflict,
  type ScheduleName,
  type ScheduleOptions,
  type StrategyName,
  type StrategyOptions,
  strategyLoss,
} from "../../node.js";
import type { Output } from "../output.js";
import { augmentOf } from "./augment.js";
import { parameterGroup } from "./group.js";
import {
  optimizerOptions,
  optimizerTable,
  scheduleTable,
  type strategyOptions,
  strategyTable,
} from "./learning.js";
import { lossOf, resolveLoss } from "./loss.js";
import { badOption, flagOf } from "./option.js";
import { resolveRule, ruleOf } from "./rules.js";
import type { TrainOptions } from "./train.js";

/**
 * The train options with every default filled in that does not depend on the data, and checked against each
 * other: they run again through --config.
 *
 * @throws StropError with exit code 2 for options that do not go together
 */
export function resolveOptions(given: TrainOptions): TrainOptions & {
  optimizer: OptimizerName;
  schedule: ScheduleName;
  strategy: StrategyName;
} {
  const { strategy = "joint", optimizer = "adam", schedule = "constant", epochs, steps } = given;
  checkValidation(given);
  checkBatchNorm(given);
  const resolved = {
    bn: "batch",
    batch: 32,
    seed: 0,
    ...(epochs === undefined && steps === undefined && { epochs: 10 }),
    ...given,
    ...resolveLoss(given),
    strategy,
    ...resolveRule(strategyTable, strategy, given),
    optimizer,
    ...resolveRule(optimizerTable, optimizer, given),
    schedule,
    ...resolveRule(scheduleTable, schedule, given),
  } as const;
  const conflict = optimizerConflict(
    ruleOf(optimizerTable, optimizer, resolved) as OptimizerOptions,
  );
  if (conflict) throw badOption(flagOf(conflict.option), conflict.problem, conflict.hint);
  const isOpen = schedule === "step" && resolved.stepSize === undefined;
  if (!isOpen || !resolved.epochs) return resolved;
  return { ...resolved, stepSize: defaultStepSize(resolved.epochs) };
}

/** The given options that a strategy which solves instead of descending leaves unread. */
export function unusedOptions(given: TrainOptions, strategy: StrategyName): string[] {
  if (strategyLoss(strategy) === undefined) return [];
  return Object.keys(optimizerOptions).filter((key) => Object.hasOwn(given, key));
}

function checkValidation(given: TrainOptions): void {
  const { validation, validationData, validationLabels, patience } = given;
  if (patience !== undefined && validation === undefined && validationData === undefined) {
    const hint = "Give --validation 0.2, or --validation-data.";
    throw badOption("--patience", "there are no held-out rows to watch", hint);
  }
  if (validation !== undefined && validationData !== undefined) {
    throw badOption("--validation", "--validation-data is given too", "Give one of them.");
  }
  if (validationLabels !== undefined && validationData === undefined) {
    throw badOption("--validation-labels", "it needs --validation-data");
  }
}

function checkBatchNorm({ bn, bnOnly, bnReestimate }: TrainOptions): void {
  if (bnOnly && bnReestimate) {
    throw badOption("--bn-only", "--bn-reestimate is given too", "Give one of them.");
  }
  if (bn === "frozen" && (bnOnly || bnReestimate)) {
    const problem = "--bn frozen keeps the statistics that are to be estimated anew";
    throw badOption(bnOnly ? "--bn-only" : "--bn-reestimate", problem, "Give one of them.");
  }
}

/** Resolved options as `compile` takes them. */
export function modelOptionsOf(options: ReturnType<typeof resolveOptions>): ModelOptions {
  const { freeze, trainOnly, noDecay, bn, group, layerLrDecay } = options;
  const { clipValue, clipTensorNorm, clipNorm } = options;
  return given({
    optimizer: ruleOf(optimizerTable, options.optimizer, options) as OptimizerOptions,
    schedule: ruleOf(scheduleTable, options.schedule, options) as ScheduleOptions,
    strategy: strategyOf(options),
    groups: group?.map(parameterGroup),
    layerLrDecay,
    augment: options.augment === undefined ? undefined : augmentOf(options.augment),
    loss: lossOf(options),
    ...{ freeze, trainOnly, noDecay, bn, clipValue, clipTensorNorm, clipNorm },
  });
}

/** The strategy of resolved options, with its own. */
export function strategyOf(options: Pick<TrainOptions, keyof typeof strategyOptions>) {
  const { strategy = "joint" } = options;
  return ruleOf(strategyTable, strategy, options) as StrategyOptions;
}

/** Resolved options as `fit`, `plan` and `build` take them; the gradient's norm goes with the records. */
export function fitOptionsOf(options: TrainOptions): FitOptions {
  const { batch, epochs, steps, dropLast, noShuffle, seed, validation, flavour } = options;
  const isRecorded = options.metrics !== undefined || options.report !== undefined;
  const { bnOnly, bnReestimate } = options;
  return given({
    batchSize: batch,
    epochs,
    steps,
    dropLast,
    seed,
    flavour,
    standardize: options.standardize,
    shuffle: noShuffle ? false : undefined,
    cache: options.cache,
    reestimate: bnOnly ? "only" : bnReestimate ? "after" : undefined,
    validationSplit: validation,
    gradNorm: isRecorded || undefined,
  });
}

/** Options of runs that train nothing. */
export function inferenceOptionsOf(
  { batch, flavour }: Pick<TrainOptions, "batch" | "flavour">,
  output: Output,
): InferenceOptions {
  const onNote = (note: string) => output.note(note);
  return { ...given({ batchSize: batch, flavour }), onNote };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(options: T): Given<T> {
  const there = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Given<T>;
}
