import type { BinaryOp } from "../../graph/ops/families.js";
import { secondOperand } from "../early-opsets.js";
import type { Converter, Lowered, OnnxNode, Scope } from "../node.js";
import { type IntConstant, saturated } from "../tensor.js";
import { asFloats, sizes } from "./constants.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** y = f(a, b); of whole numbers that are known now, what that is. */
const two = (op: BinaryOp) => (node: OnnxNode, scope: Scope) => {
  const known = wholeNumbers(node, scope);
  if (known) return known;
  const expanding = new Expanding(node, scope);
  return expanding.end(op, [node.input(0), secondOperand(node, scope, expanding)], {});
};

/** y = f(f(a, b), c) …, of any number of inputs; one input alone is y. */
const many = (op: BinaryOp) => (node: OnnxNode, scope: Scope) => {
  const expanding = new Expanding(node, scope);
  const [before, last] = chained(node, op, expanding);
  return last === undefined
    ? nodeFrom("Identity", node, [before], {})
    : expanding.end(op, [before, last], {});
};

export const binary: Readonly<Record<string, Converter>> = {
  Add: two("Add"),
  Div: two("Div"),
  Max: many("Max"),
  Mean,
  Min: many("Min"),
  Mul: two("Mul"),
  PRelu: two("PRelu"),
  Pow,
  Sub: two("Sub"),
  Sum: many("Add"),
};

/** Shape arithmetic, as in x.view(-1, x.size(1) * x.size(2)): numbers, or a number and a vector. */
const arithmetic: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ["Add", (a, b) => a + b],
  ["Div", (a, b) => Math.trunc(a / b)],
  ["Mul", (a, b) => a * b],
  ["Sub", (a, b) => a - b],
]);

function wholeNumbers(node: OnnxNode, scope: Scope): IntConstant | undefined {
  const of = arithmetic.get(node.op);
  const [a, b] = [scope.constant(node.input(0)), scope.constant(node.input(1))];
  if (!of || !a || !b || a.type === "float32" || b.type === "float32") return undefined;
  const [p, q] = [sizes(node, scope, 0, "a factor"), sizes(node, scope, 1, "a factor")];
  if (p.length !== q.length && p.length !== 1 && q.length !== 1) return undefined;
  const isFirst = p.length === q.length ? a.shape.length > b.shape.length : p.length > q.length;
  const shape = isFirst ? a.shape : b.shape;
  const values = Array.from({ length: Math.max(p.length, q.length) }, (_, i) =>
    saturated(of(p[i % p.length]!, q[i % q.length]!)),
  );
  return { type: "int32", shape, values };
}

/** All inputs but the last joined to one value, and the last. */
function chained(node: OnnxNode, op: BinaryOp, expanding: Expanding) {
  const [first, ...others] = node.inputs.map((_, i) => node.input(i));
  if (first === undefined) throw node.error("input-missing", "it has no input");
  const last = others.pop();
  const before = others.reduce((value, next) => expanding.step(op, [value, next], {}), first);
  return [before, last] as const;
}

/** y = (a + b + …) / how many there are */
function Mean(node: OnnxNode, scope: Scope): Lowered {
  const expanding = new Expanding(node, scope);
  const [before, last] = chained(node, "Add", expanding);
  if (last === undefined) return nodeFrom("Identity", node, [before], {});
  const sum = expanding.step("Add", [before, last], {});
  const data = Float32Array.of(1 / node.inputs.length);
  return expanding.end("Mul", [sum, expanding.constant({ type: "float32", shape: [], data })], {});
}

/** y = aᵇ. The exponent may be of whole numbers. */
function Pow(node: OnnxNode, scope: Scope): Lowered {
  const [base, exponent] = [node.input(0), node.input(1)];
  const expanding = new Expanding(node, scope);
  const constant = scope.constant(exponent);
  if (constant === undefined || constant.type === "float32") {
    return expanding.end("Pow", [base, secondOperand(node, scope, expanding)], {});
  }
  const floats = asFloats(constant);
  if (floats === undefined) throw node.error("op-unsupported", "its exponent is no float32");
  return expanding.end("Pow", [base, expanding.constant(floats)], {});
}
