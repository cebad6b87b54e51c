import { type LossName, type Model, readData } from "../../node.js";
import { fitOptionsOf } from "../options/resolve.js";
import type { TrainOptions } from "../options/train.js";

/** What a plan must know of the data: how many rows are trained on, and by which loss. */
export interface TrainingRows {
  readonly rows?: number;
  readonly loss?: LossName;
}

/** From --data, as far as it is given; --rows wins. */
export async function trainingRows(
  model: Model,
  options: TrainOptions,
  rows: number | undefined,
): Promise<TrainingRows> {
  const given = rows === undefined ? {} : { rows };
  if (options.data === undefined) return given;
  const { x, y } = await readData(options.data, options.labels);
  if (y) return { ...model.prepare(x, y, fitOptionsOf(options)), ...given };
  const all = x.shape[0] ?? 0;
  return { rows: all - Math.round(all * (options.validation ?? 0)), ...given };
}
