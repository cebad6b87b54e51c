import * as abi from "../../assembly/abi/program.js";
import { attributeCount, operandCount } from "../autodiff/signature.js";
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

export interface ProgramRecord {
  /** In the order of the file. */
  readonly sections: readonly SectionRecord[];
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
  readonly states: readonly StateRecord[];
}

export interface SectionRecord {
  readonly kind: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface PhaseRecord {
  /** The index of its procedure, or of the first of those of its blocks. */
  readonly step: number;
  readonly blocks: number;
  /** Steps of a block's turn. */
  readonly blockSteps: number;
  /** BLOCK_ORDER_* */
  readonly blockOrder: number;
  /** The index of the first of as many procedures that begin a phase or a turn. */
  readonly begin: number | undefined;
  /** The first of the scores of the blocks, if those decide whose turn is next. */
  readonly scores: number | undefined;
  readonly batch: number;
  readonly epochs: number;
  readonly steps: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: bigint;
  readonly lrTensor: number | undefined;
  readonly lr: number;
  readonly smallestBatch: number;
  /** SCHEDULE_* */
  readonly schedule: number;
  readonly warmup: number;
}

export interface StateRecord {
  readonly tensor: number;
  readonly nameHash: number;
  readonly role: number;
  readonly elements: number;
}

/**
 * Takes a program file apart. Whatever the bytes are, the time and memory it takes stay in proportion to them;
 * whether the program can run is checked by the core's reader.
 *
 * @param name of the file, for errors
 * @throws StropError for what is no program, is cut, or contradicts itself
 */
export function readProgram(file: Uint8Array, name = "program"): ProgramRecord {
  return new Reader(file, name).read();
}

class Reader {
  private readonly view: DataView;
  private readonly sections = new Map<number, SectionRecord>();

  constructor(
    private readonly file: Uint8Array,
    private readonly name: string,
  ) {
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  read(): ProgramRecord {
    if (this.file.length < abi.SECTION_TABLE) this.refuse("it is shorter than a program's header");
    if (this.word(abi.HEADER_MAGIC) !== abi.MAGIC) this.refuse("it is no program of Strop's");
    const version = this.word(abi.HEADER_VERSION);
    if (version !== abi.VERSION) {
      this.refuse(`it is a program of version ${version}, and this is version ${abi.VERSION}`);
    }
    this.readSections();
    const names = this.readNames();
    const tensors = this.readTensors();
    return {
      sections: [...this.sections.values()],
      residentBytes: this.word(abi.HEADER_RESIDENT_BYTES),
      arenaBytes: this.word(abi.HEADER_ARENA_BYTES),
      hash: [this.word(abi.HEADER_HASH), this.word(abi.HEADER_HASH + 4)],
      batchMax: this.word(abi.HEADER_BATCH_MAX),
      rowsMax: this.word(abi.HEADER_ROWS_MAX),
      rowOrder: this.id(abi.HEADER_ROW_ORDER),
      tensors,
      tensorNames: tensors.map((_, id) => names.tensors[id] ?? `tensor ${id}`),
      procedures: this.readProcedures(names.procedures, tensors.length),
      phases: this.readPhases(),
      states: this.records(abi.SECTION_STATE, abi.STATE_BYTES).map((at) => ({
        tensor: this.word(at + abi.STATE_TENSOR),
        nameHash: this.word(at + abi.STATE_NAME_HASH),
        role: this.word(at + abi.STATE_ROLE),
        elements: this.word(at + abi.STATE_ELEMENTS),
      })),
    };
  }

  private word(at: number): number {
    if (at + 4 > this.file.length) this.refuse(`it ends before byte ${at + 4}`);
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
      const [kind = 0, offset = 0, bytes = 0] = [0, 4, 8].map((field) => this.word(entry + field));
      if (this.sections.has(kind)) this.refuse(`section ${kind} is there twice`);
      if (offset + bytes > this.file.length) this.refuse(`section ${kind} lies outside the file`);
      this.sections.set(kind, { kind, offset, bytes });
    }
  }

  /** Where each record of a section begins. */
  private records(kind: number, size: number): number[] {
    const { offset, bytes } = this.section(kind);
    if (bytes % size !== 0) this.refuse(`section ${kind} ends within a record`);
    return Array.from({ length: bytes / size }, (_, i) => offset + i * size);
  }

  private section(kind: number): SectionRecord {
    return this.sections.get(kind) ?? this.refuse(`section ${kind} is missing`);
  }

  /** What NAMES holds is for people: a name that is none is left out. */
  private readNames(): { tensors: readonly Name[]; procedures: readonly Name[] } {
    const { offset = 0, bytes = 0 } = this.sections.get(abi.SECTION_NAMES) ?? {};
    let names: { tensors?: unknown; procedures?: unknown } | null = null;
    try {
      const text = this.file.subarray(offset, offset + bytes);
      names = bytes === 0 ? null : JSON.parse(new TextDecoder().decode(text));
    } catch {
      this.refuse("its section of names is damaged");
    }
    return { tensors: strings(names?.tensors), procedures: strings(names?.procedures) };
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

  private readPhases(): PhaseRecord[] {
    return this.records(abi.SECTION_PHASES, abi.PHASE_BYTES).map((at) => {
      const flags = this.word(at + abi.PHASE_FLAGS);
      const [low, high] = [this.word(at + abi.PHASE_SEED), this.word(at + abi.PHASE_SEED + 4)];
      return {
        step: this.word(at + abi.PHASE_STEP),
        blocks: this.word(at + abi.PHASE_BLOCKS),
        blockSteps: this.word(at + abi.PHASE_BLOCK_STEPS),
        blockOrder: this.word(at + abi.PHASE_BLOCK_ORDER),
        begin: this.id(at + abi.PHASE_BEGIN),
        scores: this.id(at + abi.PHASE_SCORES),
        batch: this.word(at + abi.PHASE_BATCH),
        epochs: this.word(at + abi.PHASE_EPOCHS),
        steps: this.word(at + abi.PHASE_STEPS),
        shuffle: (flags & abi.PHASE_SHUFFLE) !== 0,
        dropLast: (flags & abi.PHASE_DROP_LAST) !== 0,
        seed: (BigInt(high) << 32n) | BigInt(low),
        lrTensor: this.id(at + abi.PHASE_LR_TENSOR),
        lr: this.view.getFloat64(at + abi.PHASE_LR, true),
        smallestBatch: this.word(at + abi.PHASE_BATCH_MIN),
        schedule: this.word(at + abi.PHASE_SCHEDULE),
        warmup: this.word(at + abi.PHASE_WARMUP),
      };
    });
  }

  private readProcedures(names: readonly Name[], tensorCount: number): ProcedureRecord[] {
    let unread = this.section(abi.SECTION_CODE).bytes;
    return this.records(abi.SECTION_PROCEDURES, abi.PROCEDURE_BYTES).map((at, index) => {
      const start = this.word(at + abi.PROCEDURE_OFFSET);
      const bytes = this.word(at + abi.PROCEDURE_CODE_BYTES);
      // Procedures share no code, so that a small file cannot be read for ever.
      unread -= bytes;
      if (unread < 0) this.refuse("its procedures have more instructions than there are");
      return {
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
        instructions: this.readInstructions(start, start + bytes, tensorCount),
      };
    });
  }

  /** Those between two places of CODE. */
  private readInstructions(start: number, end: number, tensorCount: number): InstructionRecord[] {
    const code = this.section(abi.SECTION_CODE);
    if (end > code.bytes) this.refuse("a procedure lies outside the code");
    const instructions: InstructionRecord[] = [];
    for (let at = start; at < end; ) {
      const opcode = this.word(code.offset + at);
      const [inputs, all] = [operandCount(opcode), operandCount(opcode) + attributeCount(opcode)];
      const bytes = abi.INSTRUCTION_OPERANDS + 4 * all;
      if (at + bytes > end) this.refuse("a procedure ends within an instruction");
      const words = Array.from({ length: all }, (_, i) =>
        this.word(code.offset + at + abi.INSTRUCTION_OPERANDS + 4 * i),
      );
      const operands = words.slice(0, inputs);
      if (operands.some((id) => id >= tensorCount)) this.refuse("an operand does not exist");
      instructions.push({
        offset: at,
        opcode,
        work: this.word(code.offset + at + abi.INSTRUCTION_WORK),
        operands,
        attributes: words.slice(inputs),
      });
      at += bytes;
    }
    return instructions;
  }

  private refuse(problem: string): never {
    throw new StropError(problem, { code: "bad-program", where: this.name });
  }
}

type Name = string | undefined;

function strings(list: unknown): Name[] {
  if (!Array.isArray(list)) return [];
  return list.map((name) => (typeof name === "string" ? name : undefined));
}
