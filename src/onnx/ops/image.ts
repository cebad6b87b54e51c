import type { Shape } from "../../graph/graph.js";
import { samePads } from "../../graph/ops/padding.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

type Pair = readonly [number, number];
type Pads = readonly [number, number, number, number];

/** y = X ∗ W + B over images; auto_pad is resolved here. A signal [N, C, length] is an image of one row. */
export function Conv(node: OnnxNode, scope: Scope): Lowered {
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
  const bias = node.inputs[2] ?? "";
  const pads = convPads(node, axes, spatial(x), kernelShape, strides, dilations);
  const layout = "NCHW";
  const attributes = { kernelShape, strides, pads, dilations, group, layout } as const;
  const others = bias === "" ? [] : [bias];
  if (axes === 2) {
    return nodeFrom("Conv", node, [node.input(0), node.input(1), ...others], attributes);
  }
  const expanding = new Expanding(node, scope);
  const reshape = (value: string, shape: Shape) =>
    expanding.step("Reshape", [value], { shape, allowZero: false });
  const image = reshape(node.input(0), [x[0]!, x[1]!, 1, x[2]!]);
  const kernel = reshape(node.input(1), [w[0]!, w[1]!, 1, w[2]!]);
  const y = expanding.step("Conv", [image, kernel, ...others], attributes);
  return expanding.end("Reshape", [y], { shape: [x[0]!, w[0]!, -1], allowZero: false });
}

/** An attribute with a number for each spatial axis, that of a signal's missing one being 1. */
function pair(node: OnnxNode, name: string, axes: 1 | 2, fallback: Pair): Pair {
  const values = node.ints(name);
  if (values === undefined) return fallback;
  if (values.length !== axes || values.some((value) => !(value > 0))) {
    throw node.error("attribute-invalid", `${name} is [${values}]`);
  }
  return [1, ...values].slice(-2) as unknown as Pair;
}

function convPads(
  node: OnnxNode,
  axes: 1 | 2,
  sizes: Pair,
  kernel: Pair,
  strides: Pair,
  dilations: Pair,
): Pads {
  const auto = node.string("auto_pad", "NOTSET");
  switch (auto) {
    case "NOTSET": {
      const pads = node.ints("pads") ?? new Array<number>(2 * axes).fill(0);
      if (pads.length !== 2 * axes || pads.some((pad) => pad < 0)) {
        throw node.error("attribute-invalid", `pads is [${pads}]`);
      }
      return (axes === 2 ? pads : [0, pads[0], 0, pads[1]]) as unknown as Pads;
    }
    case "VALID":
      return [0, 0, 0, 0];
    case "SAME_UPPER":
      return samePads(sizes, kernel, strides, dilations, "end");
    case "SAME_LOWER":
      return samePads(sizes, kernel, strides, dilations, "begin");
    default:
      throw node.error("attribute-invalid", `auto_pad is '${auto}'`);
  }
}

/**
 * y = (X − mean) / √(var + epsilon)·scale + B. The training form (five outputs before opset 14, training_mode
 * since) is the same node here: `--bn` says how it trains. Signals and volumes are images of one row.
 */
export function BatchNormalization(node: OnnxNode, scope: Scope): Lowered {
  const others = [1, 2, 3, 4].map((index) => node.input(index));
  const epsilon = node.float("epsilon", 1e-5);
  const momentum = node.float("momentum", 0.9);
  if (!(epsilon > 0)) throw node.error("attribute-invalid", `epsilon is ${epsilon}`);
  const attributes = { epsilon, momentum, layout: "NCHW" } as const;
  const shape = scope.shape(node, node.input(0));
  if (shape.length < 3 || shape.length === 4) {
    return nodeFrom("BatchNormalization", node, [node.input(0), ...others], attributes);
  }
  const expanding = new Expanding(node, scope);
  const image = { shape: [shape[0]!, shape[1]!, 1, -1], allowZero: false };
  const x = expanding.step("Reshape", [node.input(0)], image);
  const y = expanding.step("BatchNormalization", [x, ...others], attributes);
  return expanding.end("Reshape", [y], { shape, allowZero: false });
}
