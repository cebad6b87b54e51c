import { KIND_STEP } from "../../assembly/abi/program.js";
import { firstWritten, opcodeName } from "../autodiff/signature.js";
import { bytesAt, CATEGORIES, type Category } from "../autodiff/training-graph.js";
import type { CompiledProgram } from "./compile.js";
import { liveBytes } from "./live-bytes.js";
import { readProgram } from "./program-reader.js";

/** What lies in memory while a step runs, instruction by instruction. */
export interface MemoryTimeline {
  readonly procedure: string;
  /** Each instruction: its opcode, and what it writes. */
  readonly instructions: readonly { readonly op: string; readonly tensor: string }[];
  /** Bytes live at each instruction; "program" is the file without its tensors. */
  readonly bytes: Readonly<Record<Category | "program", readonly number[]>>;
  /** The first instruction at which most bytes are live. */
  readonly peak: number;
  readonly peakBytes: number;
}

/** One timeline for each step procedure: the plan's bytes, over the whole step instead of at its peak. */
export function memoryTimelines(program: CompiledProgram): MemoryTimeline[] {
  const { procedures, tensorNames } = readProgram(program.bytes);
  return procedures
    .filter(({ kind }) => kind === KIND_STEP)
    .map(({ name, batch, instructions }) => {
      const bytes = bytesOf(program, name, batch, instructions.length);
      const sums = instructions.map((_, i) =>
        Object.values(bytes).reduce((sum, series) => sum + series[i]!, 0),
      );
      const peakBytes = sums.reduce((a, b) => Math.max(a, b), 0);
      return {
        procedure: name,
        instructions: instructions.map(({ opcode, operands }) => ({
          op: opcodeName(opcode),
          tensor: tensorNames[operands[Math.max(0, firstWritten(opcode))]!] ?? "",
        })),
        bytes,
        peak: Math.max(0, sums.indexOf(peakBytes)),
        peakBytes,
      };
    });
}

function bytesOf(
  { liveRanges, tensors, plan }: CompiledProgram,
  procedure: string,
  batch: number,
  count: number,
): MemoryTimeline["bytes"] {
  const passing = liveRanges.filter((range) => range.procedure === procedure);
  const live = liveBytes(passing, count, ({ category }) => category);
  // What lives for the whole run lies before the region that procedures share.
  const region = liveRanges.reduce((least, { offset }) => Math.min(least, offset), plan.arenaBytes);
  const lasting = (category: Category) =>
    tensors
      .filter((tensor) => tensor.category === category && tensor.offset < region)
      .reduce((sum, tensor) => sum + bytesAt(tensor, batch), 0);
  const series = CATEGORIES.map((category) => {
    const base = lasting(category);
    const passingBytes = live.get(category) ?? new Array<number>(count).fill(0);
    return [category, passingBytes.map((bytes) => base + bytes)];
  });
  const program = new Array<number>(count).fill(plan.bytes.program);
  return Object.fromEntries([["program", program], ...series]);
}
