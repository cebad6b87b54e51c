import type { ReduceAttributes } from "../../graph/graph.js";
import type { ReduceOp } from "../../graph/ops/families.js";
import { formatShape, normalAxis } from "../../graph/shape.js";
import type { Converter, Expansion, Lowered, OnnxNode, Scope } from "../node.js";
import { sizes } from "./constants.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** ReduceSum takes its axes as an input since opset 13, the others since 18. */
const AXES_INPUT = { ReduceSum: 13, others: 18 } as const;

/** Σ, the largest … along axes; nothing is reduced if there are no axes and the node says so. */
function reduce(
  convert: (node: OnnxNode, scope: Scope, a: ReduceAttributes) => Lowered,
): Converter {
  return (node, scope) => {
    const attributes = readAttributes(node, scope);
    return attributes === undefined
      ? nodeFrom("Identity", node, [node.input(0)], {})
      : convert(node, scope, attributes);
  };
}

const plain = (op: ReduceOp) =>
  reduce((node, _, attributes) => nodeFrom(op, node, [node.input(0)], attributes));

/** With an op before and one after the sum. */
function sumOf(before: (x: string, e: Expanding) => string, after?: "Sqrt" | "Log"): Converter {
  return reduce((node, scope, attributes) => {
    const expanding = new Expanding(node, scope);
    const terms = before(node.input(0), expanding);
    if (after === undefined) return expanding.end("ReduceSum", [terms], attributes);
    return expanding.end(after, [expanding.step("ReduceSum", [terms], attributes)], {});
  });
}

const squares = (x: string, expanding: Expanding) => expanding.step("Mul", [x, x], {});

export const reductions: Readonly<Record<string, Converter>> = {
  ReduceL1: sumOf((x, expanding) => expanding.step("Abs", [x], {})),
  ReduceL2: sumOf(squares, "Sqrt"),
  ReduceLogSum: sumOf((x) => x, "Log"),
  ReduceLogSumExp: reduce(logSumExp),
  ReduceMax: plain("ReduceMax"),
  ReduceMean: plain("ReduceMean"),
  ReduceMin: plain("ReduceMin"),
  ReduceSum: plain("ReduceSum"),
  ReduceSumSquare: sumOf(squares),
};

/** y = m + log Σ e^(x − m), m the largest x: no power overflows. */
function logSumExp(node: OnnxNode, scope: Scope, { axes, keepDims }: ReduceAttributes): Expansion {
  const expanding = new Expanding(node, scope);
  const x = node.input(0);
  const largest = expanding.step("ReduceMax", [x], { axes, keepDims: true });
  const powers = expanding.step("Exp", [expanding.step("Sub", [x, largest], {})], {});
  const sum = expanding.step("ReduceSum", [powers], { axes, keepDims });
  const log = expanding.step("Log", [sum], {});
  // Of size 1 in the axes that were reduced, or without them.
  const again = keepDims ? largest : expanding.step("ReduceSum", [largest], { axes, keepDims });
  return expanding.end("Add", [log, again], {});
}

/** Undefined if nothing is to be reduced. */
function readAttributes(node: OnnxNode, scope: Scope): ReduceAttributes | undefined {
  const { length } = scope.shape(node, node.input(0));
  const keepDims = node.int("keepdims", 1) !== 0;
  const given = givenAxes(node, scope);
  if (given.length === 0) {
    if (node.int("noop_with_empty_axes", 0) !== 0) return undefined;
    return { axes: Array.from({ length }, (_, axis) => axis), keepDims };
  }
  const axes = given.map((axis) => {
    const normal = normalAxis(axis, length);
    if (normal !== undefined) return normal;
    const shape = scope.shape(node, node.input(0));
    throw node.error(
      "attribute-invalid",
      `axis ${axis} of an input of shape ${formatShape(shape)}`,
    );
  });
  return { axes: [...new Set(axes)].sort((a, b) => a - b), keepDims };
}

function givenAxes(node: OnnxNode, scope: Scope): readonly number[] {
  const since = node.op === "ReduceSum" ? AXES_INPUT.ReduceSum : AXES_INPUT.others;
  if (scope.opset < since) return node.ints("axes") ?? [];
  return (node.inputs[1] ?? "") === "" ? [] : sizes(node, scope, 1, "axes");
}
