import type { Node, NodeOf, OpName, Shape } from "../../graph/graph.js";
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

/** One op of a chain. */
export interface Step {
  readonly op: string;
  readonly attributes: object;
  /** What it reads beside the step before it. */
  readonly others?: readonly string[];
}

/** One op after the other in the node's place, the values between them named after its output. */
export function chained(node: OnnxNode, steps: readonly Step[]): readonly Node[] {
  const names = steps.map((_, i) => `${node.outputs[0]}${i < steps.length - 1 ? `/${i}` : ""}`);
  return steps.map(({ op, attributes, others = [] }, i) => {
    const inputs = [names[i - 1] ?? node.input(0), ...others];
    return { op, name: node.name, inputs, outputs: [names[i]!], attributes } as unknown as Node;
  });
}

/** The same elements under another shape. */
export function reshapeTo(shape: Shape): Step {
  return { op: "Reshape", attributes: { shape, allowZero: false } };
}

/** A value beside the chain under another shape and name. */
export function reshapeNode(node: OnnxNode, from: string, to: string, shape: Shape): Node {
  const attributes = { shape, allowZero: false };
  return { op: "Reshape", name: node.name, inputs: [from], outputs: [to], attributes };
}
