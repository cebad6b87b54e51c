import type { Dim, NodeOf, Shape } from "../../graph/graph.js";
import { samePads } from "../../graph/ops/padding.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

export type Pair = readonly [number, number];
export type Pads = readonly [number, number, number, number];

/** y = X ∗ W + B over images; auto_pad is resolved here. A signal [N, C, length] is an image of one row. */
export function Conv(node: OnnxNode, scope: Scope): Lowered {
  const window = windowOf(node, scope);
  const { axes, sizes, x, w, ...others } = window;
  const pads = convPads(node, axes, sizes, others);
  return overImages("Conv", node, scope, {
    window,
    channels: w[0]!,
    attributes: { ...others, pads },
  });
}

/** What a convolution of either direction is told. */
export function windowOf(node: OnnxNode, scope: Scope) {
  const x = scope.shape(node, node.input(0));
  const w = scope.shape(node, node.input(1));
  const axes = w.length - 2;
  if (x.length !== w.length || (axes !== 1 && axes !== 2)) {
    const problem = `a ${Math.max(axes, 0)}-D convolution; only 1-D and 2-D are supported yet`;
    throw node.error("op-unsupported", problem);
  }
  const spatial = (shape: readonly unknown[]) =>
    [1, ...shape.slice(2)].slice(-2) as unknown as Pair;
  const kernelShape = pair(node, "kernel_shape", axes, spatial(w));
  const strides = pair(node, "strides", axes, [1, 1]);
  const dilations = pair(node, "dilations", axes, [1, 1]);
  const group = node.int("group", 1);
  if (group < 1) throw node.error("attribute-invalid", `group is ${group}`);
  const layout = "NCHW" as const;
  return { axes, sizes: spatial(x), x, w, kernelShape, strides, dilations, group, layout } as const;
}

export type Window = ReturnType<typeof windowOf>;

/** The node over images; a signal is made one, with its kernel, and its output a signal of so many channels again. */
export function overImages<K extends "Conv" | "ConvTranspose">(
  op: K,
  node: OnnxNode,
  scope: Scope,
  of: { window: Window; channels: Dim; attributes: NodeOf<K>["attributes"] },
): Lowered {
  const { window, channels, attributes } = of;
  const { axes, x, w } = window;
  const bias = node.inputs[2] ?? "";
  const others = bias === "" ? [] : [bias];
  if (axes === 2) return nodeFrom(op, node, [node.input(0), node.input(1), ...others], attributes);
  const expanding = new Expanding(node, scope);
  const reshape = (value: string, shape: Shape) =>
    expanding.step("Reshape", [value], { shape, allowZero: false });
  const image = reshape(node.input(0), [x[0]!, x[1]!, 1, x[2]!]);
  const kernel = reshape(node.input(1), [w[0]!, w[1]!, 1, w[2]!]);
  const y = expanding.step(op, [image, kernel, ...others], attributes);
  return expanding.end("Reshape", [y], { shape: [x[0]!, channels, -1], allowZero: false });
}

/** An attribute with a number for each spatial axis, that of a signal's missing one being 1. */
function pair(node: OnnxNode, name: string, axes: 1 | 2, fallback: Pair): Pair {
  return sides(node, name, axes, 1) ?? fallback;
}

/** The same, undefined where it is not there; no number may be smaller than `min`, which a signal's missing one is. */
export function sides(node: OnnxNode, name: string, axes: 1 | 2, min: 0 | 1): Pair | undefined {
  const values = axisNumbers(node, name, axes, min);
  return values && ([min, ...values].slice(-2) as unknown as Pair);
}

/** An attribute with so many numbers, none below `min`; undefined where it is not there. */
export function axisNumbers(
  node: OnnxNode,
  name: string,
  count: number,
  min: 0 | 1,
): readonly number[] | undefined {
  const values = node.ints(name);
  if (values === undefined || (values.length === count && values.every((value) => value >= min))) {
    return values;
  }
  throw node.error("attribute-invalid", `${name} is [${values}]`);
}

function convPads(
  node: OnnxNode,
  axes: 1 | 2,
  sizes: Pair,
  { kernelShape, strides, dilations }: Pick<Window, "kernelShape" | "strides" | "dilations">,
): Pads {
  const auto = autoPad(node);
  if (auto === "NOTSET") return givenPads(node, axes);
  if (auto === "VALID") return [0, 0, 0, 0];
  const odd = auto === "SAME_UPPER" ? "end" : "begin";
  return samePads(sizes, kernelShape, strides, dilations, odd);
}

const AUTO_PADS = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"] as const;

export function autoPad(node: OnnxNode): (typeof AUTO_PADS)[number] {
  const auto = node.string("auto_pad", "NOTSET");
  const known = AUTO_PADS.find((name) => name === auto);
  if (known === undefined) throw node.error("attribute-invalid", `auto_pad is '${auto}'`);
  return known;
}

/** The pads that the node itself tells. */
export function givenPads(node: OnnxNode, axes: 1 | 2): Pads {
  const pads = axisNumbers(node, "pads", 2 * axes, 0) ?? new Array<number>(2 * axes).fill(0);
  return (axes === 2 ? pads : [0, pads[0], 0, pads[1]]) as unknown as Pads;
}
