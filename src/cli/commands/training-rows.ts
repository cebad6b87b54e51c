import {
  type LabelledArrays,
  type LossOptions,
  learnsLabels,
  likelyLoss,
  type Model,
  readData,
} from "../../node.js";
import type { Context } from "../command.js";
import { fitOptionsOf, strategyOf } from "../options/resolve.js";
import type { TrainOptions } from "../options/train.js";
import { dataOptionsOf } from "./open.js";

/** What a plan must know of the data: how many rows are trained on, and by which loss if not the compiled one. */
export interface TrainingRows {
  readonly rows?: number;
  readonly loss?: LossOptions;
}

/** The rows that a plan or a program is for, as far as they are given. */
export async function readRows(
  model: Model,
  options: TrainOptions,
  { output }: Context,
): Promise<LabelledArrays | undefined> {
  const { data } = options;
  if (data === undefined) return undefined;
  const arrays = await readData(data, dataOptionsOf(options, model));
  for (const note of arrays.notes) output.note(note);
  return arrays;
}

/** From rows and labels, as far as they are given; --rows wins. A loss that is a guess is told. */
export function trainingRows(
  model: Model,
  options: TrainOptions,
  rows: number | undefined,
  arrays: LabelledArrays | undefined,
  { output }: Context,
): TrainingRows {
  const { loss, validation = 0 } = options;
  const given = rows === undefined ? {} : { rows };
  if (arrays?.y) return { ...model.prepare(arrays.x, arrays.y, fitOptionsOf(options)), ...given };
  const all = arrays?.x.shape[0] ?? 0;
  const counted = arrays ? { rows: all - Math.round(all * validation) } : {};
  if (!learnsLabels(strategyOf(options))) return { ...counted, ...given };
  const likely = likelyLoss(model.graph, options.strategy);
  if (loss === undefined)
    output.note(`without labels, the loss is taken to be ${likely.name}: see --loss`);
  return { ...(loss === undefined && { loss: likely }), ...counted, ...given };
}
