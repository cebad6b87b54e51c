import { StropError } from "../../errors.js";
import { blocksOf } from "../../graph/blocks.js";
import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import type { Stage } from "../stage.js";
import type { StrategySpec } from "./strategy.js";

/** The last layer alone, then one more at a time, and all in the end. */
export interface UnfreezeOptions {
  /** Before the next layer joins in. Default 1. */
  readonly unfreezeEpochs?: number;
}

/**
 * Gradual unfreezing: the last layer learns first, as the most specific one, and each phase adds the layer below.
 * What lies below runs as in inference, and has neither gradients nor optimizer state. The run's epochs are those
 * of all phases; the last one, of all layers, has what is left of them.
 *
 * J. Howard, S. Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018,
 * https://arxiv.org/abs/1801.06146, section 3.3. Its discriminative rates are `layerLrDecay`. Differs from it: the
 * optimizer's state begins anew with each phase.
 */
export const unfreeze: StrategySpec<UnfreezeOptions> = {
  about: "the last layer first, then one more at a time",
  rows: { unfreezeEpochs: numberRow(1, RANGES.count, "epochs before the next layer joins in") },
  stages({ graph, lossOn, trained, epochs, steps }, { unfreezeEpochs }) {
    const stages: Stage[] = [];
    let trains = new Set<string>();
    for (const { name, input, parameters } of [...blocksOf(graph)].reverse()) {
      const more = [...parameters].filter((one) => trained.has(one) && !trains.has(one));
      trains = new Set([...trains, ...more]);
      if (more.length === 0 || trains.size === trained.size) continue;
      stages.push({ name, lossOn, from: input, trains, epochs: unfreezeEpochs, steps: 0 });
    }
    const rest = epochs - unfreezeEpochs * stages.length;
    checkRest(rest, { steps, epochs: unfreezeEpochs, stages: stages.length });
    const whole: Stage = { name: "all", lossOn, trains: trained, epochs: rest, steps: 0 };
    return { graph, stages: [...stages, whole] };
  },
};

function checkRest(rest: number, length: { steps: number; epochs: number; stages: number }): void {
  const { steps, epochs, stages } = length;
  if (steps > 0) {
    throw new StropError("unfreezing counts in epochs", {
      code: "bad-option",
      where: "--steps",
      hint: "Give --epochs.",
      exitCode: 2,
    });
  }
  if (rest > 0) return;
  throw new StropError(`${stages} phases of ${epochs} leave none in which all layers learn`, {
    code: "bad-option",
    where: "--epochs",
    hint: `Give --epochs ${epochs * stages + 1} or more.`,
    exitCode: 2,
  });
}
