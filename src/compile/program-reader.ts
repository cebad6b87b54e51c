import * as abi from "../../assembly/abi/program.js";
import { StropError } from "../errors.js";

export interface TensorRecord {
  readonly type: number;
  readonly offset: number;
  readonly c0: number;
  readonly c1: number;
  readonly writable: boolean;
}

export interface InstructionRecord {
  /** From the start of CODE. */
  readonly offset: number;
  readonly opcode: number;
  readonly work: number;
  readonly operands: readonly number[];
  readonly attributes: readonly number[];
}

export interface ProcedureRecord {
  readonly name: string;
  readonly kind: number;
  /** Tensor ids, or undefined. */
  readonly x: number | undefined;
  readonly y: number | undefined;
  readonly output: number | undefined;
  readonly loss: number | undefined;
  readonly weight: number | undefined;
  readonly correct: number | undefined;
  readonly norm: number | undefined;
  readonly batch: number;
  readonly instructions: readonly InstructionRecord[];
}

export interface PhaseRecord {
  /** Index of its step procedure. */
  readonly step: number;
  /** Tensor id of its learning rate. */
  readonly lr: number;
}

export interface ProgramRecord {
  readonly residentBytes: number;
  readonly arenaBytes: number;
  readonly hash: readonly [low: number, high: number];
  readonly batchMax: number;
  readonly rowsMax: number;
  readonly rowOrder: number | undefined;
  readonly tensors: readonly TensorRecord[];
  readonly tensorNames: readonly string[];
  readonly procedures: readonly ProcedureRecord[];
  readonly phases: readonly PhaseRecord[];
  readonly states: readonly { tensor: number; nameHash: number; role: number }[];
}

/** Takes a program file apart. Checks its structure; the core's reader checks far more. */
export function readProgram(file: Uint8Array): ProgramRecord {
  return new Reader(file).read();
}

class Reader {
  private readonly view: DataView;
  private readonly sections = new Map<number, { offset: number; bytes: number }>();

  constructor(private readonly file: Uint8Array) {
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  read(): ProgramRecord {
    if (this.file.length < abi.SECTION_TABLE) refuse("it is shorter than a header");
    if (this.word(abi.HEADER_MAGIC) !== abi.MAGIC) refuse("it does not begin as a program");
    if (this.word(abi.HEADER_VERSION) !== abi.VERSION) refuse("its version is not ours");
    this.readSections();
    const names = this.readNames();
    const tensors = this.readTensors();
    return {
      residentBytes: this.word(abi.HEADER_RESIDENT_BYTES),
      arenaBytes: this.word(abi.HEADER_ARENA_BYTES),
      hash: [this.word(abi.HEADER_HASH), this.word(abi.HEADER_HASH + 4)],
      batchMax: this.word(abi.HEADER_BATCH_MAX),
      rowsMax: this.word(abi.HEADER_ROWS_MAX),
      rowOrder: this.id(abi.HEADER_ROW_ORDER),
      tensors,
      tensorNames: names.tensors,
      procedures: this.readProcedures(names.procedures, tensors.length),
      phases: this.records(abi.SECTION_PHASES, abi.PHASE_BYTES).map((at) => ({
        step: this.word(at + abi.PHASE_STEP),
        lr: this.word(at + abi.PHASE_LR_TENSOR),
      })),
      states: this.records(abi.SECTION_STATE, abi.STATE_BYTES).map((at) => ({
        tensor: this.word(at + abi.STATE_TENSOR),
        nameHash: this.word(at + abi.STATE_NAME_HASH),
        role: this.word(at + abi.STATE_ROLE),
      })),
    };
  }

  private word(at: number): number {
    if (at + 4 > this.file.length) refuse(`it ends before byte ${at + 4}`);
    return this.view.getUint32(at, true);
  }

  private id(at: number): number | undefined {
    const id = this.word(at);
    return id === abi.NONE ? undefined : id;
  }

  private readSections(): void {
    const count = this.word(abi.HEADER_SECTION_COUNT);
    for (let i = 0; i < count; i++) {
      const entry = abi.SECTION_TABLE + i * abi.SECTION_BYTES;
      const [kind, offset, bytes] = [0, 4, 8].map((field) => this.word(entry + field));
      if (offset! + bytes! > this.file.length) refuse(`section ${kind} lies outside`);
      this.sections.set(kind!, { offset: offset!, bytes: bytes! });
    }
  }

  /** Where each record of a section begins. */
  private records(kind: number, size: number): number[] {
    const { offset, bytes } = this.section(kind);
    return Array.from({ length: bytes / size }, (_, i) => offset + i * size);
  }

  private section(kind: number): { offset: number; bytes: number } {
    return this.sections.get(kind) ?? refuse(`section ${kind} is missing`);
  }

  private readNames(): { tensors: string[]; procedures: string[] } {
    const names = this.sections.get(abi.SECTION_NAMES);
    if (!names) return { tensors: [], procedures: [] };
    const text = this.file.subarray(names.offset, names.offset + names.bytes);
    return JSON.parse(new TextDecoder().decode(text));
  }

  private readTensors(): TensorRecord[] {
    return this.records(abi.SECTION_TENSORS, abi.TENSOR_BYTES).map((at) => ({
      type: this.word(at + abi.TENSOR_TYPE),
      offset: this.word(at + abi.TENSOR_OFFSET),
      c0: this.word(at + abi.TENSOR_C0),
      c1: this.word(at + abi.TENSOR_C1),
      writable: (this.word(at + abi.TENSOR_FLAGS) & abi.FLAG_WRITABLE) !== 0,
    }));
  }

  private readProcedures(names: readonly string[], tensorCount: number): ProcedureRecord[] {
    const code = this.section(abi.SECTION_CODE);
    return this.records(abi.SECTION_PROCEDURES, abi.PROCEDURE_BYTES).map((at, index) => ({
      name: names[index] ?? `procedure ${index}`,
      kind: this.word(at + abi.PROCEDURE_KIND),
      x: this.id(at + abi.PROCEDURE_X),
      y: this.id(at + abi.PROCEDURE_Y),
      output: this.id(at + abi.PROCEDURE_OUTPUT),
      loss: this.id(at + abi.PROCEDURE_LOSS),
      weight: this.id(at + abi.PROCEDURE_WEIGHT),
      correct: this.id(at + abi.PROCEDURE_CORRECT),
      norm: this.id(at + abi.PROCEDURE_NORM),
      batch: this.word(at + abi.PROCEDURE_BATCH),
      instructions: this.readInstructions(
        code.offset,
        this.word(at + abi.PROCEDURE_OFFSET),
        this.word(at + abi.PROCEDURE_CODE_BYTES),
        tensorCount,
      ),
    }));
  }

  private readInstructions(
    code: number,
    start: number,
    bytes: number,
    tensorCount: number,
  ): InstructionRecord[] {
    const instructions: InstructionRecord[] = [];
    for (let at = start; at < start + bytes; ) {
      const opcode = this.word(code + at);
      const [operandCount, attributeCount] = [(opcode >>> 8) & 15, (opcode >>> 12) & 15];
      const words = Array.from({ length: operandCount + attributeCount }, (_, i) =>
        this.word(code + at + abi.INSTRUCTION_OPERANDS + 4 * i),
      );
      const operands = words.slice(0, operandCount);
      if (operands.some((id) => id >= tensorCount)) refuse("an operand does not exist");
      instructions.push({
        offset: at,
        opcode,
        work: this.word(code + at + abi.INSTRUCTION_WORK),
        operands,
        attributes: words.slice(operandCount),
      });
      at += abi.INSTRUCTION_OPERANDS + 4 * words.length;
    }
    return instructions;
  }
}

function refuse(problem: string): never {
  throw new StropError(problem, { code: "bad-program", where: "program" });
}
