import { dataOptions, headOptions, modelOptions, validationOptions } from "./data.js";
import { batchNormOption, lossOption, optimizerOptions, selectionOptions } from "./learning.js";
import type { OptionsOf } from "./option.js";
import { flavourOption, outOption, recordOptions, runOptions } from "./run.js";

/** The train options: what `train`, `plan` and `build` take, and what --config may hold. */
export const trainOptions = {
  ...dataOptions,
  ...modelOptions,
  ...headOptions,
  ...lossOption,
  ...optimizerOptions,
  ...selectionOptions,
  ...batchNormOption,
  ...runOptions,
  ...validationOptions,
  ...recordOptions,
  ...outOption,
  ...flavourOption,
};

export type TrainOptions = OptionsOf<typeof trainOptions>;
