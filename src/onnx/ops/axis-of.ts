import type { Shape } from "../../graph/graph.js";
import { formatShape, normalAxis } from "../../graph/shape.js";
import type { OnnxNode } from "../node.js";

/** An axis from the front, which the shape must have. */
export function axisOf(node: OnnxNode, axis: number, shape: Shape): number {
  const normal = normalAxis(axis, shape.length);
  if (normal !== undefined) return normal;
  const problem = `axis ${axis} of an input of shape ${formatShape(shape)}`;
  throw node.error("attribute-invalid", problem);
}
