import type { Shape } from "../../graph/graph.js";
import { regionOf } from "../../graph/ops/cuts.js";
import { formatShape, normalAxis } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { axisOf } from "./axis-of.js";
import { intInput, isArithmetic, sizes, VALUES_MAX } from "./constants.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** Parts along `axis` that SequenceAt takes out one by one, as PyTorch writes chunk. */
export function SplitToSequence(node: OnnxNode, scope: Scope): Lowered {
  if (!isArithmetic(node, scope)) {
    throw node.error("op-unsupported", "whole numbers cannot be split into a sequence");
  }
  const [x, shape] = [node.input(0), scope.shape(node, node.input(0))];
  const axis = axisOf(node, node.int("axis", 0), shape);
  const isGiven = (node.inputs[1] ?? "") !== "";
  const isKept = isGiven || node.int("keepdims", 1) !== 0;
  const expanding = new Expanding(node, scope);
  let start = 0;
  const sequence = sequenceSizes(node, scope, shape, axis).map((size) => {
    const part = regionOf(shape, new Map([[axis, { start, step: 1, size }]]));
    start += size;
    if (size === 0) return "";
    const slice = expanding.step("Slice", [x], part);
    if (isKept) return slice;
    return expanding.step("Reshape", [slice], {
      shape: shape.toSpliced(axis, 1),
      allowZero: false,
    });
  });
  return { ...expanding.expansion, sequence };
}

/** Of parts that are given one by one, of equal ones but for a smaller last one, or of one element each. */
function sequenceSizes(
  node: OnnxNode,
  scope: Scope,
  shape: Shape,
  axis: number,
): readonly number[] {
  const size = shape[axis]!;
  const from = `axis ${axis} of ${formatShape(shape)}`;
  if (size === "N") throw node.error("batch-moved", `${from}, the batch, cannot be split`);
  const isGiven = (node.inputs[1] ?? "") !== "";
  const given = isGiven ? sizes(node, scope, 1, "split") : [1];
  if (isGiven && intInput(node, scope, 1, "split").shape.length > 0) {
    if (given.every((part) => part >= 0) && given.reduce((a, b) => a + b, 0) === size) return given;
    throw node.error("attribute-invalid", `parts of [${given}] from ${from}`);
  }
  const [part] = given as [number];
  if (!(part > 0)) throw node.error("attribute-invalid", `parts of ${part} from ${from}`);
  const count = Math.ceil(size / part);
  if (count > VALUES_MAX) throw node.error("op-unsupported", `${count} parts from ${from}`);
  return Array.from({ length: count }, (_, index) => Math.min(part, size - index * part));
}

/** One of a sequence's values. */
export function SequenceAt(node: OnnxNode, scope: Scope): Lowered {
  const sequence = scope.sequence(node.input(0));
  if (!sequence)
    throw node.error("op-unsupported", "its sequence is not that of a SplitToSequence");
  const [place] = sizes(node, scope, 1, "its position");
  const at = place === undefined ? undefined : normalAxis(place, sequence.length);
  if (at !== undefined) {
    // PyTorch's chunk in three of an axis of four is of 2, 2 and 0, of which it reads the first two.
    if (sequence[at] === "") throw node.error("tensor-empty", `value ${place} has no elements`);
    return nodeFrom("Identity", node, [sequence[at]!], {});
  }
  throw node.error("index-range", `position ${place} of ${sequence.length} values`);
}
