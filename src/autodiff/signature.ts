import * as opcodes from "../../assembly/abi/opcodes.js";

// The signature that an opcode's word carries (assembly/abi/opcodes.ts).

const names = new Map(Object.entries(opcodes).map(([name, word]) => [word as number, name]));

export function opcodeName(opcode: number): string {
  return names.get(opcode) ?? `opcode ${opcode >>> 0}`;
}

export function operandCount(opcode: number): number {
  return (opcode >>> 8) & 15;
}

export function attributeCount(opcode: number): number {
  return (opcode >>> 12) & 15;
}

export function isWritten(opcode: number, operand: number): boolean {
  return ((opcode >>> (16 + operand)) & 1) === 1;
}

/** Whether the operand may lie exactly where the first written one lies. */
export function mayAlias(opcode: number, operand: number): boolean {
  return operand < 8 && ((opcode >>> (24 + operand)) & 1) === 1;
}

/** Index of the first written operand, or -1. */
export function firstWritten(opcode: number): number {
  for (let i = 0; i < operandCount(opcode); i++) if (isWritten(opcode, i)) return i;
  return -1;
}
