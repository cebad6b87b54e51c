import { BINARY_ADD } from "../../../assembly/abi/functions.js";
import {
  ADD,
  BINARY,
  BROADCAST_SUM,
  COLUMN_SUM,
  PERMUTE,
  SCALE,
} from "../../../assembly/abi/opcodes.js";
import type { Shape } from "../../graph/graph.js";
import { broadcastShapes, sameShape, shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { broadcastStrides, toFourAxes } from "../strides.js";
import { type Category, floatBits, type Tensor } from "../training-graph.js";

/** A tensor read as of some shape. */
export interface Operand {
  readonly tensor: Tensor;
  readonly shape: Shape;
}

export function operandOf(b: ProcedureBuilder, value: string): Operand {
  return { tensor: b.tensorOf(value), shape: b.shapeOf(value) };
}

/** y = f(p, q), broadcast; a sum without broadcast is ADD. */
export function emitBinary(
  b: ProcedureBuilder,
  kind: number,
  p: Operand,
  q: Operand,
  y: Operand,
): void {
  if (kind === BINARY_ADD && sameShape(p.shape, y.shape) && sameShape(q.shape, y.shape)) {
    b.emit(ADD, [p.tensor, q.tensor, y.tensor]);
    return;
  }
  const strides = [broadcastStrides(p.shape, y.shape), broadcastStrides(q.shape, y.shape)];
  const axes = toFourAxes(y.shape, strides, `${y.tensor.name}`);
  const attributes = [...axes.sizes, ...axes.strides[0]!, ...axes.strides[1]!, kind];
  b.emit(BINARY, [p.tensor, q.tensor, y.tensor], attributes);
}

/** f(p, q) in a new tensor, for a gradient's sake unless told otherwise. */
export function binaryOf(
  b: ProcedureBuilder,
  kind: number,
  p: Operand,
  q: Operand,
  category: Category = "gradients",
): Operand {
  const shape = broadcastShapes(p.shape, q.shape)!;
  const name = `${p.tensor.name} by ${q.tensor.name}`;
  const y = { tensor: b.temporary(name, category, shapeElements(shape)), shape };
  emitBinary(b, kind, p, q, y);
  return y;
}

/** dx = dy summed over the axes along which x was broadcast. */
export function emitBroadcastSum(b: ProcedureBuilder, dy: Operand, dx: Operand): void {
  const axes = foldedAxes(dy.shape, dx);
  const strides = axes.strides[0]!;
  const isRow = strides.slice(0, 3).every((s) => s === 0) && strides[3] === 1;
  if (isRow && axes.sizes[2] === dx.tensor.c0) {
    b.emit(COLUMN_SUM, [dy.tensor, dx.tensor], [dx.tensor.c0]);
  } else {
    emitFold(b, BROADCAST_SUM, dy, dx);
  }
}

/** y = x folded (BROADCAST_SUM, BROADCAST_MAX or BROADCAST_MIN) over the axes that y has not, or of size 1. */
export function emitFold(b: ProcedureBuilder, opcode: number, x: Operand, y: Operand): void {
  const axes = foldedAxes(x.shape, y);
  b.emit(opcode, [x.tensor, y.tensor], [...axes.sizes, ...axes.strides[0]!]);
}

/** y = x repeated along the axes that x has not, or of size 1. */
export function emitExpand(b: ProcedureBuilder, x: Operand, y: Operand): void {
  const axes = foldedAxes(y.shape, x);
  b.emit(PERMUTE, [x.tensor, y.tensor], [...axes.sizes, ...axes.strides[0]!, 0]);
}

function foldedAxes(whole: Shape, part: Operand) {
  return toFourAxes(whole, [broadcastStrides(part.shape, whole)], part.tensor.name);
}

export function emitScale(b: ProcedureBuilder, x: Tensor, y: Tensor, factor: number): void {
  b.emit(SCALE, [x, y], [floatBits(factor)]);
}

/** factor·x in a tensor of its own; x itself if the factor is 1. */
export function scaled(b: ProcedureBuilder, x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  const y = b.temporary(`${x.name} (scaled)`, "scratch", x);
  emitScale(b, x, y, factor);
  return y;
}
