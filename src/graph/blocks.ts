import { removeUnused } from "./fold.js";
import type { Graph, Node } from "./graph.js";
import { listParameters, PRODUCTS } from "./parameters.js";

/** Some layers in a row: all that lies between two values through which every path of the network goes. */
export interface Block {
  /** "layer 2", "layers 3-4": counted from the input. */
  readonly name: string;
  /** The value that goes in, and the one that comes out. */
  readonly input: string;
  readonly output: string;
  /** Those that depend on the input, in the graph's order. */
  readonly nodes: readonly Node[];
  /** Names of the initializers that are parameters. */
  readonly parameters: ReadonlySet<string>;
}

/** What lies between two neighbouring values that every path goes through. */
interface Segment {
  readonly input: string;
  readonly output: string;
  readonly nodes: readonly Node[];
  readonly parameters: readonly string[];
  readonly hasProduct: boolean;
}

/**
 * The network as a chain of blocks of so many layers; the last layer is a block of its own, and the block before it
 * may have fewer.
 *
 * A layer is a product with a weight (Conv, Gemm …) and what follows up to the next one: bias, normalization,
 * activation. What branches stays whole: a residual part, with all its products, is one layer. What has no
 * parameters in front of the first layer belongs to none. A parameter that several layers share belongs to the first.
 */
export function blocksOf(graph: Graph, layersPerBlock = 1): readonly Block[] {
  const layers = layersOf(segmentsOf(graph));
  const blocks: Block[] = [];
  for (let first = 0; first < layers.length - 1; first += layersPerBlock) {
    const end = Math.min(first + layersPerBlock, layers.length - 1);
    blocks.push(blockOf(layers.slice(first, end), first + 1));
  }
  if (layers.length > 0) blocks.push(blockOf(layers.slice(-1), layers.length));
  return blocks;
}

/** Two neighbours as one. */
export function joined(a: Block, b: Block): Block {
  const numbers = [a, b].flatMap(({ name }) => name.match(/\d+/g)!);
  return {
    name: layersName(Number(numbers[0]), Number(numbers.at(-1))),
    input: a.input,
    output: b.output,
    nodes: [...a.nodes, ...b.nodes],
    parameters: new Set([...a.parameters, ...b.parameters]),
  };
}

function blockOf(layers: readonly (readonly Segment[])[], first: number): Block {
  const segments = layers.flat();
  return {
    name: layersName(first, first + layers.length - 1),
    input: segments[0]!.input,
    output: segments.at(-1)!.output,
    nodes: segments.flatMap(({ nodes }) => nodes),
    parameters: new Set(segments.flatMap(({ parameters }) => parameters)),
  };
}

function layersName(first: number, last: number): string {
  return first === last ? `layer ${first}` : `layers ${first}-${last}`;
}

/** Each layer begins at a product; a parameter in front of the first one begins the first layer. */
function layersOf(segments: readonly Segment[]): Segment[][] {
  const layers: Segment[][] = [];
  for (const segment of segments) {
    const layer = layers.at(-1);
    const isNext = segment.hasProduct && layer?.some(({ hasProduct }) => hasProduct) === true;
    if (layer && !isNext) layer.push(segment);
    else if (isNext || segment.parameters.length > 0) layers.push([segment]);
  }
  return layers;
}

function segmentsOf(graph: Graph): Segment[] {
  const [output, input] = [graph.outputs[0]!, graph.inputs[0]!.name];
  const { nodes } = removeUnused({ ...graph, outputs: [output] });
  const { main, parameters } = sorted({ ...graph, nodes }, input);
  const made = new Set([input, ...main.map((node) => node.outputs[0]!)]);
  const isWeighted = ({ op, inputs }: Node) => PRODUCTS.has(op) && !made.has(inputs[1]!);
  const unread = new Map<string, number>();
  for (const value of main.flatMap(({ inputs }) => inputs)) {
    unread.set(value, (unread.get(value) ?? 0) + 1);
  }
  const segments: Segment[] = [];
  const owned = new Set<string>();
  // Made, and still to be read.
  const live = new Set([input]);
  let [from, begun]: [string, Node[]] = [input, []];
  for (const node of main) {
    begun.push(node);
    for (const value of node.inputs) {
      const rest = unread.get(value)! - 1;
      unread.set(value, rest);
      if (rest === 0) live.delete(value);
    }
    const to = node.outputs[0]!;
    live.add(to);
    if (live.size > 1) continue;
    const read = begun.flatMap(({ inputs }) =>
      inputs.flatMap((value) => parameters.get(value) ?? []),
    );
    const own = read.filter((name) => !owned.has(name));
    for (const name of own) owned.add(name);
    const hasProduct = begun.some(isWeighted);
    segments.push({ input: from, output: to, nodes: begun, parameters: own, hasProduct });
    [from, begun] = [to, []];
  }
  return segments;
}

/** The nodes that depend on the input, and, by each value that does not, the parameters that it depends on. */
function sorted(graph: Graph, input: string) {
  const isParameter = new Set(
    listParameters(graph).flatMap(({ name, role }) => (role === "parameter" ? [name] : [])),
  );
  const parameters = new Map<string, readonly string[]>();
  for (const [value, { name }] of graph.initializers) {
    parameters.set(value, isParameter.has(name) ? [name] : []);
  }
  const reached = new Set([input]);
  const main: Node[] = [];
  for (const node of graph.nodes) {
    const output = node.outputs[0]!;
    if (node.inputs.some((value) => reached.has(value))) {
      reached.add(output);
      main.push(node);
    } else {
      parameters.set(
        output,
        node.inputs.flatMap((value) => parameters.get(value) ?? []),
      );
    }
  }
  return { main, parameters };
}
