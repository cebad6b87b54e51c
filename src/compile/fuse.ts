import { isRowVector } from "../autodiff/ops/matmul.js";
import { countUses } from "../graph/fold.js";
import type { Graph, Node } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";

/** MatMul (or Gemm without c) whose only use is the Add of a vector becomes one Gemm with c. */
export function fuseBias(graph: Graph): Graph {
  const uses = countUses(graph);
  const values = inferShapes(graph);
  const producers = new Map(graph.nodes.map((node) => [node.outputs[0]!, node]));
  const fused = new Set<Node>();

  const fuse = (node: Node): Node => {
    if (node.op !== "Add") return node;
    for (const [product, bias] of [node.inputs, [...node.inputs].reverse()]) {
      const matrix = producers.get(product!);
      const shape = graph.initializers.get(bias!)?.shape;
      if (!matrix || !shape || uses.get(product!) !== 1 || !isPlainProduct(matrix)) continue;
      const [x, w] = matrix.inputs.map((input) => values.get(input)!.shape);
      const n = values.get(product!)!.shape[1];
      if (x!.length !== 2 || w!.length !== 2 || w![0] === "N") continue;
      if (shape.length > 2 || !isRowVector(shape, n as number)) continue;
      fused.add(matrix);
      const transB = matrix.op === "Gemm" && matrix.attributes.transB;
      return {
        op: "Gemm",
        name: node.name,
        inputs: [matrix.inputs[0]!, matrix.inputs[1]!, bias!],
        outputs: node.outputs,
        attributes: { alpha: 1, beta: 1, transB },
      };
    }
    return node;
  };
  const nodes = graph.nodes.map(fuse);
  return { ...graph, nodes: nodes.filter((node) => !fused.has(node)) };
}

function isPlainProduct(node: Node): boolean {
  if (node.op === "MatMul") return true;
  return node.op === "Gemm" && node.attributes.alpha === 1 && !node.inputs[2];
}
