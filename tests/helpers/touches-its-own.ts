import { expect } from "vitest";
import { HEADER_RESIDENT_BYTES } from "../../assembly/abi/program.js";
import { isWritten } from "../../src/autodiff/signature.js";
import type { GuardedCore } from "./guarded-core.js";
import type { SingleInstruction } from "./single-instruction.js";

const GUARD = 0xa5;
const BYTES = 4;

/** Runs the instruction if it is accepted, and expects what it writes alone to have changed. @returns whether it was */
export function touchesItsOwn(
  core: GuardedCore,
  opcode: number,
  program: SingleInstruction,
): boolean {
  const outcome = core.runAll(program.bytes, GUARD);
  if (!outcome.accepted) return false;
  const written = program.operands.filter((_, k) => isWritten(opcode, k));
  // All that the file holds, operands included, stays as it was but for what is written, padding included.
  const resident = new DataView(program.bytes.buffer).getUint32(HEADER_RESIDENT_BYTES, true);
  const expected = program.bytes.slice(0, resident);
  for (const { offset, elements } of written) {
    const end = Math.min(resident, offset + Math.ceil((elements * BYTES) / 16) * 16);
    if (offset < end) expected.set(outcome.arena.subarray(offset, end), offset);
  }
  expect(outcome.arena.subarray(0, resident)).toEqual(expected);
  return true;
}
