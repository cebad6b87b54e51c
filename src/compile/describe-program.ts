import * as abi from "../../assembly/abi/program.js";
import { isWritten, opcodeName } from "../autodiff/signature.js";
import { bytesAt } from "../autodiff/training-graph.js";
import { type Attributes, decodeAttributes, finite } from "./attribute-names.js";
import { ProgramMemory, type Use } from "./program-memory.js";
import { type ProcedureRecord, type ProgramRecord, readProgram } from "./program-reader.js";

/** A program file as `dump` shows it. Tensors are told by their ids; two may have one name. */
export interface ProgramDescription {
  readonly version: number;
  /** hash64 of the resident part, sixteen hexadecimal digits. */
  readonly hash: string;
  readonly fileBytes: number;
  readonly residentBytes: number;
  readonly arenaBytes: number;
  readonly batchMax: number;
  readonly rowsMax: number;
  readonly rowOrder: number | null;
  readonly sections: readonly { readonly kind: string; offset: number; bytes: number }[];
  readonly tensors: readonly TensorDescription[];
  readonly procedures: readonly ProcedureDescription[];
  readonly phases: readonly PhaseDescription[];
  readonly states: readonly StateDescription[];
}

export interface TensorDescription {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** elements = c0 + c1·batch */
  readonly c0: number;
  readonly c1: number;
  readonly offset: number;
  /** At the largest batch, padded. */
  readonly bytes: number;
  readonly writable: boolean;
  /** run: it keeps its bytes from load to end; phase: for a phase or a turn; procedure: from first to last use. */
  readonly lifetime: "run" | "phase" | "procedure";
  /** The first and last instruction that need it, in each procedure that does. */
  readonly uses: readonly Use[];
}

export interface ProcedureDescription {
  readonly name: string;
  readonly kind: string;
  readonly batch: number;
  /** What the host writes and reads: tensor ids. */
  readonly x: number | null;
  readonly y: number | null;
  readonly output: number | null;
  readonly loss: number | null;
  readonly weight: number | null;
  readonly correct: number | null;
  readonly norm: number | null;
  readonly work: number;
  /** The largest live set, and where it is. */
  readonly peak: { readonly index: number; readonly bytes: number };
  readonly instructions: readonly InstructionDescription[];
}

export interface InstructionDescription {
  readonly index: number;
  readonly op: string;
  readonly operands: readonly { readonly tensor: number; readonly written: boolean }[];
  readonly attributes: Attributes;
  readonly work: number;
  /** Of the arena, while it runs; the program file counts too. */
  readonly liveBytes: number;
}

export interface PhaseDescription {
  /** Its step procedure, or that of the first of its blocks. */
  readonly procedure: string;
  /** What begins the phase, or the first block's turn. */
  readonly begin: string | null;
  /** Blocks of parameters that learn in turn, 1 if there is but one, and how many steps a turn has. */
  readonly blocks: number;
  readonly blockSteps: number;
  readonly blockOrder: string;
  readonly batch: number;
  readonly smallestBatch: number;
  /** 0: steps decide. */
  readonly epochs: number;
  /** 0: epochs decide. */
  readonly steps: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  /** 64 bits, in decimals. */
  readonly seed: string;
  /** The rate that the schedule starts from. */
  readonly lr: number | string;
  readonly schedule: string;
  /** Steps. */
  readonly warmup: number;
  readonly lrTensor: number | null;
}

export interface StateDescription {
  readonly tensor: number;
  readonly role: string;
  readonly elements: number;
  readonly nameHash: string;
}

const SECTIONS = ["", "TENSORS", "CODE", "PROCEDURES", "PHASES", "STATE", "DATA", "NAMES"];
const KINDS = ["", "predict", "evaluate", "step", "begin"];
const BLOCK_ORDERS = ["cyclic", "random", "gauss-southwell"];
const ROLES = ["", "parameter", "statistic", "optimizer"];
const SCHEDULES = ["constant", "step", "polynomial", "cosine", "one-cycle", "plateau"];
const TYPES = ["f32", "i32", "u8", "i8"];

/**
 * Everything that a program file says, and what follows from it: lifetimes and live bytes.
 *
 * @param name of the file, for errors
 * @throws StropError for what is no program, is cut, or contradicts itself
 */
export function describeProgram(file: Uint8Array, name?: string): ProgramDescription {
  const program = readProgram(file, name);
  const { residentBytes, arenaBytes, batchMax, rowsMax, rowOrder = null } = program;
  const memory = new ProgramMemory(program);
  return {
    version: abi.VERSION,
    hash: [...program.hash].reverse().map(hex).join(""),
    fileBytes: file.length,
    residentBytes,
    arenaBytes,
    batchMax,
    rowsMax,
    rowOrder,
    sections: program.sections.map(({ kind, offset, bytes }) => {
      return { kind: SECTIONS[kind] || `section ${kind}`, offset, bytes };
    }),
    tensors: program.tensors.map(({ type, offset, c0, c1, writable }, id) => ({
      id,
      name: program.tensorNames[id]!,
      type: TYPES[type] ?? `type ${type}`,
      c0,
      c1,
      offset,
      bytes: bytesAt({ c0, c1 }, batchMax),
      writable,
      lifetime: memory.lasting.has(id) ? "run" : memory.ofPhases.has(id) ? "phase" : "procedure",
      uses: memory.usesOf(id),
    })),
    procedures: program.procedures.map((procedure) => describeProcedure(procedure, memory)),
    phases: program.phases.map(({ step, seed, lr, schedule, lrTensor = null, ...rest }) => ({
      ...rest,
      procedure: nameOf(program, step),
      begin: rest.begin === undefined ? null : nameOf(program, rest.begin),
      blockOrder: BLOCK_ORDERS[rest.blockOrder] ?? `order ${rest.blockOrder}`,
      seed: String(seed),
      lr: finite(lr),
      schedule: SCHEDULES[schedule] ?? `schedule ${schedule}`,
      lrTensor,
    })),
    states: program.states.map(({ tensor, role, elements, nameHash }) => {
      return { tensor, role: ROLES[role] || `role ${role}`, elements, nameHash: hex(nameHash) };
    }),
  };
}

function describeProcedure(
  procedure: ProcedureRecord,
  memory: ProgramMemory,
): ProcedureDescription {
  const { name, kind, batch, instructions } = procedure;
  const { x = null, y = null, output = null } = procedure;
  const { loss = null, weight = null, correct = null, norm = null } = procedure;
  const live = memory.liveBytes(procedure);
  const peakBytes = live.reduce((a, b) => Math.max(a, b), 0);
  return {
    name,
    kind: KINDS[kind] || `kind ${kind}`,
    batch,
    ...{ x, y, output, loss, weight, correct, norm },
    work: instructions.reduce((sum, { work }) => sum + work, 0),
    peak: { index: Math.max(0, live.indexOf(peakBytes)), bytes: peakBytes },
    instructions: instructions.map(({ opcode, operands, attributes, work }, index) => ({
      index,
      op: opcodeName(opcode),
      operands: operands.map((tensor, i) => ({ tensor, written: isWritten(opcode, i) })),
      attributes: decodeAttributes(opcode, attributes),
      work,
      liveBytes: live[index]!,
    })),
  };
}

function nameOf({ procedures }: ProgramRecord, index: number): string {
  return procedures[index]?.name ?? `procedure ${index}`;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
