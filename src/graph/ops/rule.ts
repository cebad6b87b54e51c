import { StropError } from "../../errors.js";
import type { NodeOf, OpName, Shape } from "../graph.js";
import { formatShape } from "../shape.js";

/** The shape of a node's output from its inputs' shapes; an input that is left out has none. */
export type ShapeRule<K extends OpName> = (
  node: NodeOf<K>,
  inputs: readonly (Shape | undefined)[],
) => Shape;

/** Enough of a node to name it. */
export interface Labelled {
  readonly name: string;
  readonly op: string;
}

/** "node 'conv1' (Conv)": how every error names a node. */
export function nodeLabel(node: Labelled): string {
  return `node '${node.name}' (${node.op})`;
}

/** An error about shapes that do not fit each other. */
export function shapeError(node: Labelled, problem: string, hint?: string): StropError {
  return new StropError(problem, {
    code: "shape-mismatch",
    where: nodeLabel(node),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The error of an op that would move the batch from its place or mix rows. */
export function batchError(node: Labelled, from: Shape, to: string): StropError {
  return new StropError(
    `${formatShape(from)} to ${to} moves or mixes the batch N, which must stay the first axis`,
    { code: "batch-moved", where: nodeLabel(node) },
  );
}

/** Input number `index`, which the op cannot do without. */
export function required(
  node: Labelled,
  inputs: readonly (Shape | undefined)[],
  index: number,
): Shape {
  const shape = inputs[index];
  if (shape !== undefined) return shape;
  throw new StropError(`input ${index + 1} is missing`, {
    code: "input-missing",
    where: nodeLabel(node),
  });
}
