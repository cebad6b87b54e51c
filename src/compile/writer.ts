import * as abi from "../../assembly/abi/program.js";
import { attributeCount, isWritten, opcodeName, operandCount } from "../autodiff/signature.js";
import {
  doubleBits,
  type Phase,
  rowsAndResults,
  type Tensor,
  type TrainingGraph,
} from "../autodiff/training-graph.js";
import { crc32, fnv1a32, hash64 } from "./hash.js";
import type { ArenaPlacement } from "./placement.js";
import { align, codeBytes, SECTION_KINDS, sectionSizes } from "./sections.js";

/** The program file: assembly/abi/program.ts, word by word. */
export function writeProgram(graph: TrainingGraph, placement: ArenaPlacement): Uint8Array {
  return new Writer(graph, placement).write();
}

class Writer {
  private readonly ids: ReadonlyMap<Tensor, number>;
  private readonly names: Uint8Array;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(
    private readonly graph: TrainingGraph,
    private readonly placement: ArenaPlacement,
  ) {
    this.ids = new Map(placement.tensors.map((tensor, id) => [tensor, id]));
    const names = {
      tensors: placement.tensors.map((tensor) => tensor.name),
      procedures: graph.procedures.map((procedure) => procedure.name),
    };
    this.names = new TextEncoder().encode(JSON.stringify(names));
    this.bytes = new Uint8Array(placement.residentBytes + this.names.length);
    this.view = new DataView(this.bytes.buffer);
  }

  write(): Uint8Array {
    const { residentBytes, dataOffset } = this.placement;
    const sizes: Readonly<Record<number, number>> = {
      ...sectionSizes(this.graph, this.placement.tensors),
      [abi.SECTION_DATA]: residentBytes - dataOffset,
    };
    const writers = {
      [abi.SECTION_TENSORS]: () => this.writeTensors(),
      [abi.SECTION_CODE]: () => this.writeCode(),
      [abi.SECTION_PROCEDURES]: () => this.writeProcedures(),
      [abi.SECTION_PHASES]: () => this.writePhases(),
      [abi.SECTION_STATE]: () => this.writeState(),
      [abi.SECTION_DATA]: () => this.writeData(),
    };
    let entry = abi.SECTION_TABLE;
    let offset = entry + (SECTION_KINDS.length + 1) * abi.SECTION_BYTES;
    for (const kind of SECTION_KINDS) {
      this.at = offset;
      writers[kind]();
      const size = sizes[kind]!;
      if (this.at !== offset + size) throw new Error(`section ${kind} has not its planned size`);
      this.writeEntry(entry, kind, offset, size);
      entry += abi.SECTION_BYTES;
      offset += align(size);
    }
    this.bytes.set(this.names, residentBytes);
    this.writeEntry(entry, abi.SECTION_NAMES, residentBytes, this.names.length);
    this.writeHeader();
    return this.bytes;
  }

  private word(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  private idOf(tensor: Tensor | undefined): number {
    return tensor ? this.ids.get(tensor)! : abi.NONE;
  }

  private writeEntry(entry: number, kind: number, offset: number, bytes: number): void {
    this.at = entry;
    const crc = crc32(this.bytes.subarray(offset, offset + bytes));
    for (const value of [kind, offset, bytes, crc]) this.word(value);
  }

  private writeHeader(): void {
    const { residentBytes, arenaBytes } = this.placement;
    const fields = [
      [abi.HEADER_MAGIC, abi.MAGIC],
      [abi.HEADER_VERSION, abi.VERSION],
      [abi.HEADER_RESIDENT_BYTES, residentBytes],
      [abi.HEADER_ARENA_BYTES, arenaBytes],
      [abi.HEADER_BATCH_MAX, Math.max(...this.graph.procedures.map(({ batch }) => batch))],
      [abi.HEADER_ROWS_MAX, this.graph.rowsMax],
      [abi.HEADER_SECTION_COUNT, SECTION_KINDS.length + 1],
      [abi.HEADER_ROW_ORDER, this.idOf(this.graph.rowOrder)],
    ] as const;
    for (const [offset, value] of fields) this.view.setUint32(offset, value, true);
    const [low, high] = hash64(this.bytes.subarray(abi.HASHED_FROM, residentBytes));
    this.view.setUint32(abi.HEADER_HASH, low, true);
    this.view.setUint32(abi.HEADER_HASH + 4, high, true);
  }

  /** What instructions or the trainer write, and what a checkpoint restores. */
  private writableTensors(): Set<Tensor | undefined> {
    const { phases, rowOrder, states } = this.graph;
    const rates = phases.map(({ lrTensor }) => lrTensor);
    const written = new Set<Tensor | undefined>([rowOrder, ...rates, ...states]);
    for (const { opcode, operands } of this.graph.procedures.flatMap((p) => p.instructions)) {
      operands.forEach((operand, i) => {
        if (isWritten(opcode, i)) written.add(operand);
      });
    }
    return written;
  }

  private writeTensors(): void {
    const written = this.writableTensors();
    for (const tensor of this.placement.tensors) {
      this.word(tensor.type === "f32" ? abi.TYPE_F32 : abi.TYPE_I32);
      this.word(this.placement.offsets.get(tensor)!);
      this.word(tensor.c0);
      this.word(tensor.c1);
      this.word(written.has(tensor) ? abi.FLAG_WRITABLE : 0);
    }
  }

  private writeCode(): void {
    for (const procedure of this.graph.procedures) {
      for (const { opcode, work, operands, attributes } of procedure.instructions) {
        const fits =
          operands.length === operandCount(opcode) && attributes.length === attributeCount(opcode);
        if (!fits) throw new Error(`${opcodeName(opcode)} does not fit its signature`);
        this.word(opcode);
        this.word(work);
        for (const operand of operands) this.word(this.idOf(operand));
        for (const attribute of attributes) this.word(attribute);
      }
    }
  }

  private writeProcedures(): void {
    let offset = 0;
    for (const procedure of this.graph.procedures) {
      this.word(procedure.kind);
      this.word(offset);
      this.word(codeBytes(procedure));
      for (const tensor of rowsAndResults(procedure)) this.word(this.idOf(tensor));
      this.word(procedure.batch);
      offset += codeBytes(procedure);
    }
  }

  private writePhases(): void {
    for (const phase of this.graph.phases) {
      const shuffle = phase.shuffle ? abi.PHASE_SHUFFLE : 0;
      const dropLast = phase.dropLast ? abi.PHASE_DROP_LAST : 0;
      const metric = phase.takesMetric ? abi.PHASE_METRIC : 0;
      const { kind, warmup, period = 0, factor = 0, lrEnd = 0 } = phase.schedule;
      const { lrStart = 0, threshold = lrStart } = phase.schedule;
      this.word(phase.step);
      this.word(phase.batch);
      this.word(phase.epochs);
      this.word(phase.steps);
      this.word(shuffle | dropLast | metric);
      this.word(Number(phase.seed & 0xffffffffn));
      this.word(Number(phase.seed >> 32n));
      this.word(this.idOf(phase.lrTensor));
      this.word(phase.smallestBatch);
      for (const value of [kind, warmup, period]) this.word(value);
      for (const value of doubleBits(phase.lr, factor, lrEnd, threshold)) this.word(value);
      this.writeBlocks(phase);
    }
  }

  private writeBlocks({ blocks, begin = abi.NONE, choice }: Phase): void {
    const scores = choice?.scoring?.scores.map((tensor) => this.idOf(tensor)) ?? [abi.NONE];
    const first = scores[0]!;
    if (scores.some((id, i) => id !== first + i)) throw new Error("scores out of order");
    this.word(blocks);
    this.word(choice?.steps ?? 0);
    this.word(choice?.order ?? abi.BLOCK_ORDER_CYCLIC);
    this.word(begin);
    this.word(choice?.scoring?.procedure ?? abi.NONE);
    this.word(first);
  }

  private writeState(): void {
    for (const tensor of this.graph.states) {
      this.word(this.idOf(tensor));
      this.word(fnv1a32(tensor.state!.name));
      this.word(tensor.state!.role);
      this.word(tensor.c0);
    }
  }

  private writeData(): void {
    for (const tensor of this.placement.tensors) {
      if (!tensor.data) continue;
      this.at = this.placement.offsets.get(tensor)!;
      const { buffer, byteOffset, byteLength } = tensor.data;
      this.bytes.set(new Uint8Array(buffer, byteOffset, byteLength), this.at);
    }
    this.at = this.placement.residentBytes;
  }
}
