import { INSTRUCTION_OPERANDS } from "../abi/program";
import { SESSION_BATCH, SESSION_OPERANDS } from "../abi/session";
import { Ptr } from "../base/ptr";
import { SESSION, sessionGet } from "./session";
import { tensorElementsAt, tensorPtr } from "./tensor";

// An instruction is read where it lies in the program: [opcode, work, operands…, attributes…]. The
// opcode word itself tells the counts and masks (abi/opcodes.ts).

/** What the mask of written operands has bits for. */
const OPERANDS_MOST: u32 = 8;

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

/**
 * Looks up the operands of the instruction that is checked or executed next. Once for all, because each use in
 * an op would be code of its own.
 */
export function operandsResolve(at: Ptr): void {
  // A word that is no opcode may tell of more.
  const count = min<u32>(opcodeOperands(instructionOpcode(at)), OPERANDS_MOST);
  const batch = sessionGet(SESSION_BATCH);
  for (let k: u32 = 0; k < count; ++k) {
    const slot = SESSION + (k << 3);
    const id = operandId(at, k);
    store<u32>(slot, <u32>inline.always(tensorPtr(id)), SESSION_OPERANDS);
    store<u32>(slot, inline.always(tensorElementsAt(id, batch)), SESSION_OPERANDS + 4);
  }
}

/** Address of operand k of the instruction at work. */
export function operand(k: u32): Ptr {
  return load<u32>(SESSION + (k << 3), SESSION_OPERANDS);
}

/** Elements of operand k of the instruction at work, at the running batch. */
export function elements(k: u32): u32 {
  return load<u32>(SESSION + (k << 3), SESSION_OPERANDS + 4);
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
