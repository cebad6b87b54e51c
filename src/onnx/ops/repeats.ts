import type { Dim, Shape } from "../../graph/graph.js";
import { broadcastShapes, formatShape, isBatched } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { intConstant, intInput, isArithmetic, sizes, VALUES_MAX } from "./constants.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** The input broadcast with a shape, by NumPy's rule in both directions. */
export function Expand(node: OnnxNode, scope: Scope): Lowered {
  if (!isArithmetic(node, scope)) return wholeNumbers(node, scope);
  const x = scope.shape(node, node.input(0));
  let target = intConstant(node, scope, 1, "its shape");
  // In a file made for one batch, its size in front of a batched value was the batch.
  const isBatch = isBatched(x) && target.length === x.length && target[0] === scope.fixedBatch;
  if (isBatch) target = ["N", ...target.slice(1)];
  const shape = broadcastShapes(x, target);
  if (shape === undefined) {
    const problem = `${formatShape(x)} cannot be repeated to ${formatShape(target)}`;
    throw node.error("shape-mismatch", problem);
  }
  const expanding = new Expanding(node, scope);
  return repeated(node, expanding, { name: node.input(0), shape: x }, shape);
}

/** One whole number as a vector of many, as PyTorch writes the sizes of chunk. */
function wholeNumbers(node: OnnxNode, scope: Scope): Lowered {
  const { type, values } = intInput(node, scope, 0, "what it repeats");
  const shape = sizes(node, scope, 1, "its shape");
  const [count] = shape as [number];
  if (values.length !== 1 || shape.length !== 1 || !(count >= 0 && count <= VALUES_MAX)) {
    throw node.error("op-unsupported", `whole numbers are repeated to [${shape}]`);
  }
  return { type, shape, values: new Array(count).fill(values[0]) };
}

/** The input `repeats` times along each axis: an axis of copies in front of each, to which it broadcasts. */
export function Tile(node: OnnxNode, scope: Scope): Lowered {
  const x = scope.shape(node, node.input(0));
  const repeats = sizes(node, scope, 1, "its repeats");
  if (repeats.length !== x.length || repeats.some((count) => count < 1)) {
    const problem = `repeats [${repeats}] of an input of shape ${formatShape(x)}`;
    throw node.error("attribute-invalid", problem);
  }
  if (isBatched(x) && repeats[0] !== 1) {
    throw node.error("batch-moved", `the rows of the batch N are repeated ${repeats[0]} times`);
  }
  const [from, to, tiled] = [[], [], []] as [Dim[], Dim[], Dim[]];
  for (const [axis, dim] of x.entries()) {
    const count = repeats[axis]!;
    if (count > 1 && dim !== 1) {
      from.push(1);
      to.push(count);
    }
    from.push(dim);
    to.push(dim === 1 ? count : dim);
    tiled.push(dim === "N" ? dim : dim * count);
  }
  const expanding = new Expanding(node, scope);
  if (from.length === x.length) {
    return repeated(node, expanding, { name: node.input(0), shape: x }, to);
  }
  const apart = expanding.step("Reshape", [node.input(0)], { shape: from, allowZero: false });
  const copies = inSteps(expanding, apart, targetsOf(from, to));
  return expanding.end("Reshape", [copies], { shape: tiled, allowZero: false });
}

interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** The node's output: x repeated to a shape. */
function repeated(node: OnnxNode, expanding: Expanding, x: Value, shape: Shape): Lowered {
  const targets = targetsOf(x.shape, shape);
  const last = targets.at(-1);
  if (last === undefined) return nodeFrom("Identity", node, [x.name], {});
  const before = inSteps(expanding, x.name, targets.slice(0, -1));
  return expanding.end("Expand", [before], { shape: last });
}

function inSteps(expanding: Expanding, x: string, targets: readonly Shape[]): string {
  return targets.reduce((name, shape) => expanding.step("Expand", [name], { shape }), x);
}

/**
 * The shapes on the way: the last alone, or, of more than four axes, one for each axis along which is repeated, so that
 * none takes more than four, whatever their order in memory. The last axis grows first.
 */
function targetsOf(x: Shape, shape: Shape): readonly Shape[] {
  const from: Shape = [...new Array<number>(shape.length - x.length).fill(1), ...x];
  const grown = from.flatMap((dim, axis) => (dim === shape[axis] ? [] : [axis]));
  if (grown.length === 0 && shape.length === x.length) return [];
  if (shape.length <= 4 || grown.length === 0) return [shape];
  return grown.reverse().map((axis) => [...from.slice(0, axis), ...shape.slice(axis)]);
}
