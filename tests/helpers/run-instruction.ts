import { Core } from "../../src/runtime/core.js";
import type { Flavour } from "../../src/runtime/flavour.js";
import { type OperandSpec, singleInstruction } from "./single-instruction.js";

/** The last operand after one instruction in a core. */
export function runInstruction(
  flavour: Flavour,
  opcode: number,
  operands: readonly OperandSpec[],
  attributes: readonly number[] = [],
): number[] {
  const { bytes, operands: placed } = singleInstruction(opcode, operands, attributes);
  const core = Core.load(bytes, flavour);
  core.execute(0, 1);
  const { offset, elements } = placed.at(-1)!;
  return [...core.floats(offset, elements)];
}

/** An operand with this content. */
export const given = (data: Float32Array): OperandSpec => ({ c0: data.length, data });

/** 0 … n − 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
