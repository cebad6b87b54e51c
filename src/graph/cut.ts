import { removeUnused } from "./fold.js";
import type { Graph } from "./graph.js";
import { inferShapes } from "./infer.js";

/**
 * The part of a network between a value that every path to the outputs goes through, which becomes the input, and
 * these outputs.
 */
export function cutAt(graph: Graph, from: string, outputs: readonly string[]): Graph {
  const input = inferShapes(graph).get(from)!;
  const nodes = graph.nodes.filter((node) => node.outputs[0] !== from);
  return removeUnused({ ...graph, inputs: [input], nodes, outputs });
}
