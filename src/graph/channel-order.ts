import type { ChannelOrder } from "../data/images/form.js";
import type { Graph } from "./graph.js";
import { inferShapes } from "./infer.js";
import { isBinary, isUnary } from "./ops/families.js";
import { rowShape } from "./shape.js";

const TO_FIRST = "0,3,1,2";
/** What leaves each axis in its place, beside ops of elements. */
const FOLLOWERS = new Set<string>([
  ...["AveragePool", "BatchNormalization", "Dropout", "GroupNormalization", "Identity"],
  ...["LayerNormalization", "MaxPool", "Pad", "Reshape", "Resize"],
]);

/**
 * Where the graph's first image op finds the channels of a row of the input: first, or last where a Transpose
 * turns them, as exporters of networks that have them last write it. Undefined where that cannot be told.
 */
export function channelOrder(graph: Graph): ChannelOrder | undefined {
  const [input] = graph.inputs;
  if (!input) return undefined;
  const row = rowShape(input.shape);
  const shapes = inferShapes(graph);
  /** Values whose axes lie as those of the input. */
  const same = new Set([input.name]);
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => same.has(name))) continue;
    const rank = shapes.get(node.inputs[0]!)?.shape.length;
    if (node.op === "Transpose" && node.attributes.perm.join() === TO_FIRST) return "last";
    if ((node.op === "Conv" || node.op === "ConvTranspose") && rank === 4) {
      const channels = shapes.get(node.inputs[0]!)!.shape[1];
      return channels === row[0] ? "first" : undefined;
    }
    if (isUnary(node) || isBinary(node) || FOLLOWERS.has(node.op)) same.add(node.outputs[0]!);
  }
  return undefined;
}
