import { isRowVector } from "../autodiff/ops/matmul.js";
import { countUses } from "../graph/fold.js";
import type { Graph, Initializer, Node, NodeOf, Shape, ValueInfo } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { viewed } from "../graph/view.js";

/**
 * A product without a bias whose only use is the Add of a vector along its innermost axis takes the vector in as its
 * bias: a MatMul or Gemm becomes one Gemm, a convolution (channels last) keeps its op.
 */
export function fuseBias(graph: Graph): Graph {
  const uses = countUses(graph);
  const values = inferShapes(graph);
  const producers = new Map(graph.nodes.map((node) => [node.outputs[0]!, node]));
  const initializers = new Map(graph.initializers);
  const fused = new Set<Node>();

  const fuse = (node: Node): Node => {
    if (node.op !== "Add") return node;
    for (const [product, name] of [node.inputs, [...node.inputs].reverse()]) {
      const producer = producers.get(product!);
      const bias = initializers.get(name!);
      if (!producer || !bias || uses.get(product!) !== 1) continue;
      const channels = channelsOf(producer, values);
      if (channels === undefined || !isRowVector(bias.shape, channels)) continue;
      if (bias.shape.length > values.get(product!)!.shape.length) continue;
      // Only a bias that nothing else reads may take another shape.
      const isAlone = uses.get(name!) === 1;
      if (producer.op === "Conv" && bias.shape.length > 1 && !isAlone) continue;
      if (producer.op === "Conv") initializers.set(name!, asVector(bias));
      fused.add(producer);
      return withBias(producer, node, name!);
    }
    return node;
  };
  const nodes = graph.nodes.map(fuse);
  return { ...graph, nodes: nodes.filter((node) => !fused.has(node)), initializers };
}

/** How many numbers a bias of the product has; undefined if it cannot take one in. */
function channelsOf(node: Node, values: ReadonlyMap<string, ValueInfo>): number | undefined {
  const shapes: readonly (Shape | undefined)[] = node.inputs.map(
    (input) => values.get(input)?.shape,
  );
  const channels = values.get(node.outputs[0]!)!.shape.at(-1) as number;
  if (node.inputs[2]) return undefined;
  if (node.op === "Conv") return node.attributes.layout === "NHWC" ? channels : undefined;
  const isPlain = node.op === "MatMul" || (node.op === "Gemm" && node.attributes.alpha === 1);
  const isMatrices = shapes[0]?.length === 2 && shapes[1]?.length === 2 && shapes[1][0] !== "N";
  return isPlain && isMatrices ? channels : undefined;
}

function withBias(product: Node, add: NodeOf<"Add">, bias: string): Node {
  const inputs = [product.inputs[0]!, product.inputs[1]!, bias];
  if (product.op === "Conv") return { ...product, inputs, outputs: add.outputs };
  const transB = product.op === "Gemm" && product.attributes.transB;
  const attributes = { alpha: 1, beta: 1, transB };
  return { op: "Gemm", name: add.name, inputs, outputs: add.outputs, attributes };
}

/** [1, 1, n] as [n]. */
function asVector(bias: Initializer): Initializer {
  if (bias.shape.length === 1) return bias;
  const index = Uint32Array.from(bias.data, (_, i) => i);
  return viewed(bias, [bias.data.length], index);
}
