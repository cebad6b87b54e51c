import { StropError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import { type OptionRow, withDefaults } from "../../option-rows.js";
import { lossOptions } from "../losses/index.js";
import { seedOf, type TrainingOptions } from "../options.js";
import { differentiableInputs, nodesBefore } from "../reach.js";
import { type BcdOptions, bcd } from "./bcd.js";
import { type BlocksOptions, blocks } from "./blocks.js";
import { joint } from "./joint.js";
import { type LastLayerOptions, lastLayer } from "./last-layer.js";
import { type PretrainOptions, pretrain } from "./pretrain.js";
import type { Staged, StrategySpec } from "./strategy.js";
import { type UnfreezeOptions, unfreeze } from "./unfreeze.js";

/** What each strategy takes. */
export interface StrategyOptionsByName {
  /** All parameters at once; the default. */
  readonly joint: object;
  /** One layer at a time, by gradient. */
  readonly blocks: BlocksOptions;
  /** Closed-form solves of one block of variables after the other. */
  readonly bcd: BcdOptions;
  /** The exact solve of the last dense layer. */
  readonly "last-layer": LastLayerOptions;
  /** Greedy, layer by layer, then all together. */
  readonly pretrain: PretrainOptions;
  /** The last layer first, then one more at a time. */
  readonly unfreeze: UnfreezeOptions;
}

export type StrategyName = keyof StrategyOptionsByName;

export type StrategyOptions = {
  readonly [N in StrategyName]: { readonly name: N } & StrategyOptionsByName[N];
}[StrategyName];

/** Every strategy; checks, defaults, the API and the command line follow from its row. */
const STRATEGIES: { readonly [N in StrategyName]: StrategySpec<StrategyOptionsByName[N]> } = {
  joint,
  blocks,
  bcd,
  "last-layer": lastLayer,
  pretrain,
  unfreeze,
};

export const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly StrategyName[];

/** The rows of a strategy's options. */
export function strategyRows(name: StrategyName): Readonly<Record<string, OptionRow>> {
  return specOf(name).rows as Readonly<Record<string, OptionRow>>;
}

/** The only loss that a strategy takes, if it is particular. */
export function strategyLoss(name: StrategyName): "mse" | undefined {
  return specOf(name).loss;
}

/** Whether a run needs labels at all. */
export function learnsLabels({ name, ...given }: StrategyOptions): boolean {
  return specOf(name).learnsLabels?.(given) ?? true;
}

/**
 * The phases that a run has.
 *
 * @param lossOn the value that the model's own loss is taken on
 */
export function stagesOf(graph: Graph, options: TrainingOptions, lossOn: string): Staged {
  const { training, reestimate, epochs, steps, strategy } = options;
  if (!training || reestimate === "only") return { graph, stages: [] };
  const { name, ...given } = strategy;
  const spec = specOf(name);
  checkLoss(name, options.loss);
  const trained = new Set<string>();
  for (const input of nodesBefore(graph, lossOn).flatMap(differentiableInputs)) {
    const initializer = graph.initializers.get(input);
    if (initializer && options.trainable(initializer.name)) trained.add(initializer.name);
  }
  const site = { graph, lossOn, trained, epochs, steps, seed: seedOf(options) };
  const staged = spec.stages(site, withDefaults(spec.rows, given));
  return { ...staged, stages: staged.stages.map((stage, order) => ({ ...stage, order })) };
}

function checkLoss(name: StrategyName, loss: TrainingOptions["loss"]): void {
  const wanted = strategyLoss(name);
  if (!wanted || !loss || lossOptions(loss).name === wanted) return;
  throw new StropError(`${lossOptions(loss).name} is no loss that ${name} can solve for`, {
    code: "bad-option",
    where: "--loss",
    hint: `Leave it out, or give --loss ${wanted}.`,
    exitCode: 2,
  });
}

function specOf(name: StrategyName): StrategySpec<object> {
  return STRATEGIES[name] as StrategySpec<object>;
}
