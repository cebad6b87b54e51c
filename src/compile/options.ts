import type { TrainingOptions } from "../autodiff/options.js";

export { AUGMENT_ROWS, type AugmentOptions, augmentationOf } from "../autodiff/augment.js";
export {
  LOSS_ALIASES,
  LOSS_NAMES,
  type LossChoice,
  type LossName,
  type LossOptions,
  lossOptions,
  lossRows,
} from "../autodiff/losses/index.js";
export type {
  OptimizerName,
  OptimizerOptions,
  OptimizerOptionsByName,
} from "../autodiff/optimizers/index.js";
export { REESTIMATIONS, type Reestimation } from "../autodiff/options.js";
export type { BatchNormMode } from "../autodiff/procedure-builder.js";
export type {
  ScheduleName,
  ScheduleOptions,
  ScheduleOptionsByName,
} from "../autodiff/schedules.js";
export {
  learnsLabels,
  STRATEGY_NAMES,
  type StrategyName,
  type StrategyOptions,
  type StrategyOptionsByName,
  strategyLoss,
  strategyRows,
} from "../autodiff/strategies/index.js";
export type { ParameterGroup } from "../autodiff/updates.js";

/** What `compileProgram` needs to know; `completeOptions` fills in the defaults of INTERFACES. */
export type CompileOptions = TrainingOptions;

export const DEFAULT_OPTIONS: Omit<CompileOptions, "rows" | "trainable" | "loss"> = {
  training: true,
  batch: 32,
  epochs: 10,
  steps: 0,
  shuffle: true,
  dropLast: false,
  seed: 0,
  optimizer: { name: "adam" },
  schedule: { name: "constant" },
  takesMetric: false,
  strategy: { name: "joint" },
  bn: "batch",
  runningVariance: "unbiased",
};

/** The given options over the defaults; undefined counts as not given. With `steps` and no `epochs`, steps decide. */
export function completeOptions(
  options: Partial<CompileOptions> & Pick<CompileOptions, "rows" | "trainable" | "loss">,
): CompileOptions {
  const epochs = options.epochs ?? (options.steps ? 0 : DEFAULT_OPTIONS.epochs);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const { rows, trainable, loss } = options;
  return { ...DEFAULT_OPTIONS, ...Object.fromEntries(given), rows, trainable, loss, epochs };
}
