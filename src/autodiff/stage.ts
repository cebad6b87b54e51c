/**
 * One phase of a strategy, as the builder of procedures is told: which parameters learn what.
 *
 * Every value that is named is among the outputs of the graph, so that no pass does away with it.
 */
export interface Stage {
  /** "layer 1"; the phase's name in what is reported. */
  readonly name: string;
  /** The value that the loss is taken on. */
  readonly lossOn: string;
  /**
   * The value that `lossOn` is compared with, by the mean squared error; no gradient goes into it. Without it the
   * loss is that of the run, with the labels or targets of the rows.
   */
  readonly target?: string;
  /** What the stage begins at: nodes before it run as in inference, with frozen batch-norm and without dropout. */
  readonly from?: string;
  /** Names of the initializers that learn. */
  readonly trains: ReadonlySet<string>;
  /** They learn in turn, one part at a time. */
  readonly blocks?: Blocks;
  /** Its place among the phases, which tells its Dropout's masks from the others'. Filled in by `stagesOf`. */
  readonly order?: number;
  /** As in the run's options: 0 where the other decides. */
  readonly epochs: number;
  readonly steps: number;
}

/** Parts of what a stage trains. */
export interface Blocks {
  readonly parts: readonly Block[];
  /** BLOCK_ORDER_* of the program format. */
  readonly order: number;
  /** Of a turn. */
  readonly steps: number;
}

export interface Block {
  readonly name: string;
  readonly trains: ReadonlySet<string>;
}
