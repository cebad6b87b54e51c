import { foldParts } from "./fold-parts.js";
import { fuseGroupNorm } from "./fuse-group-norm.js";
import type { Graph, Initializer, Node } from "./graph.js";
import { inferNode } from "./infer.js";
import { transposeOrder, viewed } from "./view.js";

/** All the passes of this file: what is left is the arithmetic, over weights as their ops want them. */
export function simplify(graph: Graph): Graph {
  const arithmetic = removeUnused(fuseGroupNorm(foldViews(removeInert(graph))));
  // What a norm was spelled with may have been the second reader of a weight.
  return removeUnused(foldParts(foldViews(arithmetic)));
}

/** How often each value is read; a graph output counts as a reader. */
export function countUses(graph: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const count = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.filter((name) => name !== "").forEach(count);
  graph.outputs.forEach(count);
  return uses;
}

/**
 * Takes out Identity and a Dropout of nothing. Outputs of the graph keep their names; an Identity
 * between an input or initializer and an output stays, for there is no node that could take the name over.
 */
export function removeInert(graph: Graph): Graph {
  const outputs = new Set(graph.outputs);
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const resolve = (name: string) => renamed.get(name) ?? name;
  const kept: Node[] = [];
  for (const node of graph.nodes) {
    const [output] = node.outputs as [string];
    const source = resolve(node.inputs[0] ?? "");
    const inert = node.op === "Identity" || (node.op === "Dropout" && node.attributes.ratio === 0);
    if (inert && !outputs.has(output)) {
      renamed.set(output, source);
    } else if (inert && made.has(source) && !outputs.has(source)) {
      // The producer writes the output itself; readers of its old name follow.
      for (const [from, to] of renamed) if (to === source) renamed.set(from, output);
      renamed.set(source, output);
      outputs.add(source);
    } else {
      kept.push(inert ? { ...node, op: "Identity", attributes: {} } : node);
    }
  }
  const nodes = kept.map((node) => rename(node, resolve));
  return { ...graph, nodes };
}

function rename(node: Node, resolve: (name: string) => string): Node {
  return { ...node, inputs: node.inputs.map(resolve), outputs: node.outputs.map(resolve) };
}

/**
 * Folds a Transpose, Reshape or Flatten of a float initializer into the initializer, if that is its only use:
 * the initializer keeps its name, takes the op's layout, and `view` tells the way back to the file's.
 */
export function foldViews(graph: Graph): Graph {
  const uses = countUses(graph);
  const outputs = new Set(graph.outputs);
  const initializers = new Map(graph.initializers);
  const source = new Map<string, string>();
  const kept: Node[] = [];
  for (const original of graph.nodes) {
    const node = rename(original, (name) => source.get(name) ?? name);
    const [input] = original.inputs;
    const initializer = initializers.get(node.inputs[0] ?? "");
    const [output] = node.outputs as [string];
    const folds = input !== undefined && uses.get(input) === 1 && !outputs.has(output);
    const folded = folds && initializer?.type === "float32" && foldInto(node, initializer);
    if (folded) {
      initializers.set(folded.name, folded);
      source.set(output, folded.name);
    } else {
      kept.push(node);
    }
  }
  return { ...graph, nodes: kept, initializers };
}

/** The initializer after the node, or undefined if the node is not a view. */
function foldInto(node: Node, initializer: Initializer): Initializer | undefined {
  if (node.op !== "Transpose" && node.op !== "Reshape" && node.op !== "Flatten") return undefined;
  const { name, type, shape: from } = initializer;
  const shape = inferNode(node, new Map([[name, { name, type, shape: from }]]))
    .shape as readonly number[];
  if (node.op === "Transpose") {
    return viewed(initializer, shape, transposeOrder(from, node.attributes.perm));
  }
  return viewed(
    initializer,
    shape,
    Uint32Array.from(initializer.data, (_, i) => i),
  );
}

/** Drops nodes that no output needs, and initializers that no node reads. */
export function removeUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    nodes.push(node);
  }
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
}
