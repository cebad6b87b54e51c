import { KIND_EVALUATE, KIND_PREDICT } from "../../assembly/abi/program.js";
import { isWritten } from "../autodiff/signature.js";
import { bytesAt } from "../autodiff/training-graph.js";
import { liveBytes } from "./live-bytes.js";
import type { ProcedureRecord, ProgramRecord } from "./program-reader.js";

/** Which instructions of a procedure need a tensor. */
export interface Use {
  readonly procedure: string;
  readonly first: number;
  /** The number of instructions, if the host reads it after the last one. */
  readonly last: number;
}

interface Span {
  readonly first: number;
  last: number;
}

/** What a program file does not keep: which tensors last, and from when to when the others live. */
export class ProgramMemory {
  /** The tensors that keep their bytes for the whole run. */
  readonly lasting: ReadonlySet<number>;
  /** Those that keep them for a phase, or for a block of one. */
  readonly ofPhases: ReadonlySet<number>;
  private readonly spans: ReadonlyMap<ProcedureRecord, ReadonlyMap<number, Span>>;
  private readonly uses = new Map<number, Use[]>();
  /** Where the region begins that phases share, and where what lives for the largest of them ends. */
  private readonly region: number;
  private readonly phasesEnd: number;

  constructor(private readonly program: ProgramRecord) {
    const { tensors, procedures, arenaBytes } = program;
    this.ofPhases = phaseTensors(program);
    this.lasting = lastingTensors(program, this.ofPhases);
    this.spans = new Map(procedures.map((own) => [own, spansOf(own, this.ofPhases)]));
    for (const [{ name: procedure }, spans] of this.spans) {
      for (const [id, { first, last }] of spans) {
        const use = { procedure, first, last };
        const before = this.uses.get(id);
        if (before) before.push(use);
        else this.uses.set(id, [use]);
      }
    }
    this.region = tensors.reduce(
      (least, { offset }, id) => (this.lasting.has(id) ? least : Math.min(least, offset)),
      arenaBytes,
    );
    this.phasesEnd = [...this.ofPhases].reduce((most, id) => {
      const { offset, ...size } = tensors[id]!;
      return Math.max(most, offset + bytesAt(size, program.batchMax));
    }, this.region);
  }

  usesOf(id: number): readonly Use[] {
    return this.uses.get(id) ?? [];
  }

  /** At each instruction: the program, what lasts, and what lives just then. */
  liveBytes(procedure: ProcedureRecord): number[] {
    const passing = [...this.spans.get(procedure)!].filter(([id]) => !this.lasting.has(id));
    const ranges = passing.map(([id, { first, last }]) => {
      const { offset, ...size } = this.program.tensors[id]!;
      return { offset, bytes: bytesAt(size, procedure.batch), start: first, end: last };
    });
    const { length } = procedure.instructions;
    const live = liveBytes(ranges, length, () => "passing").get("passing");
    // Rows may be predicted and evaluated between the steps of any phase.
    const isBetween = procedure.kind === KIND_PREDICT || procedure.kind === KIND_EVALUATE;
    const base = isBetween ? this.phasesEnd : this.region;
    return Array.from({ length }, (_, i) => base + (live?.[i] ?? 0));
  }
}

/** What has data in the file, is kept by a checkpoint, is filled by the host or the trainer, or is a block's score. */
function lastingTensors(program: ProgramRecord, ofPhases: ReadonlySet<number>): Set<number> {
  const { tensors, residentBytes, states, phases, procedures, rowOrder } = program;
  const kept = states.map(({ tensor }) => tensor);
  const lasting = new Set(kept.filter((id) => !ofPhases.has(id)));
  tensors.forEach(({ offset }, id) => {
    const isScore = phases.some(({ scores, blocks }) => {
      return scores !== undefined && id >= scores && id < scores + blocks;
    });
    if (offset < residentBytes || isScore) lasting.add(id);
  });
  const filled = [rowOrder, ...phases.map(({ lrTensor }) => lrTensor)];
  for (const id of [...filled, ...procedures.flatMap(({ x, y }) => [x, y])]) {
    if (id !== undefined) lasting.add(id);
  }
  return lasting;
}

/** What the begin procedures of phases and blocks fill. */
function phaseTensors({ procedures, phases }: ProgramRecord): Set<number> {
  const begins = phases.flatMap(({ begin, blocks }) =>
    begin === undefined ? [] : procedures.slice(begin, begin + blocks),
  );
  const filled = begins.flatMap(({ instructions }) =>
    instructions.flatMap(({ opcode, operands }) => operands.filter((_, k) => isWritten(opcode, k))),
  );
  return new Set(filled);
}

function spansOf(
  { instructions, ...ends }: ProcedureRecord,
  ofPhases: ReadonlySet<number>,
): Map<number, Span> {
  const spans = new Map<number, Span>();
  instructions.forEach(({ operands }, index) => {
    for (const id of operands) {
      const span = spans.get(id);
      if (span) span.last = Math.max(span.last, index);
      else if (ofPhases.has(id)) spans.set(id, { first: 0, last: instructions.length });
      else spans.set(id, { first: index, last: index });
    }
  });
  for (const id of [ends.output, ends.loss, ends.weight, ends.correct, ends.norm]) {
    const span = id === undefined ? undefined : spans.get(id);
    if (span) span.last = instructions.length;
  }
  return spans;
}
