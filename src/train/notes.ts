import { logitsOf } from "../autodiff/losses.js";
import type { LossName } from "../compile/options.js";
import type { Dataset } from "../data/dataset.js";
import type { Graph } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";

/** The loss of a run whose labels are not there yet: cross-entropy for a row of several outputs. */
export function likelyLoss(graph: Graph): LossName {
  const shape = inferShapes(graph).get(graph.outputs[0]!)!.shape;
  const several = shape.length === 2 && typeof shape[1] === "number" && shape[1] > 1;
  return several ? "cross-entropy" : "mse";
}

/** Tells what a user should know before a run: conversions of the data, and where the loss is taken. */
export function tellNotes(
  graph: Graph,
  loss: LossName | undefined,
  datasets: readonly (Dataset | undefined)[],
  onNote: ((note: string) => void) | undefined,
): void {
  if (!onNote) return;
  const notes = new Set(datasets.flatMap((dataset) => dataset?.notes ?? []));
  if (loss === "cross-entropy" && logitsOf(graph) !== graph.outputs[0])
    notes.add(softmaxNote(graph));
  for (const note of notes) onNote(note);
}

function softmaxNote(graph: Graph): string {
  const logits = logitsOf(graph);
  const node = graph.nodes.find(({ op, inputs }) => op.endsWith("Softmax") && inputs[0] === logits);
  return (
    `the model ends in ${node?.op} '${node?.name}': the cross-entropy is taken on its input; ` +
    "the node stays in the export"
  );
}
