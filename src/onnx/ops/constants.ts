import { type TensorProto, TensorProto_DataType as Type } from "onnx-buf";
import type { Dim } from "../../graph/graph.js";
import { normalAxis, product } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import {
  type ConstantValue,
  dataType,
  type FloatConstant,
  type IntConstant,
  readTensor,
  saturated,
  typeName,
} from "../tensor.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

// Shape arithmetic, as exporters write x.view(x.size(0), -1): Shape, Gather, Unsqueeze, Concat, Reshape. Its
// values are whole numbers and "N", all known before the first sample; nothing of it stays in the graph.

/** Longer vectors are no shapes; without a limit, a chain of Concat doubles them without end. */
export const VALUES_MAX = 64;

/** Input number `index` as whole numbers known now. @param what for the error: "its shape" */
export function intConstant(
  node: OnnxNode,
  scope: Scope,
  index: number,
  what: string,
): readonly Dim[] {
  return intInput(node, scope, index, what).values;
}

/** The same with its shape. */
export function intInput(node: OnnxNode, scope: Scope, index: number, what: string): IntConstant {
  const constant = scope.constant(node.input(index));
  if (constant === undefined || constant.type === "float32") {
    throw node.error(
      "op-unsupported",
      `${what} is not a constant of whole numbers, which is all that is supported here`,
    );
  }
  if (constant.values.length > VALUES_MAX) {
    throw node.error("op-unsupported", `${what} is too long to be a shape`);
  }
  return constant;
}

/** Like intConstant, but "N" has no place there. */
export function sizes(
  node: OnnxNode,
  scope: Scope,
  index: number,
  what: string,
): readonly number[] {
  return intConstant(node, scope, index, what).map((value) => {
    if (value !== "N") return value;
    throw node.error("op-unsupported", `${what} depends on the batch`);
  });
}

/** Input number `index` as floats known now; undefined if it is left out or has none. */
export function floats(
  node: OnnxNode,
  scope: Scope,
  index: number,
  what: string,
): readonly number[] | undefined {
  const name = node.inputs[index] ?? "";
  if (name === "") return undefined;
  const constant = scope.constant(name);
  const values = constant && asFloats(constant);
  if (values !== undefined) return values.data.length === 0 ? undefined : Array.from(values.data);
  throw node.error(
    "op-unsupported",
    `${what} is not a constant, which is all that is supported here`,
  );
}

/** A vector of whole numbers. */
export function vector(values: readonly Dim[]): IntConstant {
  return { type: "int32", shape: [values.length], values };
}

/** A constant in the node itself, in any of the forms of opset 12. */
export function Constant(node: OnnxNode): ConstantValue {
  const tensor = node.tensor("value");
  if (tensor !== undefined) return doubleNumber(tensor) ?? readTensor(tensor, node.label);
  const whole = (values: readonly number[], shape: number[]): IntConstant => ({
    type: "int32",
    shape,
    values: values.map(saturated),
  });
  if (node.has("value_int")) return whole([node.int("value_int", 0)], []);
  if (node.has("value_float")) {
    return { type: "float32", shape: [], data: Float32Array.of(node.float("value_float", 0)) };
  }
  const ints = node.ints("value_ints");
  if (ints !== undefined) return whole(ints, [ints.length]);
  const floats = node.floats("value_floats");
  if (floats !== undefined) {
    return { type: "float32", shape: [floats.length], data: Float32Array.from(floats) };
  }
  const form = ["sparse_value", "value_string", "value_strings"].find((name) => node.has(name));
  throw node.error("op-unsupported", form ? `a constant as ${form}` : "it has no value");
}

/** One number in double precision, as PyTorch writes a bound of clamp; a Cast to float32 follows. */
function doubleNumber({ dataType: type, dims, rawData }: TensorProto): FloatConstant | undefined {
  if (type !== Type.DOUBLE || rawData.length !== 8) return undefined;
  const data = Float32Array.from(new Float64Array(rawData.slice().buffer));
  return { type: "float32", shape: dims.map(Number), data };
}

/** The shape of a value, from axis `start` to `end` since opset 15. */
export function Shape(node: OnnxNode, scope: Scope): ConstantValue {
  const shape = scope.shape(node, node.input(0));
  return vector(shape.slice(node.int("start", 0), node.int("end", shape.length)));
}

/** How many elements a value has. */
export function Size(node: OnnxNode, scope: Scope): ConstantValue {
  const shape = scope.shape(node, node.input(0));
  if (shape.includes("N")) throw node.error("op-unsupported", "its size depends on the batch");
  return { type: "int32", shape: [], values: [product(shape as readonly number[], node.label)] };
}

/** −x; of whole numbers that are known now, what that is. */
export function Neg(node: OnnxNode, scope: Scope): Lowered {
  if (isArithmetic(node, scope)) return nodeFrom("Neg", node, [node.input(0)], {});
  const { shape } = intInput(node, scope, 0, "what it negates");
  const values = sizes(node, scope, 0, "what it negates").map((value) => saturated(-value));
  return { type: "int32", shape, values };
}

/** One number repeated to a shape. */
export function ConstantOfShape(node: OnnxNode, scope: Scope): Lowered {
  const shape = intConstant(node, scope, 0, "its shape");
  const tensor = node.tensor("value");
  const value = tensor && readTensor(tensor, node.label);
  if (value === undefined || value.type === "float32") {
    const expanding = new Expanding(node, scope);
    const data = Float32Array.of(value?.data[0] ?? 0);
    const number = expanding.constant({ type: "float32", shape: [], data });
    return expanding.end("Expand", [number], { shape });
  }
  const dims = sizes(node, scope, 0, "its shape");
  const length = product(dims, node.label);
  if (length > VALUES_MAX) throw node.error("op-unsupported", "it is too long to be a shape");
  return { type: value.type, shape: dims, values: new Array(length).fill(value.values[0] ?? 0) };
}

/** Elements of a vector by number. */
export function Gather(node: OnnxNode, scope: Scope): ConstantValue {
  const data = intInput(node, scope, 0, "what it gathers from");
  const { shape } = intInput(node, scope, 1, "its index");
  const indices = sizes(node, scope, 1, "its index");
  if (data.shape.length !== 1 || shape.length > 1 || node.int("axis", 0) !== 0) {
    throw node.error("op-unsupported", "only elements of a shape can be gathered yet");
  }
  const values = indices.map((index) => {
    const place = normalAxis(index, data.values.length);
    if (place !== undefined) return data.values[place]!;
    throw node.error("index-range", `index ${index} into ${data.values.length} values`);
  });
  return { type: data.type, shape, values };
}

/** Axes of size 1 more; `axes` is an attribute before opset 13. Of whole numbers, one becomes a vector of one. */
export function Unsqueeze(node: OnnxNode, scope: Scope): Lowered {
  const axes = scope.opset < 13 ? node.ints("axes") : sizes(node, scope, 1, "axes");
  if (isArithmetic(node, scope)) {
    const from = scope.shape(node, node.input(0));
    const rank = from.length + (axes?.length ?? 0);
    const added = new Set(axes?.map((axis) => normalAxis(axis, rank)));
    if (axes === undefined || added.size !== axes.length || added.has(undefined)) {
      throw node.error("attribute-invalid", `axes [${axes}] of an input of shape [${from}]`);
    }
    const left = [...from];
    const shape = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : left.shift()!));
    return nodeFrom("Reshape", node, [node.input(0)], { shape, allowZero: false });
  }
  const data = intInput(node, scope, 0, "what it unsqueezes");
  if (data.shape.length > 0 || axes?.length !== 1 || ![0, -1].includes(axes[0]!)) {
    throw node.error("op-unsupported", "only single numbers can be unsqueezed yet");
  }
  return { ...data, shape: [1] };
}

/** Axes of size 1 less, all of them if none are named. Of whole numbers, a vector of one becomes a number. */
export function Squeeze(node: OnnxNode, scope: Scope): Lowered {
  if (isArithmetic(node, scope)) {
    const from = scope.shape(node, node.input(0));
    const named = (node.inputs[1] ?? "") === "" ? undefined : sizes(node, scope, 1, "axes");
    const axes = scope.opset < 13 ? node.ints("axes") : named;
    const dropped = axes?.map((axis) => normalAxis(axis, from.length));
    if (dropped?.some((axis) => axis === undefined || from[axis] !== 1)) {
      throw node.error("attribute-invalid", `axes [${axes}] of an input of shape [${from}]`);
    }
    const shape = from.filter((dim, axis) => (dropped ? !dropped.includes(axis) : dim !== 1));
    return nodeFrom("Reshape", node, [node.input(0)], { shape, allowZero: false });
  }
  const data = intInput(node, scope, 0, "what it squeezes");
  if (data.values.length !== 1) {
    throw node.error("op-unsupported", "only single numbers can be squeezed yet");
  }
  return { ...data, shape: [] };
}

/** Whether the first input is a value of the network, and no whole number of a shape. */
export function isArithmetic(node: OnnxNode, scope: Scope): boolean {
  const constant = scope.constant(node.input(0));
  return constant === undefined || constant.type === "float32";
}

/** Whole numbers as floats, where that is exact and none of them is the batch; else undefined. */
export function asFloats(constant: ConstantValue): FloatConstant | undefined {
  if (constant.type === "float32") return constant;
  const { shape, values } = constant;
  const exact = values.every((value) => typeof value === "number" && Math.abs(value) <= 2 ** 24);
  return exact
    ? { type: "float32", shape, data: Float32Array.from(values as number[]) }
    : undefined;
}

/** Another type: of whole numbers to whole numbers or floats, or of float32 to itself. */
export function Cast(node: OnnxNode, scope: Scope): Lowered {
  const to = node.int("to", 0);
  const type = dataType(to);
  const constant = scope.constant(node.input(0));
  if (
    constant !== undefined &&
    constant.type !== "float32" &&
    type === "int32" &&
    to !== Type.INT8
  ) {
    return { ...constant, type };
  }
  const floats = constant && constant.type !== "float32" ? asFloats(constant) : undefined;
  if (type === "float32" && floats !== undefined) return floats;
  if (type === "float32" && (constant === undefined || constant.type === "float32")) {
    return nodeFrom("Identity", node, [node.input(0)], {});
  }
  throw node.error("op-unsupported", `a cast to ${typeName(to)}, which is not supported here`);
}
