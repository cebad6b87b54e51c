import type { Augmentation } from "./augment.js";
import type { LossChoice } from "./losses/index.js";
import type { OptimizerOptions } from "./optimizers/index.js";
import type { BatchNormMode, RunningVariance } from "./procedure-builder.js";
import type { ScheduleOptions } from "./schedules.js";
import type { StrategyOptions } from "./strategies/index.js";
import type { UpdateOptions } from "./updates.js";

export const REESTIMATIONS = ["only", "after"] as const;
export type Reestimation = (typeof REESTIMATIONS)[number];

/** What one training run is, as far as the program must know. */
export interface TrainingOptions extends UpdateOptions {
  /** false: only predict and, if a loss is given, evaluate. */
  readonly training: boolean;
  /** Rows of a batch. */
  readonly batch: number;
  /** Rows of the training set, at least 1. */
  readonly rows: number;
  /** The run ends after so many epochs; 0: steps decide. */
  readonly epochs: number;
  /** The run ends after so many steps; 0: epochs decide. */
  readonly steps: number;
  readonly shuffle: boolean;
  /** Leave out an epoch's last, smaller batch. */
  readonly dropLast: boolean;
  readonly seed: number | bigint;
  /** Undefined only without training: then there is no evaluate. */
  readonly loss: LossChoice | undefined;
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  /** A plateau is seen by a metric that the host gives after each epoch. */
  readonly takesMetric: boolean;
  /** What a step does to its rows first; undefined: nothing. Nobody else does it. */
  readonly augment?: Augmentation | undefined;
  readonly bn: BatchNormMode;
  /** What moves the running variance: n/(n − 1) times the batch's (PyTorch), or the batch's own (ONNX). */
  readonly runningVariance: RunningVariance;
  /**
   * The running statistics of batch-norm are estimated anew, exactly, over all rows: "only" this, nothing being
   * trained, or "after" the training.
   */
  readonly reestimate?: Reestimation | undefined;
  /** Which phases the run has. */
  readonly strategy: StrategyOptions;
  /** Which initializers train, by name. Running statistics never do. */
  readonly trainable: (name: string) => boolean;
}

export function seedOf({ seed }: Pick<TrainingOptions, "seed">): bigint {
  return BigInt.asUintN(64, BigInt(seed));
}
