import type { Lowered, OnnxNode, Scope } from "../node.js";
import { axisOf } from "./axis-of.js";
import * as constants from "./constants.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** Elements along an axis by number: of a shape, or of a value if the numbers are constant. */
export function Gather(node: OnnxNode, scope: Scope): Lowered {
  if (!constants.isArithmetic(node, scope)) return constants.Gather(node, scope);
  const x = node.input(0);
  const shape = scope.shape(node, x);
  const axis = axisOf(node, node.int("axis", 0), shape);
  const constant = scope.constant(node.input(1));
  if (constant === undefined || constant.type === "float32") {
    throw node.error("op-unsupported", "its indices are not constant, which is not supported yet");
  }
  const size = shape[axis]!;
  const indices = constant.values.map((value) => {
    if (value === "N") throw node.error("op-unsupported", "its index depends on the batch");
    if (size === "N") return value;
    if (value < -size || value >= size) {
      throw node.error("attribute-invalid", `index ${value} into axis ${axis} of ${size} numbers`);
    }
    return value < 0 ? value + size : value;
  });
  if (constant.shape.length === 1) return nodeFrom("Gather", node, [x], { axis, indices });
  const expanding = new Expanding(node, scope);
  const line = expanding.step("Gather", [x], { axis, indices });
  const target = shape.toSpliced(axis, 1, ...constant.shape);
  return expanding.end("Reshape", [line], { shape: target, allowZero: false });
}
