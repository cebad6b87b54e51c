import * as format from "../../assembly/abi/program.js";

/** A tensor's place in the arena. */
export interface TensorView {
  readonly id: number;
  readonly type: number;
  readonly offset: number;
  readonly c0: number;
  readonly c1: number;
}

/** A procedure, and the tensors through which the host speaks to it. */
export interface ProcedureView {
  readonly index: number;
  readonly kind: number;
  readonly batch: number;
  readonly x: TensorView | undefined;
  readonly y: TensorView | undefined;
  readonly output: TensorView | undefined;
  readonly loss: TensorView | undefined;
  readonly correct: TensorView | undefined;
}

/** The tables of a program file, as a host needs them. The core checks them; this only reads. */
export class ProgramView {
  private readonly words: DataView;
  private readonly sections = new Map<number, { offset: number; bytes: number }>();

  constructor(file: Uint8Array) {
    this.words = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const count = this.word(format.HEADER_SECTION_COUNT);
    for (let i = 0; i < count; ++i) {
      const at = format.SECTION_TABLE + i * format.SECTION_BYTES;
      this.sections.set(this.word(at), { offset: this.word(at + 4), bytes: this.word(at + 8) });
    }
  }

  get arenaBytes(): number {
    return this.word(format.HEADER_ARENA_BYTES);
  }

  get residentBytes(): number {
    return this.word(format.HEADER_RESIDENT_BYTES);
  }

  get rowsMax(): number {
    return this.word(format.HEADER_ROWS_MAX);
  }

  tensor(id: number): TensorView {
    const at = this.section(format.SECTION_TENSORS).offset + id * format.TENSOR_BYTES;
    return {
      id,
      type: this.word(at + format.TENSOR_TYPE),
      offset: this.word(at + format.TENSOR_OFFSET),
      c0: this.word(at + format.TENSOR_C0),
      c1: this.word(at + format.TENSOR_C1),
    };
  }

  /** The first procedure of a kind (KIND_PREDICT, KIND_EVALUATE, KIND_STEP). */
  procedure(kind: number): ProcedureView | undefined {
    const { offset, bytes } = this.section(format.SECTION_PROCEDURES);
    for (let index = 0; index * format.PROCEDURE_BYTES < bytes; ++index) {
      const at = offset + index * format.PROCEDURE_BYTES;
      if (this.word(at + format.PROCEDURE_KIND) !== kind) continue;
      const tensor = (field: number) => this.tensorOrNone(this.word(at + field));
      return {
        index,
        kind,
        batch: this.word(at + format.PROCEDURE_BATCH),
        x: tensor(format.PROCEDURE_X),
        y: tensor(format.PROCEDURE_Y),
        output: tensor(format.PROCEDURE_OUTPUT),
        loss: tensor(format.PROCEDURE_LOSS),
        correct: tensor(format.PROCEDURE_CORRECT),
      };
    }
    return undefined;
  }

  /** The tensors that a checkpoint holds, in its order. */
  states(): TensorView[] {
    const { offset, bytes } = this.section(format.SECTION_STATE);
    return Array.from({ length: bytes / format.STATE_BYTES }, (_, i) =>
      this.tensor(this.word(offset + i * format.STATE_BYTES + format.STATE_TENSOR)),
    );
  }

  private tensorOrNone(id: number): TensorView | undefined {
    return id === format.NONE ? undefined : this.tensor(id);
  }

  private section(kind: number): { offset: number; bytes: number } {
    const section = this.sections.get(kind);
    if (!section) throw new Error(`a program without section ${kind}`);
    return section;
  }

  private word(at: number): number {
    return this.words.getUint32(at, true);
  }
}
