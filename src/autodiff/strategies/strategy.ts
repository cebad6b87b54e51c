import type { Graph } from "../../graph/graph.js";
import type { Rows } from "../../option-rows.js";
import type { Stage } from "../stage.js";

/** What a strategy makes its stages of. */
export interface StrategySite {
  readonly graph: Graph;
  /** The value that the model's own loss is taken on. */
  readonly lossOn: string;
  /** Names of the initializers that may be trained. */
  readonly trained: ReadonlySet<string>;
  readonly epochs: number;
  readonly steps: number;
  readonly seed: bigint;
}

/** Phases, and the graph that holds what they need beside the model; its first output is the model's. */
export interface Staged {
  readonly graph: Graph;
  readonly stages: readonly Stage[];
}

/** A way to train: its options, and the phases that it is. */
export interface StrategySpec<O> {
  /** Its name in full and where it comes from. */
  readonly about: string;
  readonly rows: Rows<O>;
  /** The only loss that it makes smaller; default any. */
  readonly loss?: "mse";
  /** Whether some phase compares with the labels. Default: yes. */
  readonly learnsLabels?: (options: O) => boolean;
  stages(site: StrategySite, options: Required<O>): Staged;
}
