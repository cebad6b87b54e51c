import * as kinds from "../../../assembly/abi/functions.js";
import { UNARY } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { sameShape } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { binary } from "./binary.js";
import { binaryOf, emitBinary, type Operand, operandOf, scaled } from "./broadcast.js";
import type { Rule } from "./rule.js";

/** Whole exponents up to it are multiplied out. */
const MULTIPLIED_MAX = 8;

/**
 * y = pᑫ. Where the exponent is one constant number, whole and small or ±½, by multiplications and roots; dx =
 * n·xⁿ⁻¹·dy likewise. Else by exp and log.
 */
export const pow: Rule<"Pow"> = {
  forward(node, b) {
    const [x, out] = [operandOf(b, node.inputs[0]!), node.outputs[0]!];
    const exponent = exponentOf(node, b);
    if (exponent !== undefined && isExact(exponent)) {
      b.bind(out, exactPower(b, x, exponent, out).tensor);
    } else {
      binary.forward(node, b);
    }
  },
  backward(node, b) {
    const x = node.inputs[0]!;
    const exponent = exponentOf(node, b);
    const below = exponent === undefined ? 0 : exponent - 1;
    // Of x⁰ the slope is 0 everywhere; 0·x⁻¹ would be none at 0.
    if (!exponent || !isExact(below)) {
      binary.backward(node, b);
      return;
    }
    if (!b.needsGradient(x)) return;
    const shape = b.shapeOf(x);
    const dy = { tensor: b.gradientOf(node.outputs[0]!), shape };
    const power = exactPower(b, operandOf(b, x), below, `slope of ${node.outputs[0]}`);
    const slope = binaryOf(b, kinds.BINARY_MUL, dy, power);
    b.contribute(x, scaled(b, slope.tensor, exponent));
  },
};

/** The exponent if it is one number that no training changes, and does not broadcast the base. */
function exponentOf(node: NodeOf<"Pow">, b: ProcedureBuilder): number | undefined {
  const [base, exponent] = node.inputs as [string, string];
  const { data, state } = b.tensorOf(exponent);
  const isConstant = data?.length === 1 && state === undefined;
  return isConstant && sameShape(b.shapeOf(base), b.shapeOf(node.outputs[0]!))
    ? data[0]
    : undefined;
}

function isExact(exponent: number): boolean {
  const size = Math.abs(exponent);
  return size === 0.5 || (Number.isInteger(size) && size >= 1 && size <= MULTIPLIED_MAX);
}

/** xⁿ for an exact n, in a tensor of this name; x itself for n = 1. */
function exactPower(b: ProcedureBuilder, x: Operand, n: number, name: string): Operand {
  if (n === 1) return x;
  const part = (m: number) => exactPower(b, x, m, `${name} (part)`);
  const y: Operand = { tensor: b.temporary(name, "activations", x.tensor), shape: x.shape };
  const emitUnary = (kind: number, of: Operand) =>
    b.emit(UNARY, [of.tensor, y.tensor], [kind, 0, 0, 0]);
  if (n < 0) {
    emitUnary(kinds.UNARY_RECIPROCAL, part(-n));
  } else if (n === 0.5) {
    emitUnary(kinds.UNARY_SQRT, x);
  } else if (n % 2 === 0) {
    const half = part(n / 2);
    emitBinary(b, kinds.BINARY_MUL, half, half, y);
  } else {
    emitBinary(b, kinds.BINARY_MUL, part(n - 1), x, y);
  }
  return y;
}
