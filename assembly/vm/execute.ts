import {
  INSTRUCTION_WORK,
  PROCEDURE_BATCH,
  PROCEDURE_CODE_BYTES,
  PROCEDURE_OFFSET,
} from "../abi/program";
import { SESSION_BATCH, SESSION_CODE, SESSION_PC, SESSION_PROCEDURE } from "../abi/session";
import { DONE, PAUSED } from "../abi/status";
import { Ptr } from "../base/ptr";
import { dispatch } from "./dispatch";
import { instructionBytes, instructionOpcode } from "./instruction";
import { procedureRecord } from "./read-code";
import { sessionGet, sessionSet } from "./session";

/** Makes `batch` rows of a procedure the next thing that execute() does; false if it was planned for fewer. */
export function procedureSelect(index: u32, batch: u32): bool {
  if (batch == 0 || batch > load<u32>(procedureRecord(index), PROCEDURE_BATCH)) return false;
  sessionSet(SESSION_PROCEDURE, index);
  sessionSet(SESSION_BATCH, batch);
  sessionSet(SESSION_PC, 0);
  return true;
}

/** Address of the first instruction of the selected procedure. */
export function procedureCode(): Ptr {
  return (
    sessionGet(SESSION_CODE) +
    load<u32>(procedureRecord(sessionGet(SESSION_PROCEDURE)), PROCEDURE_OFFSET)
  );
}

/**
 * Runs the selected procedure from where it stands until it ends (DONE), until the next instruction would
 * exceed the budget (PAUSED), or until an instruction fails (its status; SESSION_PC stays at it).
 *
 * budget: the work of instructions as the compiler counted it. At least one instruction runs, so that
 * every call gets on.
 */
export function execute(budget: u32): u32 {
  const code = procedureCode();
  const end = load<u32>(procedureRecord(sessionGet(SESSION_PROCEDURE)), PROCEDURE_CODE_BYTES);
  let pc = sessionGet(SESSION_PC);
  let spent: u64 = 0;
  while (pc < end) {
    const at = code + pc;
    const work = load<u32>(at, INSTRUCTION_WORK);
    if (spent != 0 && spent + work > budget) return PAUSED;
    const opcode = instructionOpcode(at);
    const status = dispatch(at, opcode, false);
    if (status != DONE) return status;
    spent += work;
    pc += inline.always(instructionBytes(opcode));
    sessionSet(SESSION_PC, pc);
  }
  return DONE;
}

/** The number of the instruction at SESSION_PC, for people. */
export function instructionIndex(): u32 {
  const code = procedureCode();
  const pc = sessionGet(SESSION_PC);
  let index: u32 = 0;
  for (let at: u32 = 0; at < pc; ++index) at += instructionBytes(instructionOpcode(code + at));
  return index;
}
