// The public names under Node: those of every environment, and files.

export {
  OPTIMIZER_NAMES,
  optimizerConflict,
  optimizerRows,
} from "./autodiff/optimizers/index.js";
export { defaultStepSize, SCHEDULE_NAMES, scheduleRows } from "./autodiff/schedules.js";
export {
  learnsLabels,
  STRATEGY_NAMES,
  strategyLoss,
  strategyRows,
} from "./autodiff/strategies/index.js";
export { describeProgram, type ProgramDescription } from "./compile/describe-program.js";
export { AUGMENT_ROWS, LOSS_ALIASES, LOSS_NAMES, lossRows } from "./compile/options.js";
export { type MemoryTimeline, memoryTimelines } from "./compile/timeline.js";
export { CHANNEL_ORDERS, type ChannelOrder } from "./data/images/form.js";
export { DEFAULT_SCALE } from "./data/images/normalize.js";
export { IMAGE_FITS } from "./data/images/resize.js";
export { writeNpy } from "./data/npy.js";
export * from "./index.js";
export { nearest } from "./nearest.js";
export { checkFlavour, DEVICE_FILES, deviceFiles } from "./node/device.js";
export { isFolder } from "./node/image-files.js";
export { type ImageArrays, type ImageOptions, readImages } from "./node/images.js";
export { LineFile } from "./node/lines.js";
export { type FilePath, readFileBytes } from "./node/paths.js";
export { type DataOptions, loadOnnx, readArray, readData } from "./node/read.js";
export { realPath } from "./node/real-path.js";
export { reportHtml } from "./node/report.js";
export { version } from "./node/version.js";
export { checkWritable, makeFolder, writeFileWhole } from "./node/write.js";
export { isNumeral } from "./numeral.js";
export type { OptionRow } from "./option-rows.js";
export { isInRange, RANGES, type Range, rangeText } from "./ranges.js";
export type { ReportData } from "./report/data.js";
export { bar, picture, sideBySide, sparkline } from "./report/terminal.js";
export { kmeansDevice, linearDevice, SOLVER_FILES, type SolverDevice } from "./solve/device.js";
export { kmeans } from "./solve/kmeans.js";
export { KMEANS_ROWS, type KMeansNumbers, kmeansConflict } from "./solve/kmeans-options.js";
export { solveLinear } from "./solve/linear.js";
export { LINEAR_NAMES, type LinearOptions, linearConflict, linearRows } from "./solve/options.js";
export { type Confusion, confusionOf } from "./train/confusion.js";
export { describeOnnx, type ModelDescription } from "./train/describe.js";
export { type MergeResult, mergeCheckpoint } from "./train/merge.js";
export { likelyLoss } from "./train/notes.js";
