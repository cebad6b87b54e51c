import type { Graph, Initializer, Node } from "./graph.js";
import { inferNode } from "./infer.js";
import { regionOrder, transposeOrder, viewed } from "./view.js";

/** A value that is made of one initializer's elements alone: its element i is the initializer's element order[i]. */
interface Part {
  readonly source: string;
  readonly shape: readonly number[];
  readonly order: Uint32Array;
}

/**
 * Folds what takes a float initializer apart and joins it again (as exporters reorder the gates of an LSTM by Slice and
 * Concat), if nothing else reads it and each element is there once: a view, like a Transpose.
 */
export function foldParts(graph: Graph): Graph {
  const parts = partsOf(graph);
  const initializers = new Map(graph.initializers);
  const renamed = new Map<string, string>();
  const folded = new Set<string>();
  for (const [source, ends] of endsOf(graph, parts)) {
    const [end, ...others] = ends;
    const part = parts.get(end!);
    if (part === undefined || others.length > 0) continue;
    const initializer = initializers.get(source)!;
    if (!isEachOnce(part.order, initializer)) continue;
    initializers.set(source, viewed(initializer, part.shape, part.order));
    renamed.set(end!, source);
    folded.add(source);
  }
  const isFolded = (node: Node) => folded.has(parts.get(node.outputs[0]!)?.source ?? "");
  const nodes = graph.nodes.filter((node) => !isFolded(node));
  return { ...graph, nodes: nodes.map((node) => reading(node, renamed)), initializers };
}

function reading(node: Node, renamed: ReadonlyMap<string, string>): Node {
  return { ...node, inputs: node.inputs.map((name) => renamed.get(name) ?? name) };
}

/** All parts of initializers that some node takes apart. */
function partsOf({ nodes, initializers }: Graph): ReadonlyMap<string, Part> {
  const sliced = nodes.flatMap(({ op, inputs }) => (op === "Slice" ? inputs.slice(0, 1) : []));
  const parts = new Map<string, Part>();
  for (const name of sliced) {
    const initializer = initializers.get(name);
    if (initializer?.type === "float32") parts.set(name, wholeOf(initializer, name));
  }
  if (parts.size === 0) return parts;
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => parts.get(name));
    const [first] = inputs;
    if (first === undefined || inputs.some((part) => part?.source !== first.source)) continue;
    const order = orderOf(node, inputs as Part[]);
    if (order === undefined) continue;
    const values = node.inputs.map((name, i) => {
      return [name, { name, type: "float32", shape: inputs[i]!.shape }] as const;
    });
    const shape = inferNode(node, new Map(values)).shape as readonly number[];
    parts.set(node.outputs[0]!, { source: first.source, shape, order });
  }
  return parts;
}

function wholeOf({ shape, data }: Initializer, source: string): Part {
  return { source, shape, order: Uint32Array.from(data, (_, i) => i) };
}

/** The order of what a node makes of parts, or undefined if it computes. */
function orderOf(node: Node, inputs: readonly Part[]): Uint32Array | undefined {
  const [{ shape, order }] = inputs as [Part];
  switch (node.op) {
    case "Concat":
      return joinedOrder(inputs, node.attributes.axis);
    case "Slice":
      return regionOrder(shape, node.attributes).map((i) => order[i]!);
    case "Transpose":
      return transposeOrder(shape, node.attributes.perm).map((i) => order[i]!);
    case "Flatten":
    case "Reshape":
      return order;
    default:
      return undefined;
  }
}

function joinedOrder(parts: readonly Part[], axis: number): Uint32Array {
  const lengths = parts.map(({ shape }) => shape.slice(axis).reduce((a, b) => a * b, 1));
  const out = new Uint32Array(parts.reduce((sum, { order }) => sum + order.length, 0));
  for (let at = 0, run = 0; at < out.length; run++) {
    for (const [k, { order }] of parts.entries()) {
      out.set(order.subarray(run * lengths[k]!, (run + 1) * lengths[k]!), at);
      at += lengths[k]!;
    }
  }
  return out;
}

/** By initializer the parts, or itself, that something else than a part is made of. */
function endsOf({ nodes, outputs }: Graph, parts: ReadonlyMap<string, Part>) {
  const ends = new Map<string, Set<string>>();
  const read = (name: string) => {
    const source = parts.get(name)?.source;
    if (source !== undefined) ends.set(source, (ends.get(source) ?? new Set()).add(name));
  };
  for (const node of nodes) if (!parts.has(node.outputs[0]!)) node.inputs.forEach(read);
  // An output of the graph has its own name, and is never folded away.
  for (const name of outputs) {
    read(name);
    read(parts.get(name)?.source ?? "");
  }
  return ends;
}

function isEachOnce(order: Uint32Array, { data }: Initializer): boolean {
  const seen = new Uint8Array(data.length);
  for (const i of order) seen[i] = 1;
  return order.length === data.length && !seen.includes(0);
}
