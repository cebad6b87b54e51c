import type { Node, NodeOf, OpName } from "../../graph/graph.js";
import type { OnnxNode } from "../node.js";

/** A graph node with the file's name and its first output; the others must not be used, which import.ts checks. */
export function nodeFrom<K extends OpName>(
  op: K,
  node: OnnxNode,
  inputs: readonly string[],
  attributes: NodeOf<K>["attributes"],
): Node {
  return { op, name: node.name, inputs, outputs: [node.outputs[0]], attributes } as unknown as Node;
}
