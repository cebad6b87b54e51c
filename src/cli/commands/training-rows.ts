import { type LossOptions, likelyLoss, type Model, readData } from "../../node.js";
import type { Context } from "../command.js";
import { fitOptionsOf } from "../options/resolve.js";
import type { TrainOptions } from "../options/train.js";

/** What a plan must know of the data: how many rows are trained on, and by which loss if not the compiled one. */
export interface TrainingRows {
  readonly rows?: number;
  readonly loss?: LossOptions;
}

/** From --data and --labels, as far as they are given; --rows wins. A loss that is a guess is told. */
export async function trainingRows(
  model: Model,
  options: TrainOptions,
  rows: number | undefined,
  { output }: Context,
): Promise<TrainingRows> {
  const { data, labels, loss, validation = 0 } = options;
  const given = rows === undefined ? {} : { rows };
  const arrays = data === undefined ? undefined : await readData(data, labels);
  if (arrays?.y) return { ...model.prepare(arrays.x, arrays.y, fitOptionsOf(options)), ...given };
  const likely = likelyLoss(model.graph);
  if (loss === undefined)
    output.note(`without labels, the loss is taken to be ${likely.name}: see --loss`);
  const all = arrays?.x.shape[0] ?? 0;
  const counted = arrays ? { rows: all - Math.round(all * validation) } : {};
  return { ...(loss === undefined && { loss: likely }), ...counted, ...given };
}
