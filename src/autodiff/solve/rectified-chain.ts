import type { Node, NodeOf } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { differentiableInputs } from "../reach.js";
import { DenseLayer, type DenseNode } from "./dense-layer.js";

/** A layer of a chain, and what lies between it and the next. */
export interface ChainLayer {
  readonly dense: DenseLayer;
  /** The value that goes in. */
  readonly input: string;
  /** Behind every layer but the last. */
  readonly relu?: NodeOf<"Relu">;
  readonly dropout?: NodeOf<"Dropout">;
}

const TAKES =
  "It takes dense layers (Gemm, or MatMul and Add) with Relu, and perhaps Dropout, between one and the next.";

/**
 * The layers of Gemm, Relu, … Gemm. In front of the first may be what has nothing to learn.
 *
 * Throws a StropError that names the first node that is something else.
 *
 * @param learns whether a value is an initializer that is to learn
 */
export function rectifiedChain(
  nodes: readonly Node[],
  b: ProcedureBuilder,
  learns: (value: string) => boolean,
): ChainLayer[] {
  const layers: { -readonly [K in keyof ChainLayer]: ChainLayer[K] }[] = [];
  for (const node of nodes) {
    const last = layers.at(-1);
    const isOpen = last !== undefined && !last.relu;
    if (isDense(node) && !isOpen) {
      layers.push({ dense: new DenseLayer(node, b, "bcd"), input: node.inputs[0]! });
    } else if (node.op === "Relu" && isOpen) last.relu = node;
    else if (node.op === "Dropout" && last?.relu && !last.dropout) last.dropout = node;
    else if (last || differentiableInputs(node).some(learns)) {
      b.refuse(node, "bcd has no place for it", TAKES);
    }
  }
  const last = layers.at(-1);
  if (last?.relu) b.refuse(last.relu, "bcd ends in a dense layer, not in this", TAKES);
  return layers;
}

export function isDense(node: Node): node is DenseNode {
  return node.op === "Gemm" || node.op === "MatMul";
}
