import type { LossOptions } from "../compile/options.js";
import { prepareData, splitData } from "./input.js";
import type { Model } from "./model.js";
import type { FitOptions, Input } from "./options.js";

/** What the rows of each class were taken for. */
export interface Confusion {
  /** Those held out if there are any, else those trained on. */
  readonly rows: "validation" | "training";
  /** counts[label][predicted]: rows. */
  readonly counts: readonly (readonly number[])[];
}

/** A matrix of more classes would take megabytes. */
const CLASSES_MAX = 1024;

/**
 * The confusion matrix of the rows that a `fit` with these options holds out, or of those that it trains on.
 *
 * @returns undefined where there are no classes, or more than 1024
 */
export function confusionOf(
  model: Model,
  x: Input,
  y: Input,
  options: FitOptions & { loss?: LossOptions },
): Confusion | undefined {
  if (model.outputElements > CLASSES_MAX) return undefined;
  const data = prepareData(model.graph, options.loss, x, y);
  const { training, validation } = splitData(model.graph, data, options);
  const held = validation ?? training;
  if (held.y?.kind !== "classes") return undefined;
  const { batchSize, flavour } = options;
  const { levels } = held;
  const { confusion } = model.evaluate(
    { data: held.x, shape: [held.rows, held.rowElements], ...(levels && { levels }) },
    { data: held.y.data, shape: [held.rows] },
    { metrics: ["confusion"], ...(batchSize && { batchSize }), ...(flavour && { flavour }) },
  );
  return confusion && { rows: validation ? "validation" : "training", counts: confusion };
}
