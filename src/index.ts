// The public names of every environment. node.ts adds files.

export type {
  AugmentOptions,
  LossName,
  LossOptions,
  OptimizerName,
  OptimizerOptions,
  OptimizerOptionsByName,
  ScheduleName,
  ScheduleOptions,
  ScheduleOptionsByName,
  StrategyName,
  StrategyOptions,
  StrategyOptionsByName,
} from "./compile/options.js";
export type { TableOptions } from "./data/table.js";
export { StropError } from "./errors.js";
export type {
  Activation,
  AveragePool1dOptions,
  AveragePool2dOptions,
  BatchNormOptions,
  BranchesOptions,
  ClipOptions,
  ConcatOptions,
  Conv1dOptions,
  Conv2dOptions,
  ConvTranspose2dOptions,
  DenseOptions,
  DropoutOptions,
  EluOptions,
  GeluOptions,
  GroupNormOptions,
  HardSigmoidOptions,
  InputOptions,
  InstanceNormOptions,
  Layer,
  LayerNormOptions,
  LeakyReluOptions,
  MaxPool1dOptions,
  MaxPool2dOptions,
  Pad2dOptions,
  PreluOptions,
  SliceOptions,
  Upsample2dOptions,
} from "./graph/layer.js";
export {
  add,
  averagePool1d,
  averagePool2d,
  batchNorm,
  celu,
  clip,
  concat,
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  dropout,
  elu,
  flatten,
  gelu,
  globalAveragePool,
  globalMaxPool,
  groupNorm,
  hardSigmoid,
  hardSwish,
  input,
  instanceNorm,
  layerNorm,
  leakyRelu,
  logSoftmax,
  maxPool1d,
  maxPool2d,
  mish,
  pad2d,
  prelu,
  relu,
  selu,
  sigmoid,
  slice,
  softmax,
  softplus,
  softsign,
  swish,
  tanh,
  upsample2d,
} from "./graph/layers.js";
export type { Preprocessing } from "./onnx/metadata.js";
export type { Flavour } from "./runtime/flavour.js";
export { solve } from "./solve/index.js";
export type { KMeansSolution } from "./solve/kmeans.js";
export type { KMeansIteration, KMeansOptions, KMeansRunOptions } from "./solve/kmeans-options.js";
export type { LinearPoint, LinearSolution } from "./solve/linear.js";
export type {
  ElasticNetOptions,
  LassoOptions,
  LeastSquaresOptions,
  LinearName,
  LinearOptionsByName,
  LinearRunOptions,
  LogisticOptions,
  Precompute,
  RidgeOptions,
  RunOptions as SolveRunOptions,
  Selection,
  SolveProgress,
} from "./solve/options.js";
export { type LabelledArrays, readCsv, readIdx } from "./train/arrays.js";
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
