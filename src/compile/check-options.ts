import { LOSS_NAMES, type LossChoice, lossOptions, lossRows } from "../autodiff/losses/index.js";
import {
  OPTIMIZER_NAMES,
  type OptimizerOptions,
  optimizerConflict,
  optimizerRows,
} from "../autodiff/optimizers/index.js";
import { REESTIMATIONS } from "../autodiff/options.js";
import { BATCH_NORM_MODES, RUNNING_VARIANCES } from "../autodiff/procedure-builder.js";
import { SCHEDULE_NAMES, type ScheduleOptions, scheduleRows } from "../autodiff/schedules.js";
import {
  STRATEGY_NAMES,
  type StrategyOptions,
  strategyRows,
} from "../autodiff/strategies/index.js";
import { StropError } from "../errors.js";
import type { OptionRow } from "../option-rows.js";
import { isInRange, RANGES, type Range, rangeText } from "../ranges.js";
import type { CompileOptions } from "./options.js";

/** Throws a StropError for a value that is not right. */
type Check = (name: string, value: unknown) => void;
type Checks<T> = { readonly [K in keyof T]?: Check };

const COUNT_OR_NONE = { ...RANGES.count, min: 0 };

const CHECKS: Checks<CompileOptions> = {
  training: checkBoolean,
  batch: inRange(RANGES.count),
  rows: inRange(RANGES.count),
  epochs: inRange(COUNT_OR_NONE),
  steps: inRange(COUNT_OR_NONE),
  shuffle: checkBoolean,
  dropLast: checkBoolean,
  gradNorm: checkBoolean,
  seed: checkSeed,
  loss: (_, value) => checkLoss(value as LossChoice),
  bn: oneOf(BATCH_NORM_MODES),
  runningVariance: oneOf(RUNNING_VARIANCES),
  reestimate: oneOf(REESTIMATIONS),
  clipValue: inRange(RANGES.clipValue),
  clipNorm: inRange(RANGES.clipNorm),
  clipTensorNorm: inRange(RANGES.clipTensorNorm),
  optimizer: (_, value) => checkOptimizer(value as OptimizerOptions),
  schedule: (_, value) => {
    checkRule("schedule", SCHEDULE_NAMES, scheduleRows, value as ScheduleOptions);
  },
  takesMetric: checkBoolean,
  strategy: (_, value) => {
    checkRule("strategy", STRATEGY_NAMES, strategyRows, value as StrategyOptions);
  },
};

/**
 * Refuses what no run could mean; types do not reach the JavaScript that calls us, and a misspelt loss must
 * not train by another one. What is undefined counts as not given.
 *
 * @throws StropError with exit code 2 that names the option and its value
 */
export function checkOptions(options: Partial<CompileOptions>): void {
  for (const [name, check] of Object.entries(CHECKS) as [keyof CompileOptions, Check][]) {
    if (options[name] !== undefined) check(name, options[name]);
  }
}

/** The same for an optimizer alone. An option that is not its own is refused too. */
export function checkOptimizer(options: OptimizerOptions): void {
  checkRule("optimizer", OPTIMIZER_NAMES, optimizerRows, options);
  const conflict = optimizerConflict(options);
  if (conflict) throw badOption(conflict.option, conflict.problem, conflict.hint);
}

/** A rule is one of some names, and its options are those of its rows. */
function checkRule<N extends string>(
  what: string,
  names: readonly N[],
  rowsOf: (name: N) => Readonly<Record<string, OptionRow>>,
  options: { readonly name: N },
): void {
  const { name, ...rest } = options ?? {};
  oneOf(names)(what, name);
  checkRows(name, rowsOf(name), rest);
}

/** Each value fits its row. An option without a row is refused. */
export function checkRows(
  name: string,
  rows: Readonly<Record<string, OptionRow>>,
  values: object,
): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
    if (!row) {
      const hint = `It has ${Object.keys(rows).join(", ") || "none"}.`;
      throw badOption(key, `${show(value)} is given, but ${name} has no such option`, hint);
    }
    if (row.kind === "number") inRange(row.range)(key, value);
    else if (row.kind === "switch") checkBoolean(key, value);
    else if (row.kind === "class-weights") checkClassWeights(key, value);
    else oneOf(row.names)(key, value);
  }
}

/** A loss by its name alone, or with options. */
function checkLoss(loss: LossChoice): void {
  const { targets, ...rule } = lossOptions(loss) ?? {};
  checkRule("loss", LOSS_NAMES, lossRows, rule);
  if (targets !== undefined) oneOf(["classes", "values"])("targets", targets);
}

function checkClassWeights(name: string, value: unknown): void {
  if (value === "balanced") return;
  const isWeight = (weight: unknown) =>
    typeof weight === "number" && isInRange(weight, RANGES.classWeight);
  if (Array.isArray(value) && value.length > 0 && value.every(isWeight)) return;
  throw badOption(
    name,
    `${show(value)} is neither 'balanced' nor a number from 0 up for each class`,
  );
}

/** A check that the value is a number of the range. */
export function inRange(range: Range): Check {
  return (name, value) => {
    if (typeof value === "number" && isInRange(value, range)) return;
    throw badOption(name, `${show(value)} is not ${rangeText(range)}`);
  };
}

function oneOf(names: readonly string[]): Check {
  return (option, value) => {
    if (names.includes(value as string)) return;
    throw badOption(option, `${show(value)} is not known`, `There are ${names.join(", ")}.`);
  };
}

export function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== "boolean") throw badOption(name, `${show(value)} is not true or false`);
}

/** A program has 64 bits for it; a number holds 53 of them. */
function checkSeed(name: string, value: unknown): void {
  if (typeof value !== "bigint") inRange(RANGES.seed)(name, value);
  else if (value < 0n || value >= 2n ** 64n) {
    throw badOption(name, `${value} is not a whole number from 0 and below 2^64`);
  }
}

export function badOption(where: string, problem: string, hint?: string): StropError {
  const details = { code: "bad-option", where, exitCode: 2 } as const;
  return new StropError(problem, hint === undefined ? details : { ...details, hint });
}

function show(value: unknown): string {
  if (typeof value === "string") return `'${value}'`;
  const isPlain = typeof value === "object" && value !== null;
  return isPlain ? (JSON.stringify(value) ?? "an object") : String(value);
}
