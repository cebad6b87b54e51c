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
  private readonly spans: ReadonlyMap<ProcedureRecord, ReadonlyMap<number, Span>>;
  private readonly uses = new Map<number, Use[]>();
  /** Where the region begins that procedures share. */
  private readonly region: number;

  constructor(private readonly program: ProgramRecord) {
    const { tensors, procedures, arenaBytes } = program;
    this.lasting = lastingTensors(program);
    this.spans = new Map(procedures.map((procedure) => [procedure, spansOf(procedure)]));
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
    return Array.from({ length }, (_, i) => this.region + (live?.[i] ?? 0));
  }
}

/** What has data in the file, is kept by a checkpoint, or is filled by the host or the trainer. */
function lastingTensors(program: ProgramRecord): Set<number> {
  const { tensors, residentBytes, states, phases, procedures, rowOrder } = program;
  const lasting = new Set(states.map(({ tensor }) => tensor));
  tensors.forEach(({ offset }, id) => {
    if (offset < residentBytes) lasting.add(id);
  });
  const filled = [rowOrder, ...phases.map(({ lrTensor }) => lrTensor)];
  for (const id of [...filled, ...procedures.flatMap(({ x, y }) => [x, y])]) {
    if (id !== undefined) lasting.add(id);
  }
  return lasting;
}

function spansOf({ instructions, ...ends }: ProcedureRecord): Map<number, Span> {
  const spans = new Map<number, Span>();
  instructions.forEach(({ operands }, index) => {
    for (const id of operands) {
      const span = spans.get(id);
      if (span) span.last = index;
      else spans.set(id, { first: index, last: index });
    }
  });
  for (const id of [ends.output, ends.loss, ends.weight, ends.correct, ends.norm]) {
    const span = id === undefined ? undefined : spans.get(id);
    if (span) span.last = instructions.length;
  }
  return spans;
}
