import type { BatchNormMode, LossName, OptimizerOptions } from "../compile/options.js";
import type { Flavour } from "../runtime/flavour.js";
import type { Nested } from "./nested.js";
import type { Optimizer } from "./optimizers.js";

/** What is trained, and by which rule. Everything has a default. */
export interface ModelOptions {
  /** Default adam. */
  readonly optimizer?: Optimizer | OptimizerOptions;
  /** Default: cross-entropy for whole-number labels, mse for targets. */
  readonly loss?: LossName;
  /** Accuracy is computed for every classification; other metrics are not there yet. */
  readonly metrics?: readonly "accuracy"[];
  /** Globs on initializer names that are not trained. */
  readonly freeze?: readonly string[];
  /** Globs on initializer names; nothing else is trained. */
  readonly trainOnly?: readonly string[];
  /** Globs on initializer names that weight decay leaves alone. */
  readonly noDecay?: readonly string[];
  /** batch (default): batch statistics, the running ones move. frozen: running statistics are used and stay. */
  readonly bn?: BatchNormMode;
  /** Each element of each gradient is cut to ± this. */
  readonly clipValue?: number;
  /** All gradients together are scaled to at most this norm. */
  readonly clipNorm?: number;
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
  /** This share of the rows, the last ones of a seeded shuffle, is held out. */
  readonly validationSplit?: number;
  readonly validationData?: readonly [x: Input, y: Input];
  /**
   * Put (x − mean) / std in front of the model, learned from the rows that are trained on; from then on the
   * model, and what is exported, takes raw input.
   */
  readonly standardize?: boolean;
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
}

export interface StepResult {
  readonly step: number;
  readonly epoch: number;
  /** Of the batch, before the update. */
  readonly loss: number;
  readonly lr: number;
  /** Before clipping by norm; undefined unless asked for. */
  readonly gradNorm?: number;
}

export interface EvaluationResult {
  readonly rows: number;
  readonly loss: number;
  readonly accuracy?: number;
}

export interface EpochResult {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validation?: EvaluationResult;
}

export interface FitResult {
  readonly steps: number;
  readonly epochs: number;
  /** The loss that was trained by: the one given, or the one that suits the labels. */
  readonly lossName: LossName;
  /** Mean over the rows of the last epoch, as they were trained on. */
  readonly loss: number;
  readonly validation?: EvaluationResult;
  /** hash64 of the trained weights and running statistics: the same on every machine. */
  readonly fingerprint: string;
  readonly plannedBytes: number;
  /** Bytes of the arena that were really touched. */
  readonly usedBytes: number;
  /** Mean time of a step. */
  readonly stepMs: number;
  readonly interrupted: boolean;
}
