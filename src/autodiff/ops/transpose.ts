import { PERMUTE } from "../../../assembly/abi/opcodes.js";
import { shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { joinedAxes, rowMajorStrides, toFourAxes } from "../strides.js";
import { type Operand, operandOf } from "./broadcast.js";
import type { Rule } from "./rule.js";

/** y[i] = x[i permuted by perm]; the batch stays in front. */
export const transpose: Rule<"Transpose"> = {
  forward(node, b) {
    const y = node.outputs[0]!;
    const x = operandOf(b, node.inputs[0]!);
    emitTranspose(b, x, node.attributes.perm, { tensor: b.define(y), shape: b.shapeOf(y) });
  },
  backward(node, b) {
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const { perm } = node.attributes;
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    const dy = { tensor: b.gradientOf(y), shape: b.shapeOf(y) };
    b.backward(x, (dx) => emitTranspose(b, dy, inverse, { tensor: dx, shape: b.shapeOf(x) }));
  },
};

/** One PERMUTE if neighbours join to four axes; else one more for each run of axes that goes to its place before. */
function emitTranspose(b: ProcedureBuilder, x: Operand, perm: readonly number[], y: Operand): void {
  const strides = rowMajorStrides(x.shape);
  const order = perm.map((axis) => strides[axis]!);
  if (joinedAxes(y.shape, [order]).length <= 4) {
    const axes = toFourAxes(y.shape, [order], `transpose ${y.tensor.name}`);
    b.emit(PERMUTE, [x.tensor, y.tensor], [...axes.sizes, ...axes.strides[0]!, 0]);
    return;
  }
  const first = firstRun(perm);
  const shape = first.map((axis) => x.shape[axis]!);
  const name = `${y.tensor.name} (in part)`;
  const moved = { tensor: b.temporary(name, "scratch", shapeElements(shape)), shape };
  emitTranspose(b, x, first, moved);
  const rest = perm.map((axis) => first.indexOf(axis));
  emitTranspose(b, moved, rest, y);
}

/** The order in which the first axis that is not in its place, and those that stay behind it, have come there. */
function firstRun(perm: readonly number[]): readonly number[] {
  const place = perm.findIndex((axis, i) => axis !== i);
  const begin = perm[place]!;
  const run = perm.slice(place).findIndex((axis, i) => axis !== begin + i);
  const end = begin + (run < 0 ? perm.length - place : run);
  const axes = perm.map((_, i) => i);
  const [before, passed] = [axes.slice(0, place), axes.slice(place, begin)];
  return [...before, ...axes.slice(begin, end), ...passed, ...axes.slice(end)];
}
