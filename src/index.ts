// The public names of every environment. node.ts adds files.

export type {
  LossName,
  LossOptions,
  OptimizerName,
  OptimizerOptions,
  OptimizerOptionsByName,
  ScheduleName,
  ScheduleOptions,
  ScheduleOptionsByName,
} from "./compile/options.js";
export { StropError } from "./errors.js";
export {
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  input,
  layerNorm,
  logSoftmax,
  relu,
  sigmoid,
  softmax,
  tanh,
} from "./graph/layers.js";
export type { Flavour } from "./runtime/flavour.js";
export { loadOnnx } from "./train/load.js";
export type { MetricName } from "./train/metrics/measure.js";
export { Model, type ModelPlan, type ParameterRow } from "./train/model.js";
export { Optimizer, optimizers } from "./train/optimizers.js";
export type {
  Callbacks,
  EpochResult,
  EvaluateOptions,
  EvaluationResult,
  FitOptions,
  FitResult,
  InferenceOptions,
  Input,
  ModelOptions,
  NumberArray,
  ParameterGroupOptions,
  PhaseResult,
  StepResult,
} from "./train/options.js";
export { sequential } from "./train/sequential.js";
