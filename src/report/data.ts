import type { MemoryTimeline } from "../compile/timeline.js";
import type { Confusion } from "../train/confusion.js";
import type { NodeRow } from "../train/describe.js";
import type { ParameterRow } from "../train/model.js";
import type { EpochResult, FitResult, StepResult } from "../train/options.js";

/** What a report shows. Only the title must be there; a section without data is left out. */
export interface ReportData {
  /** The model's name. */
  readonly title: string;
  /** What `fit` returned; as far as it is known, for a run that failed. */
  readonly result?: Partial<FitResult>;
  /** Why the run ended before its time. */
  readonly failure?: string;
  /** What `onStep` was told. */
  readonly steps?: readonly StepResult[];
  /** What `fit` yielded. */
  readonly epochs?: readonly EpochResult[];
  /** Steps whose gradients had a larger norm were clipped. */
  readonly clipNorm?: number;
  readonly confusion?: Confusion;
  /** By class number. */
  readonly classNames?: readonly string[];
  /** Of each step procedure. */
  readonly memory?: readonly MemoryTimeline[];
  readonly layers?: readonly Pick<NodeRow, "name" | "op" | "shape">[];
  readonly parameters?: readonly ParameterRow[];
  /** The resolved options: what `--config` takes. */
  readonly options?: object;
  /** What was told during the run. */
  readonly notes?: readonly string[];
}

/** Without the passes that train nothing. */
export function trainingEpochs(epochs: readonly EpochResult[]): readonly EpochResult[] {
  return epochs.filter(({ phase }) => phase !== "statistics");
}
