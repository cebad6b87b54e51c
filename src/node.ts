// The public names under Node: those of every environment, and files.

export * from "./index.js";
export { writeNpy } from "./data/npy.js";
export type { LossName } from "./compile/options.js";
export { deviceFiles } from "./node/device.js";
export { LineFile } from "./node/lines.js";
export {
  type FilePath,
  type LabelledArrays,
  loadOnnx,
  readArray,
  readData,
  readFileBytes,
} from "./node/read.js";
export { version } from "./node/version.js";
export { checkWritable, writeFileWhole } from "./node/write.js";
export { describeOnnx, type ModelDescription } from "./train/describe.js";
export { mergeCheckpoint, type MergeResult } from "./train/merge.js";
export { bar, picture, sideBySide, sparkline } from "./report/terminal.js";
