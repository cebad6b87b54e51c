import type { Graph, Node } from "../graph/graph.js";

/** The nodes that some values depend on, in the graph's order. */
export function nodesBefore(graph: Graph, ...values: readonly string[]): Node[] {
  const wanted = new Set(values);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    nodes.unshift(node);
  }
  return nodes;
}

/** Inputs through which a gradient may flow: no running statistics, no shapes, no ratios. */
export function differentiableInputs(node: Node): readonly string[] {
  const inputs = node.inputs.filter((input) => input !== "");
  switch (node.op) {
    case "BatchNormalization":
      return inputs.slice(0, 3);
    case "Reshape":
    case "Dropout":
      return inputs.slice(0, 1);
    default:
      return inputs;
  }
}

/** The initializers of the given names, as the nodes name them, that get a gradient. */
export function trainedValues(
  graph: Graph,
  nodes: readonly Node[],
  names: ReadonlySet<string>,
): Set<string> {
  const trained = new Set<string>();
  for (const input of nodes.flatMap(differentiableInputs)) {
    const initializer = graph.initializers.get(input);
    if (initializer?.type === "float32" && names.has(initializer.name)) trained.add(input);
  }
  return trained;
}

/**
 * Every value that a gradient must reach: the trained ones and all that depend on them. What lies
 * below the first trained tensor is not among them, and so has no backward.
 */
export function valuesNeedingGradient(
  nodes: readonly Node[],
  trained: ReadonlySet<string>,
): Set<string> {
  const needing = new Set(trained);
  for (const node of nodes) {
    if (differentiableInputs(node).some((input) => needing.has(input))) {
      needing.add(node.outputs[0]!);
    }
  }
  return needing;
}
