import type {
  AugmentOptions,
  BatchNormMode,
  LossChoice,
  LossName,
  OptimizerOptions,
  Reestimation,
  ScheduleName,
  ScheduleOptions,
  StrategyName,
  StrategyOptions,
} from "../compile/options.js";
import type { Levels } from "../data/levels.js";
import type { Flavour } from "../runtime/flavour.js";
import type { Measured, MetricName } from "./metrics/measure.js";
import type { Nested } from "./nested.js";
import type { Optimizer } from "./optimizers.js";

/** What is trained, and by which rule. Everything has a default. */
export interface ModelOptions {
  /** Default adam. */
  readonly optimizer?: Optimizer | OptimizerOptions;
  /** How the rate goes on from the optimizer's. Default constant. */
  readonly schedule?: ScheduleName | ScheduleOptions;
  /** Rates and weight decays of some parameters' own; a parameter belongs to the first group that matches. */
  readonly groups?: readonly ParameterGroupOptions[];
  /**
   * Discriminative rates: each layer's rate is this times that of the layer above it; the last layer has the
   * optimizer's. From above 0 to 1.
   */
  readonly layerLrDecay?: number;
  /**
   * Default: cross-entropy for whole-number labels, binary-cross-entropy for those of a model with one output, mse
   * for targets.
   */
  readonly loss?: LossChoice;
  /** Measured by `evaluate` and on validation rows. Accuracy is there for every classification anyway. */
  readonly metrics?: readonly MetricName[];
  /** Which phases the run has. Default joint: all parameters at once. */
  readonly strategy?: StrategyName | StrategyOptions;
  /** Globs on initializer names that are not trained. */
  readonly freeze?: readonly string[];
  /** Globs on initializer names; nothing else is trained. */
  readonly trainOnly?: readonly string[];
  /** Globs on initializer names that weight decay leaves alone. */
  readonly noDecay?: readonly string[];
  /**
   * How rows are changed on their way into a step, each time in another way that follows from the seed; default not
   * at all. Neither held-out rows nor those of batch-norm's statistics are.
   */
  readonly augment?: AugmentOptions;
  /** batch (default): batch statistics, the running ones move. frozen: running statistics are used and stay. */
  readonly bn?: BatchNormMode;
  /** Each element of each gradient is cut to ± this. */
  readonly clipValue?: number;
  /** Each parameter's gradient is scaled to at most this norm. */
  readonly clipTensorNorm?: number;
  /** All gradients together are scaled to at most this norm. */
  readonly clipNorm?: number;
}

/** Parameters that differ from the rest. */
export interface ParameterGroupOptions {
  /** A glob on initializer names, or some. */
  readonly match: string | readonly string[];
  /** Follows the schedule, in proportion to the optimizer's. Default: the optimizer's. 0 is allowed. */
  readonly lr?: number;
  /** Default: the optimizer's. What noDecay names has none all the same. */
  readonly weightDecay?: number;
}

/** For how long, in which order, and what to watch. */
export interface FitOptions {
  /** Default 32; "all" is the whole set. */
  readonly batchSize?: number | "all";
  /** Default 10, or without limit if `steps` is given. */
  readonly epochs?: number;
  /** Optimizer updates. */
  readonly steps?: number;
  /** Default true. */
  readonly shuffle?: boolean;
  readonly dropLast?: boolean;
  /** Of the shuffle and the split; default 0. */
  readonly seed?: number;
  /**
   * Batch-norm's running statistics become those of all training rows, by one more pass over them: "after" the
   * training, or "only" that, with nothing trained. Of a first batch-norm they are exact; a later one sees what the
   * batches' own statistics made of the rows before it.
   * Differs from PyTorch: torch.optim.swa_utils.update_bn takes the mean of the batches' variances, whose own means
   * differ; with one batch of all rows the two agree.
   */
  readonly reestimate?: Reestimation | undefined;
  /** This share of the rows, the last ones of a seeded shuffle, is held out. */
  readonly validationSplit?: number;
  readonly validationData?: readonly [x: Input, y: Input];
  /**
   * Put (x − mean) / std in front of the model, learned from the rows that are trained on; from then on the
   * model, and what is exported, takes raw input.
   */
  readonly standardize?: boolean;
  /**
   * Stop when the held-out rows have not got better for so many epochs, and keep the best weights. Watched is the
   * 0-1 error for classes, else the loss. Needs validation rows.
   */
  readonly patience?: number;
  /**
   * Of a strategy with several phases: compute once, for all rows, what comes out of the layers that a phase leaves
   * alone, instead of in every step. It takes the memory of these rows, outside the plan; a note tells how much.
   */
  readonly cache?: boolean;
  readonly callbacks?: Callbacks;
  /** Compute the gradient's norm each step even without clipNorm. */
  readonly gradNorm?: boolean;
  /** Called after every step. */
  readonly onStep?: (step: StepResult) => void;
  /** Called before the run with what the user should know: "y.npy: int64 converted to int32". */
  readonly onNote?: (note: string) => void;
  /** Ends the run after the current step; the model keeps what it learned. */
  readonly signal?: AbortSignal;
  readonly flavour?: Flavour;
}

/** For runs that train nothing. */
export type InferenceOptions = Pick<FitOptions, "batchSize" | "flavour" | "onNote">;

export interface EvaluateOptions extends InferenceOptions {
  /** Default: those of `compile`. */
  readonly metrics?: readonly MetricName[];
}

/** Rows as plain numbers (lists of any depth, or flat), as a typed array, or as an array with its shape. */
export type Input = Float32Array | Float64Array | Int32Array | Uint8Array | Nested | NumberArray;

/** What a .npy file holds. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
  /** What errors call it; default "x" or "y". */
  readonly name?: string;
  /** Of labels: the names of the classes by their number, as a table has them. A `fit` leaves them in the model. */
  readonly classes?: readonly string[];
  /** Of rows of bytes: what they stand for, as `readImages` says it; default themselves. */
  readonly levels?: Levels;
}

/** Called while a run goes on, in the words of Keras and tfjs. A promise is waited for. */
export interface Callbacks {
  onTrainBegin?(): unknown;
  /** @param batch the step's number, from 1 over the whole run */
  onBatchEnd?(batch: number, logs: StepResult): unknown;
  /** @returns false to stop after this epoch */
  onEpochEnd?(epoch: number, logs: EpochResult): unknown;
  onTrainEnd?(logs: FitResult): unknown;
}

export interface StepResult {
  /** From 1 over the whole run. */
  readonly step: number;
  /** From 1 in each phase. */
  readonly epoch: number;
  /** As of an epoch. */
  readonly phase?: string;
  /** Of the batch, before the update. */
  readonly loss: number;
  /** The rate of this step, as the schedule has it. */
  readonly lr: number;
  /** Before clipping by norm; undefined unless asked for. */
  readonly gradNorm?: number;
  /** Of a strategy that solves: what it makes smaller, on this batch, before the update and after each sweep. */
  readonly objective?: readonly number[];
}

export interface EvaluationResult extends Measured {
  readonly rows: number;
  /** Mean over the rows that count, each with its class's weight. */
  readonly loss: number;
  /** Share of right answers among the rows that count; there is none for a regression. */
  readonly accuracy?: number;
  /** The 0-1 error: 1 − accuracy. */
  readonly zeroOneError?: number;
}

export interface EpochResult {
  /** From 1 in each phase. */
  readonly epoch: number;
  /** The phase's name, unless the run has nothing but training at once: "layer 1", "statistics". */
  readonly phase?: string;
  /** Of a phase with a name: whether this was its last epoch. */
  readonly endsPhase?: boolean;
  readonly trainLoss: number;
  /** Mean of the steps'. */
  readonly objective?: readonly number[];
  readonly validation?: EvaluationResult;
}

/** What a phase of a run did. */
export interface PhaseResult {
  /** train, statistics (a pass that only estimates batch-norm's running statistics), or a strategy's own. */
  readonly name: string;
  readonly steps: number;
  /** Whole ones. */
  readonly epochs: number;
  /** Mean over the rows of the last epoch, as they were seen. */
  readonly loss: number;
}

export interface FitResult {
  readonly steps: number;
  readonly epochs: number;
  /** The loss that was trained by: the one given, or the one that suits the labels. */
  readonly lossName: LossName;
  /** Mean over the rows of the last epoch, as they were trained on. */
  readonly loss: number;
  /** Of the best epoch, if `patience` is given. */
  readonly validation?: EvaluationResult;
  /** Steps and epochs above are the sum of those that train; the loss is that of the last of them. */
  readonly phases: readonly PhaseResult[];
  /** The epoch whose weights were kept, if `patience` is given. */
  readonly bestEpoch?: number;
  /** Whether patience or a callback ended the run before its time. */
  readonly stoppedEarly: boolean;
  /** hash64 of the trained weights and running statistics: the same on every machine. */
  readonly fingerprint: string;
  readonly plannedBytes: number;
  /** Bytes of the arena that were really touched. */
  readonly usedBytes: number;
  /** Mean time of a step. */
  readonly stepMs: number;
  readonly interrupted: boolean;
}
