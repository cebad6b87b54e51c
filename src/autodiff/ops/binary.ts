import * as kinds from "../../../assembly/abi/functions.js";
import { UNARY } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import type { BinaryOp } from "../../graph/ops/families.js";
import { sameShape } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { floatBits, type Tensor } from "../training-graph.js";
import {
  binaryOf,
  emitBinary,
  emitBroadcastSum,
  type Operand,
  operandOf,
  scaled,
} from "./broadcast.js";
import type { Rule } from "./rule.js";

/** A node's operands and its result's gradient. */
interface Operands {
  readonly p: Operand;
  readonly q: Operand;
  readonly y: Operand;
  readonly dy: Operand;
}

/** An operand's gradient before it is summed over the axes along which it was broadcast, and what it is times. */
type Share = (b: ProcedureBuilder, operands: Operands) => readonly [share: Operand, factor: number];

const { BINARY_DIV, BINARY_LESS, BINARY_MUL } = kinds;

const whole: Share = (_, { dy }) => [dy, 1];
const negative: Share = (_, { dy }) => [dy, -1];

/** dy times what the operands give. */
function times(gate: (b: ProcedureBuilder, operands: Operands) => Operand): Share {
  return (b, operands) => [binaryOf(b, BINARY_MUL, operands.dy, gate(b, operands)), 1];
}

/** min(x, 0) */
function negativePart(b: ProcedureBuilder, { tensor, shape }: Operand): Operand {
  const part = b.temporary(`${tensor.name} (negative)`, "gradients", tensor);
  const bounds = [floatBits(Number.NEGATIVE_INFINITY), floatBits(0), 0];
  b.emit(UNARY, [tensor, part], [kinds.UNARY_CLIP, ...bounds]);
  return { tensor: part, shape };
}

const pIsLess = times((b, { p, q }) => binaryOf(b, BINARY_LESS, p, q));
const qIsLess = times((b, { p, q }) => binaryOf(b, BINARY_LESS, q, p));

/** By op its kind, and each operand's share of dy. Ties of Min and Max are halved, as in PyTorch. */
const functions: { readonly [K in BinaryOp]: readonly [kind: number, p: Share, q: Share] } = {
  Add: [kinds.BINARY_ADD, whole, whole],
  Div: [
    BINARY_DIV,
    (b, { q, dy }) => [binaryOf(b, BINARY_DIV, dy, q), 1],
    // −dy·y/q
    (b, { q, y, dy }) => [binaryOf(b, BINARY_MUL, dy, binaryOf(b, BINARY_DIV, y, q)), -1],
  ],
  Max: [kinds.BINARY_MAX, qIsLess, pIsLess],
  Min: [kinds.BINARY_MIN, pIsLess, qIsLess],
  Mul: [BINARY_MUL, times((_, { q }) => q), times((_, { p }) => p)],
  PRelu: [
    kinds.BINARY_PRELU,
    times((b, { p, q }) => binaryOf(b, kinds.BINARY_PRELU_SLOPE, p, q)),
    times((b, { p }) => negativePart(b, p)),
  ],
  Pow: [
    kinds.BINARY_POW,
    times((b, { p, q }) => binaryOf(b, kinds.BINARY_POW_SLOPE, p, q)),
    times((b, { p, y }) => binaryOf(b, kinds.BINARY_TIMES_LOG, y, p)),
  ],
  Sub: [kinds.BINARY_SUB, whole, negative],
};

/** y = f(p, q), broadcast as in ONNX. */
export const binary: Rule<BinaryOp> = {
  forward(node, b) {
    const [p, q] = [operandOf(b, node.inputs[0]!), operandOf(b, node.inputs[1]!)];
    const out = node.outputs[0]!;
    emitBinary(b, functions[node.op][0], p, q, { tensor: b.define(out), shape: b.shapeOf(out) });
  },
  backward(node, b) {
    const [, ofP, ofQ] = functions[node.op];
    for (const [k, share] of [ofP, ofQ].entries()) {
      const input = node.inputs[k]!;
      if (b.needsGradient(input)) b.contribute(input, gradientOf(node, b, input, share));
    }
  },
};

function gradientOf(
  node: NodeOf<BinaryOp>,
  b: ProcedureBuilder,
  input: string,
  share: Share,
): Tensor {
  const [first, second] = node.inputs as [string, string];
  const out = node.outputs[0]!;
  const [p, q, y] = [operandOf(b, first), operandOf(b, second), operandOf(b, out)];
  const dy = { tensor: b.gradientOf(out), shape: y.shape };
  const [whole, factor] = share(b, { p, q, y, dy });
  if (sameShape(b.shapeOf(input), y.shape)) return scaled(b, whole.tensor, factor);
  const sum = b.newGradient(input);
  emitBroadcastSum(b, whole, { tensor: sum, shape: b.shapeOf(input) });
  return scaled(b, sum, factor);
}
