import type { NodeOf, ReduceAttributes } from "../../graph/graph.js";
import { formatShape, normalAxis } from "../../graph/shape.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/**
 * y = (X − mean) / √(var + epsilon)·scale + B. The training form (five outputs before opset 14, training_mode
 * since) is the same node here: `--bn` says how it trains.
 */
export function BatchNormalization(node: OnnxNode, scope: Scope): Lowered {
  const others = [1, 2, 3, 4].map((index) => node.input(index));
  const attributes = { epsilon: epsilonOf(node), momentum: node.float("momentum", 0.9) };
  return ofChannels("BatchNormalization", node, scope, others, { ...attributes, layout: "NCHW" });
}

/** y = (X − mean) / √(variance + epsilon)·scale + B, mean and variance of each channel of a row. */
export function InstanceNormalization(node: OnnxNode, scope: Scope): Lowered {
  const channels = channelsOf(node, scope);
  return groupNorm(node, scope, channels, [node.input(1), node.input(2)]);
}

/**
 * The same over the channels of a group too. Scale and bias are of groups in opset 18, of channels since 21; both
 * are taken as they are.
 */
export function GroupNormalization(node: OnnxNode, scope: Scope): Lowered {
  const groups = node.int("num_groups", 0);
  return groupNorm(node, scope, groups, [node.input(1), node.input(2)]);
}

function groupNorm(
  node: OnnxNode,
  scope: Scope,
  numGroups: number,
  parameters: readonly [string, string],
): Lowered {
  const others = isInert(scope, parameters) ? [] : parameters;
  const attributes = { numGroups, epsilon: epsilonOf(node), layout: "NCHW" } as const;
  return ofChannels("GroupNormalization", node, scope, others, attributes);
}

/** Ones and zeros that are no weights: what exporters write where a norm has no scale and bias of its own. */
function isInert(scope: Scope, [scale, bias]: readonly [string, string]): boolean {
  const isOf = (name: string, number: number) => {
    const constant = scope.isInitializer(name) ? undefined : scope.constant(name);
    return constant?.type === "float32" && constant.data.every((value) => value === number);
  };
  return isOf(scale, 1) && isOf(bias, 0);
}

function epsilonOf(node: OnnxNode): number {
  const epsilon = node.float("epsilon", 1e-5);
  if (!(epsilon > 0)) throw node.error("attribute-invalid", `epsilon is ${epsilon}`);
  return epsilon;
}

function channelsOf(node: OnnxNode, scope: Scope): number {
  const shape = scope.shape(node, node.input(0));
  const channels = shape[1];
  if (typeof channels === "number") return channels;
  throw node.error("shape-mismatch", `an input of shape ${formatShape(shape)} has no channels`);
}

/** A norm by channels; a vector is rows of one channel. */
function ofChannels<K extends "BatchNormalization" | "GroupNormalization">(
  op: K,
  node: OnnxNode,
  scope: Scope,
  parameters: readonly string[],
  attributes: NodeOf<K>["attributes"],
): Lowered {
  const shape = scope.shape(node, node.input(0));
  if (shape.length !== 1) return nodeFrom(op, node, [node.input(0), ...parameters], attributes);
  const expanding = new Expanding(node, scope);
  const column = { shape: [shape[0]!, 1], allowZero: false };
  const x = expanding.step("Reshape", [node.input(0)], column);
  const y = expanding.step(op, [x, ...parameters], attributes);
  return expanding.end("Reshape", [y], { shape, allowZero: false });
}

/**
 * y = (X − mean) / √(variance + epsilon)·Scale + B over all axes from `axis` on; B is optional. Mean and 1 / √(variance
 * + epsilon), its other outputs, are computed on their own where something reads them.
 */
export function LayerNormalization(node: OnnxNode, scope: Scope): Lowered {
  const inputs = [node.input(0), node.input(1)];
  const bias = node.inputs[2] ?? "";
  if (bias !== "") inputs.push(bias);
  const attributes = { axis: node.int("axis", -1), epsilon: epsilonOf(node) };
  const expanding = new Expanding(node, scope);
  const isRead = (index: number) => scope.uses(node.outputs[index] ?? "") > 0;
  if (isRead(1) || isRead(2)) {
    const { length } = scope.shape(node, node.input(0));
    const first = normalAxis(attributes.axis, length) ?? length;
    const axes = Array.from({ length: length - first }, (_, i) => first + i);
    const reduce = { axes, keepDims: true };
    if (isRead(1)) expanding.output(1, "ReduceMean", [node.input(0)], reduce);
    if (isRead(2)) {
      const { variance } = momentsOf(expanding, node.input(0), reduce);
      const epsilon = number(expanding, attributes.epsilon);
      const sum = expanding.step("Add", [variance, epsilon], {});
      expanding.output(2, "Reciprocal", [expanding.step("Sqrt", [sum], {})], {});
    }
  }
  return expanding.end("LayerNormalization", inputs, attributes);
}

/** x − mean, and the mean of its squares. */
function momentsOf(expanding: Expanding, x: string, reduce: ReduceAttributes) {
  const centered = expanding.step("Sub", [x, expanding.step("ReduceMean", [x], reduce)], {});
  const square = expanding.step("Mul", [centered, centered], {});
  return { centered, variance: expanding.step("ReduceMean", [square], reduce) };
}

function number(expanding: Expanding, value: number): string {
  return expanding.constant({ type: "float32", shape: [], data: Float32Array.of(value) });
}

/** What ONNX's function adds to the deviation. */
const DEVIATION_MIN = 1e-9;

/** y = (X − mean) / (√variance + 1e-9) over `axes`, without weights. */
export function MeanVarianceNormalization(node: OnnxNode, scope: Scope): Lowered {
  const { length } = scope.shape(node, node.input(0));
  const given = node.ints("axes") ?? [0, 2, 3];
  const axes = given.map((axis) => normalAxis(axis, length)).filter((axis) => axis !== undefined);
  if (axes.length < given.length) throw node.error("attribute-invalid", `axes is [${given}]`);
  const expanding = new Expanding(node, scope);
  const reduce = { axes: [...new Set(axes)].sort((a, b) => a - b), keepDims: true };
  const { centered, variance } = momentsOf(expanding, node.input(0), reduce);
  const deviation = expanding.step("Sqrt", [variance], {});
  const divisor = expanding.step("Add", [deviation, number(expanding, DEVIATION_MIN)], {});
  return expanding.end("Div", [centered, divisor], {});
}
