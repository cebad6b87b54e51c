import type { Node } from "../../graph/graph.js";
import { normalAxis } from "../../graph/shape.js";
import type { OnnxNode, Scope } from "../node.js";
import { floats, sizes } from "./constants.js";
import { nodeFrom } from "./node-from.js";

/** More at the ends of the axes, or less where a pad is below 0. Pads and value are inputs since opset 11. */
export function Pad(node: OnnxNode, scope: Scope): Node {
  const x = node.input(0);
  const { length } = scope.shape(node, x);
  const mode = node.choice("mode", ["constant", "reflect", "edge", "wrap"]);
  const early = scope.opset < 11;
  const given = early ? node.ints("pads") : sizes(node, scope, 1, "its pads");
  const axes = namedAxes(node, scope, 3, length);
  if (given?.length !== 2 * axes.length) {
    throw node.error("attribute-invalid", `pads [${given}] of ${axes.length} axes`);
  }
  const pads = Array.from({ length }, (_, axis) => {
    const place = axes.indexOf(axis);
    return place < 0 ? ([0, 0] as const) : ([given[place]!, given[place + axes.length]!] as const);
  });
  const [number] = early ? [node.float("value", 0)] : (floats(node, scope, 2, "its value") ?? [0]);
  const value = mode === "constant" ? number! : 0;
  return nodeFrom("Pad", node, [x], { mode, pads, value });
}

/** Which axes are meant: an input since opset 18 that may be left out, which means all of them. */
function namedAxes(node: OnnxNode, scope: Scope, index: number, rank: number): readonly number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if ((node.inputs[index] ?? "") === "") return all;
  return distinctAxes(node, sizes(node, scope, index, "its axes"), rank);
}

/** Axes from the front, which must all be there and differ. */
export function distinctAxes(
  node: OnnxNode,
  given: readonly number[],
  rank: number,
): readonly number[] {
  const axes = given.map((axis) => normalAxis(axis, rank));
  if (!axes.includes(undefined) && new Set(axes).size === axes.length) return axes as number[];
  throw node.error("attribute-invalid", `axes [${given}] of an input of ${rank} axes`);
}
