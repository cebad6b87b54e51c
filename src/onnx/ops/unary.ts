import type { NodeOf } from "../../graph/graph.js";
import type { UnaryOp } from "../../graph/ops/families.js";
import type { Converter, OnnxNode, Scope } from "../node.js";
import { nodeFrom } from "./node-from.js";

/** ONNX has Swish since opset 24; exporters write Sigmoid and Mul. Neg is of whole numbers too: constants.ts. */
type OnnxUnary = Exclude<UnaryOp, "Neg" | "Swish">;
type Reader<K extends UnaryOp> = (node: OnnxNode, scope: Scope) => NodeOf<K>["attributes"];

const none = () => ({});
const alpha = (fallback: number) => (node: OnnxNode) => ({ alpha: node.float("alpha", fallback) });

/** How each op's attributes are read, with ONNX's defaults. */
const readers: { readonly [K in OnnxUnary]: Reader<K> } = {
  Abs: none,
  Celu: (node) => ({ alpha: positive(node, "alpha", 1) }),
  Clip: clipBounds,
  Elu: (node) => ({ alpha: positive(node, "alpha", 1) }),
  Erf: none,
  Exp: none,
  Gelu: (node) => ({ approximate: geluForm(node) }),
  HardSigmoid: (node) => ({ alpha: node.float("alpha", 0.2), beta: node.float("beta", 0.5) }),
  HardSwish: none,
  LeakyRelu: alpha(0.01),
  Log: none,
  Mish: none,
  Reciprocal: none,
  Relu: none,
  Selu: (node) => ({
    alpha: positive(node, "alpha", 1.6732631921768188),
    gamma: positive(node, "gamma", 1.0507010221481323),
  }),
  Sigmoid: none,
  Softplus: none,
  Softsign: none,
  Sqrt: none,
  Tanh: none,
  ThresholdedRelu: alpha(1),
};

/** y = f(x) */
export const unary: Readonly<Record<string, Converter>> = Object.fromEntries(
  Object.entries(readers).map(([op, read]): [string, Converter] => [
    op,
    (node, scope) => nodeFrom(op as OnnxUnary, node, [node.input(0)], read(node, scope)),
  ]),
);

/** A factor whose sign the gradient relies on. */
function positive(node: OnnxNode, name: string, fallback: number): number {
  const value = node.float(name, fallback);
  if (value > 0) return value;
  throw node.error("op-unsupported", `${name} is ${value}, and only one above 0 is supported`);
}

function geluForm(node: OnnxNode): "none" | "tanh" {
  const form = node.string("approximate", "none");
  if (form === "none" || form === "tanh") return form;
  throw node.error("attribute-invalid", `approximate is '${form}'`);
}

/** Attributes before opset 11, constant inputs since; either may be left out. */
function clipBounds(node: OnnxNode, scope: Scope): { min: number; max: number } {
  const [lowest, highest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (scope.opset >= 11)
    return { min: bound(node, scope, 1, lowest), max: bound(node, scope, 2, highest) };
  return {
    min: node.has("min") ? node.float("min", 0) : lowest,
    max: node.has("max") ? node.float("max", 0) : highest,
  };
}

function bound(node: OnnxNode, scope: Scope, index: number, fallback: number): number {
  const name = node.inputs[index] ?? "";
  if (name === "") return fallback;
  const constant = scope.constant(name);
  const value = constant?.type === "float32" ? constant.data[0] : undefined;
  if (value !== undefined && !Number.isNaN(value)) return value;
  throw node.error("op-unsupported", `its bound '${name}' is not a constant number`);
}
