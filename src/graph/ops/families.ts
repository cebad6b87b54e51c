import type { Node, NodeOf } from "../graph.js";

// Ops that differ in nothing but their function: passes treat each family as one.

/** y = f(x) element by element. */
export const UNARY_OPS = [
  "Abs",
  "Celu",
  "Clip",
  "Elu",
  "Erf",
  "Exp",
  "Gelu",
  "HardSigmoid",
  "HardSwish",
  "LeakyRelu",
  "Log",
  "Mish",
  "Neg",
  "Reciprocal",
  "Relu",
  "Selu",
  "Sigmoid",
  "Softplus",
  "Softsign",
  "Sqrt",
  "Swish",
  "Tanh",
  "ThresholdedRelu",
] as const;
export type UnaryOp = (typeof UNARY_OPS)[number];

/** y = f(a, b), broadcast as NumPy does. */
export const BINARY_OPS = ["Add", "Div", "Max", "Min", "Mul", "PRelu", "Pow", "Sub"] as const;
export type BinaryOp = (typeof BINARY_OPS)[number];

/** One value for all elements along some axes. */
export const REDUCE_OPS = ["ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"] as const;
export type ReduceOp = (typeof REDUCE_OPS)[number];

const unary: ReadonlySet<string> = new Set(UNARY_OPS);
const binary: ReadonlySet<string> = new Set(BINARY_OPS);
const reduce: ReadonlySet<string> = new Set(REDUCE_OPS);

export function isUnary(node: Node): node is NodeOf<UnaryOp> & Node {
  return unary.has(node.op);
}

export function isBinary(node: Node): node is NodeOf<BinaryOp> & Node {
  return binary.has(node.op);
}

export function isReduce(node: Node): node is NodeOf<ReduceOp> & Node {
  return reduce.has(node.op);
}

/** The same rule for each op of a family. */
export function forAll<K extends string, T>(ops: readonly K[], rule: T): { readonly [P in K]: T } {
  return Object.fromEntries(ops.map((op) => [op, rule])) as { [P in K]: T };
}
