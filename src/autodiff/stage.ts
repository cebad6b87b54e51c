import type { Graph, Node } from "../graph/graph.js";
import type { Loss, LossTensors } from "./losses/loss.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import type { Tensor } from "./training-graph.js";

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
  /** How they learn, if not by gradients and the run's optimizer. */
  readonly solve?: Solve;
  /** The rate that the schedule goes on from; default the optimizer's. */
  readonly lr?: number;
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

/** Emits what follows the forward pass and the loss in a step that computes no gradient. */
export type Solve = (b: ProcedureBuilder, site: SolveSite) => Solved;

export interface SolveSite {
  readonly graph: Graph;
  /** Those that the loss depends on, in the graph's order; their values are there. */
  readonly nodes: readonly Node[];
  readonly loss: Loss;
  readonly made: LossTensors;
  /** Names of the initializers that learn. */
  readonly trains: ReadonlySet<string>;
  /** Written by the trainer before each step. */
  readonly lrTensor: Tensor;
}

export interface Solved {
  /** What the step keeps for the next one. */
  readonly states?: readonly Tensor[];
  /** What the step makes smaller: a number before it, and one after each part of it. */
  readonly objective?: readonly Tensor[];
  /** In the place of the loss before the step. */
  readonly loss?: Tensor;
}
