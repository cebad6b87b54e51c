import {
  dataOptions,
  headOptions,
  modelOptions,
  standardizeOption,
  validationOptions,
} from "./data.js";
import { batchNormOption, lossOption, optimizerOptions, selectionOptions } from "./learning.js";
import type { OptionsOf } from "./option.js";
import { flavourOption, metricsOption, outOption, runOptions } from "./run.js";

/** The train options: what `train`, `plan` and `build` take, and what --config may hold. */
export const trainOptions = {
  ...dataOptions,
  ...modelOptions,
  ...headOptions,
  ...standardizeOption,
  ...lossOption,
  ...optimizerOptions,
  ...selectionOptions,
  ...batchNormOption,
  ...runOptions,
  ...validationOptions,
  ...metricsOption,
  ...outOption,
  ...flavourOption,
};

export type TrainOptions = OptionsOf<typeof trainOptions>;
