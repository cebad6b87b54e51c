import type { Node } from "../../graph/graph.js";
import { samePads } from "../../graph/ops/padding.js";
import type { OnnxNode, Scope } from "../node.js";
import { nodeFrom } from "./node-from.js";

type Pair = readonly [number, number];
type Pads = readonly [number, number, number, number];

/** y = X ∗ W + B over images; auto_pad is resolved here. */
export function Conv(node: OnnxNode, scope: Scope): Node {
  const x = scope.shape(node, node.input(0));
  const w = scope.shape(node, node.input(1));
  if (x.length !== 4 || w.length !== 4) {
    const rank = Math.max(w.length - 2, 0);
    throw node.error("op-unsupported", `a ${rank}-D convolution; only 2-D is supported yet`);
  }
  const kernelShape = pair(node, "kernel_shape", w.slice(2) as unknown as Pair);
  const strides = pair(node, "strides", [1, 1]);
  const dilations = pair(node, "dilations", [1, 1]);
  const group = node.int("group", 1);
  if (group < 1) throw node.error("attribute-invalid", `group is ${group}`);
  const inputs = [node.input(0), node.input(1)];
  const bias = node.inputs[2] ?? "";
  if (bias !== "") inputs.push(bias);
  const pads = convPads(node, x.slice(2) as unknown as Pair, kernelShape, strides, dilations);
  const layout = "NCHW";
  return nodeFrom("Conv", node, inputs, { kernelShape, strides, pads, dilations, group, layout });
}

function pair(node: OnnxNode, name: string, fallback: Pair): Pair {
  const values = node.ints(name) ?? fallback;
  const [first, second] = values;
  if (values.length !== 2 || !(first! > 0) || !(second! > 0)) {
    throw node.error("attribute-invalid", `${name} is [${values}]`);
  }
  return [first!, second!];
}

function convPads(node: OnnxNode, sizes: Pair, kernel: Pair, strides: Pair, dilations: Pair): Pads {
  const auto = node.string("auto_pad", "NOTSET");
  switch (auto) {
    case "NOTSET": {
      const pads = node.ints("pads") ?? [0, 0, 0, 0];
      if (pads.length !== 4 || pads.some((pad) => pad < 0)) {
        throw node.error("attribute-invalid", `pads is [${pads}]`);
      }
      return pads as unknown as Pads;
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
 * since) is the same node here: `--bn` says how it trains.
 */
export function BatchNormalization(node: OnnxNode): Node {
  const inputs = [0, 1, 2, 3, 4].map((index) => node.input(index));
  const epsilon = node.float("epsilon", 1e-5);
  const momentum = node.float("momentum", 0.9);
  if (!(epsilon > 0)) throw node.error("attribute-invalid", `epsilon is ${epsilon}`);
  return nodeFrom("BatchNormalization", node, inputs, { epsilon, momentum, layout: "NCHW" });
}
