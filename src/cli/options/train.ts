import { augmentOption } from "./augment.js";
import {
  dataOptions,
  headOptions,
  imageOptions,
  modelOptions,
  standardizeOption,
  validationOptions,
} from "./data.js";
import {
  batchNormOption,
  optimizerOptions,
  scheduleOptions,
  selectionOptions,
  strategyOptions,
} from "./learning.js";
import { lossOptions } from "./loss.js";
import type { OptionsOf } from "./option.js";
import { flavourOption, outOption, recordOptions, runOptions } from "./run.js";

/** The train options: what `train`, `plan` and `build` take, and what --config may hold. */
export const trainOptions = {
  ...dataOptions,
  ...imageOptions,
  ...modelOptions,
  ...headOptions,
  ...standardizeOption,
  ...lossOptions,
  ...strategyOptions,
  ...optimizerOptions,
  ...scheduleOptions,
  ...selectionOptions,
  ...augmentOption,
  ...batchNormOption,
  ...runOptions,
  ...validationOptions,
  ...recordOptions,
  ...outOption,
  ...flavourOption,
};

export type TrainOptions = OptionsOf<typeof trainOptions>;
