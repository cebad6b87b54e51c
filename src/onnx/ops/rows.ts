import type { Node } from "../../graph/graph.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { axisOf } from "./axis-of.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

type Op = "Softmax" | "LogSoftmax";

/** y = eˣ / Σ eˣ along `axis`. */
export function Softmax(node: OnnxNode, scope: Scope): Lowered {
  return alongAxis("Softmax", node, scope);
}

/** y = x − log Σ eˣ along `axis`. */
export function LogSoftmax(node: OnnxNode, scope: Scope): Lowered {
  return alongAxis("LogSoftmax", node, scope);
}

/**
 * Before opset 13 the default axis is 1, and the input is taken as a matrix with all axes from `axis` on as its
 * columns; since then it is along the one axis, which here is brought to the end.
 */
function alongAxis(op: Op, node: OnnxNode, scope: Scope): Lowered {
  const coerces = scope.opset < 13;
  const shape = scope.shape(node, node.input(0));
  const axis = axisOf(node, node.int("axis", coerces ? 1 : -1), shape);
  const isLong = (from: number) => shape.slice(from).some((dim) => dim !== 1);
  const along = coerces
    ? Math.max(
        axis,
        shape.findLastIndex((dim) => dim !== 1),
      )
    : axis;
  const isAlone = along === axis || !shape.slice(axis, along).some((dim) => dim !== 1);
  if (isAlone && !isLong(along + 1)) return nodeFrom(op, node, [node.input(0)], { axis: along });
  if (shape[axis] === "N") throw node.error("op-unsupported", "a softmax over the rows");
  return coerces ? inColumns(op, node, scope, axis) : throughTranspose(op, node, scope, axis);
}

/** All axes from `axis` on as one. */
function inColumns(op: Op, node: OnnxNode, scope: Scope, axis: number): Lowered {
  const shape = scope.shape(node, node.input(0));
  const columns = shape.slice(axis).reduce<number>((product, dim) => product * Number(dim), 1);
  const matrix = [...shape.slice(0, axis), columns];
  const expanding = new Expanding(node, scope);
  const x = expanding.step("Reshape", [node.input(0)], { shape: matrix, allowZero: false });
  const y = expanding.step(op, [x], { axis });
  return expanding.end("Reshape", [y], { shape, allowZero: false });
}

/** The axis changes places with the last one and back. */
function throughTranspose(op: Op, node: OnnxNode, scope: Scope, axis: number): Lowered {
  const shape = scope.shape(node, node.input(0));
  const last = shape.length - 1;
  const perm = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const expanding = new Expanding(node, scope);
  const x = expanding.step("Transpose", [node.input(0)], { perm });
  return expanding.end("Transpose", [expanding.step(op, [x], { axis: last })], { perm });
}

/** y = x, but for a share of zeros in training. The ratio is an attribute before opset 12, an input since. */
export function Dropout(node: OnnxNode, scope: Scope): Node {
  const ratio = dropoutRatio(node, scope);
  if (!(ratio >= 0 && ratio < 1)) throw node.error("attribute-invalid", `ratio is ${ratio}`);
  return nodeFrom("Dropout", node, [node.input(0)], { ratio });
}

function dropoutRatio(node: OnnxNode, scope: Scope): number {
  if (scope.opset < 12) return node.float("ratio", 0.5);
  const name = node.inputs[1] ?? "";
  if (name === "") return 0.5;
  const constant = scope.constant(name);
  const ratio = constant?.type === "float32" ? constant.data[0] : undefined;
  if (ratio === undefined) throw node.error("op-unsupported", "its ratio is not a constant");
  return ratio;
}
