import { lossEnd } from "../autodiff/losses/index.js";
import { type LossOptions, type StrategyName, strategyLoss } from "../compile/options.js";
import type { Dataset } from "../data/dataset.js";
import type { Graph } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";

/** The loss of a run whose labels are not there yet: that of classes for a row of several outputs. */
export function likelyLoss(graph: Graph, strategy: StrategyName = "joint"): LossOptions {
  const shape = inferShapes(graph).get(graph.outputs[0]!)!.shape;
  const several = shape.length === 2 && typeof shape[1] === "number" && shape[1] > 1;
  const only = strategyLoss(strategy);
  if (!several) return { name: "mse" };
  return only ? { name: only, targets: "classes" } : { name: "cross-entropy" };
}

/** Tells what a user should know before a run: conversions of the data, and where the loss is taken. */
export function tellNotes(
  graph: Graph,
  loss: LossOptions | undefined,
  datasets: readonly (Dataset | undefined)[],
  onNote: ((note: string) => void) | undefined,
): void {
  if (!onNote) return;
  const notes = new Set(datasets.flatMap((dataset) => dataset?.notes ?? []));
  const end = loss && lossEnd(graph, loss);
  if (end) {
    notes.add(
      `the model ends in ${end.op} '${end.name}': the ${loss.name} is taken on its input; ` +
        "the node stays in the export",
    );
  }
  for (const note of notes) onNote(note);
}
