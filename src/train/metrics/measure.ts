import type { Targets } from "../../data/targets.js";
import { StropError } from "../../errors.js";
import { confusionMatrix, topK } from "./classification.js";
import { meanAbsoluteError, r2, rootMeanSquaredError } from "./regression.js";

/** What can be measured beside the loss: of classes accuracy, top-K and confusion, of values mae, rmse and r2. */
export type MetricName = "accuracy" | `top-${number}` | "confusion" | "mae" | "rmse" | "r2";

/** Metrics by name; of the wrong kind of targets there is none. */
export interface Measured {
  /** confusion[label][predicted]: rows. */
  readonly confusion?: readonly (readonly number[])[];
  readonly mae?: number;
  readonly rmse?: number;
  readonly r2?: number;
  readonly [topK: `top-${number}`]: number;
}

const TOP_K = /^top-([1-9]\d{0,5})$/;
const CLASS_METRICS = ["accuracy", "confusion"];
const VALUE_METRICS = { mae: meanAbsoluteError, rmse: rootMeanSquaredError, r2 } as const;

/** @throws StropError with exit code 2 for a name that is no metric */
export function checkMetrics(names: readonly string[]): void {
  for (const name of names) {
    if (CLASS_METRICS.includes(name) || TOP_K.test(name)) continue;
    if (Object.hasOwn(VALUE_METRICS, name)) continue;
    const all = [...CLASS_METRICS, "top-5", ...Object.keys(VALUE_METRICS)];
    throw new StropError(`'${name}' is no metric`, {
      code: "bad-option",
      where: "metrics",
      hint: `There are ${all.join(", ")}.`,
      exitCode: 2,
    });
  }
}

/** Whether the outputs are needed, or the loss's own pass over the rows is enough. */
export function needsOutputs(names: readonly MetricName[]): boolean {
  return names.some((name) => name !== "accuracy");
}

/** The named metrics of outputs for rows whose targets are known. `width`: elements of one row's output. */
export function measure(
  names: readonly MetricName[],
  outputs: Float32Array,
  width: number,
  targets: Targets,
): Measured {
  if (targets.kind === "values") {
    const given = { outputs, targets: targets.data, width };
    const wanted = Object.entries(VALUE_METRICS).filter(([name]) => names.includes(name as "mae"));
    return Object.fromEntries(wanted.map(([name, metric]) => [name, metric(given)]));
  }
  const given = { scores: outputs, classes: width, labels: targets.data };
  const tops = names.flatMap((name) => {
    const k = TOP_K.exec(name)?.[1];
    return k === undefined ? [] : [[name, topK(given, Number(k))] as const];
  });
  const confusion = names.includes("confusion") && { confusion: confusionMatrix(given) };
  return { ...Object.fromEntries(tops), ...confusion };
}
