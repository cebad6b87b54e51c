import {
  BLOCK_ORDER_CYCLIC,
  BLOCK_ORDER_GAUSS_SOUTHWELL,
  BLOCK_ORDER_RANDOM,
} from "../../../assembly/abi/program.js";
import type { Graph } from "../../graph/graph.js";
import { PRODUCTS } from "../../graph/parameters.js";
import { choiceRow, numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { differentiableInputs } from "../reach.js";
import type { Block } from "../stage.js";
import type { StrategySpec } from "./strategy.js";

const ORDERS = {
  cyclic: BLOCK_ORDER_CYCLIC,
  random: BLOCK_ORDER_RANDOM,
  "gauss-southwell": BLOCK_ORDER_GAUSS_SOUTHWELL,
} as const;

export type BlockOrder = keyof typeof ORDERS;

/** Blocks of parameters that learn in turn. */
export interface BlocksOptions {
  /** Whose turn is next: one after the other, by chance, or that of the largest gradient. Default cyclic. */
  readonly blockOrder?: BlockOrder;
  /** Steps of a turn. Default 10. */
  readonly blockSteps?: number;
}

/**
 * Block coordinate descent by gradient: a turn trains one layer and leaves the others as they are, so that the step
 * holds the backward of what lies above it, and the optimizer's state of this layer alone. The state begins anew
 * with each turn.
 *
 * Gauss-Southwell takes the block b of the largest ‖∂loss/∂w_b‖₂ on the turn's first batch (J. Nutini et al.,
 * "Coordinate Descent Converges Faster with the Gauss-Southwell Rule Than Random Selection", 2015,
 * https://arxiv.org/abs/1506.00552). The other orders: S. Wright, "Coordinate Descent Algorithms", 2015,
 * https://arxiv.org/abs/1502.04759.
 */
export const blocks: StrategySpec<BlocksOptions> = {
  about: "one layer at a time, by gradient",
  rows: {
    blockOrder: choiceRow("cyclic", Object.keys(ORDERS) as BlockOrder[], "whose turn is next"),
    blockSteps: numberRow(10, RANGES.count, "steps of a turn"),
  },
  stages({ graph, lossOn, trained, epochs, steps }, { blockOrder, blockSteps }) {
    const parts = parameterBlocks(graph, trained);
    const turns = { parts, order: ORDERS[blockOrder], steps: blockSteps };
    const stage = { name: "train", lossOn, trains: trained, blocks: turns, epochs, steps };
    return { graph, stages: [stage] };
  },
};

/**
 * The trained parameters layer by layer, each with what follows up to the next product: a bias, batch-norm. One that
 * several layers share belongs to the first. A frozen product ends the layer below it all the same.
 */
export function parameterBlocks(graph: Graph, trained: ReadonlySet<string>): Block[] {
  const blocks: { name: string; trains: Set<string> }[] = [];
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    const read = differentiableInputs(node)
      .map((input) => graph.initializers.get(input)?.name)
      .filter((name) => name !== undefined);
    if (read.length === 0) continue;
    let block = blocks.at(-1);
    if (!block || PRODUCTS.has(node.op)) {
      block = { name: node.name || node.outputs[0]!, trains: new Set() };
      blocks.push(block);
    }
    for (const name of read) {
      if (!trained.has(name) || seen.has(name)) continue;
      block.trains.add(name);
      seen.add(name);
    }
  }
  return blocks.filter(({ trains }) => trains.size > 0);
}
