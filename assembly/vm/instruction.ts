import { INSTRUCTION_OPERANDS } from "../abi/program";
import { Ptr } from "../base/ptr";
import { tensorElements, tensorPtr } from "./tensor";

// An instruction is read where it lies in the program: [opcode, work, operands…, attributes…]. The
// opcode word itself tells the counts and masks (abi/opcodes.ts).

export function opcodeOperands(opcode: u32): u32 {
  return (opcode >> 8) & 15;
}

function opcodeAttributes(opcode: u32): u32 {
  return (opcode >> 12) & 15;
}

export function opcodeWrites(opcode: u32): u32 {
  return (opcode >> 16) & 255;
}

export function opcodeInPlace(opcode: u32): u32 {
  return opcode >> 24;
}

export function instructionOpcode(at: Ptr): u32 {
  return load<u32>(at);
}

export function instructionBytes(opcode: u32): u32 {
  return INSTRUCTION_OPERANDS + ((opcodeOperands(opcode) + opcodeAttributes(opcode)) << 2);
}

/** Tensor id of operand k. */
export function operandId(at: Ptr, k: u32): u32 {
  return load<u32>(at + (k << 2), INSTRUCTION_OPERANDS);
}

/** Address of operand k. */
export function operand(at: Ptr, k: u32): Ptr {
  return tensorPtr(operandId(at, k));
}

/** Elements of operand k at the running batch. */
export function elements(at: Ptr, k: u32): u32 {
  return tensorElements(operandId(at, k));
}

/** Attribute k as a u32. */
export function attribute(at: Ptr, k: u32): u32 {
  return load<u32>(attributes(at) + (k << 2));
}

/** Attribute k as an f32. */
export function attributeF32(at: Ptr, k: u32): f32 {
  return load<f32>(attributes(at) + (k << 2));
}

/** Address of the first attribute. */
export function attributes(at: Ptr): Ptr {
  return at + INSTRUCTION_OPERANDS + (opcodeOperands(load<u32>(at)) << 2);
}
