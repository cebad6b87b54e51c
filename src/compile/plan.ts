import { KIND_STEP } from "../../assembly/abi/program.js";
import { firstWritten, opcodeName } from "../autodiff/signature.js";
import {
  bytesAt,
  CATEGORIES,
  type Category,
  type Instruction,
  type Procedure,
} from "../autodiff/training-graph.js";
import type { Block, LiveRange } from "./lifetimes.js";
import type { ArenaPlacement, PlacedProcedure } from "./placement.js";
import { isLiveAt } from "./planner.js";

export interface InstructionPlace {
  /** Within its procedure. */
  readonly index: number;
  readonly procedure: string;
  /** The opcode's name. */
  readonly op: string;
  /** What it writes. */
  readonly tensor: string;
}

/** Memory and work of a run before it starts. The bytes and `unusedBytes` add up to `arenaBytes`. */
export interface Plan {
  readonly arenaBytes: number;
  /** What the largest live set needs: no placement can do with less. */
  readonly lowerBoundBytes: number;
  /** At the peak instruction; "program" is the file without its tensors. */
  readonly bytes: Readonly<Record<Category | "program", number>>;
  /** Lost between blocks, or needed by a procedure other than the peak's. */
  readonly unusedBytes: number;
  readonly peakInstruction: InstructionPlace;
  /** What each kind of step takes alone: one a phase, or one a block that learns in turn. */
  readonly steps: readonly StepPlan[];
  /** Of one step at the full batch, or of one prediction if nothing is trained. */
  readonly workPerStep: number;
  readonly longestInstruction: InstructionPlace & { readonly work: number };
}

export interface StepPlan {
  /** Of its procedure: "step", "step layer 1". */
  readonly name: string;
  /** From the arena's start to the end of what it uses. */
  readonly arenaBytes: number;
  /** As the plan's, at this step's own peak. */
  readonly bytes: Readonly<Record<Category | "program", number>>;
  readonly workPerStep: number;
}

/** One row of the table of live ranges. */
export interface LiveRangeRow {
  readonly procedure: string;
  readonly tensor: string;
  readonly category: Category;
  readonly offset: number;
  readonly bytes: number;
  /** First and last instruction that need it. */
  readonly start: number;
  readonly end: number;
}

export function planOf(placement: ArenaPlacement): Plan {
  const peak = placement.procedures.reduce((a, b) => (boundOf(b) > boundOf(a) ? b : a));
  const bytes = bytesByCategory(placement, peak);
  const used = Object.values(bytes).reduce((sum, value) => sum + value, 0);
  const isStep = ({ procedure }: PlacedProcedure) => procedure.kind === KIND_STEP;
  const main = placement.procedures.find(isStep) ?? placement.procedures[0]!;
  return {
    arenaBytes: placement.arenaBytes,
    lowerBoundBytes: boundOf(peak),
    bytes,
    unusedBytes: placement.arenaBytes - used,
    peakInstruction: placeOf(peak.procedure, peak.peakInstruction),
    steps: placement.procedures.filter(isStep).map((placed) => ({
      name: placed.procedure.name,
      arenaBytes: placed.end,
      bytes: bytesByCategory(placement, placed),
      workPerStep: workOf(placed.procedure),
    })),
    workPerStep: workOf(main.procedure),
    longestInstruction: longestOf(placement),
  };
}

function workOf({ instructions }: Procedure): number {
  return instructions.reduce((sum, { work }) => sum + work, 0);
}

function boundOf({ regionOffset, lowerBoundBytes }: PlacedProcedure): number {
  return regionOffset + lowerBoundBytes;
}

export function liveRangeTable(placement: ArenaPlacement): LiveRangeRow[] {
  return placement.procedures.flatMap(({ procedure, blocks, phase }) => {
    const end = procedure.instructions.length;
    const whole = phase.map((tensor) => ({ tensor, start: 0, end }));
    return [...whole, ...blocks.flatMap((block) => block.parts)].map(({ tensor, start, end }) => ({
      procedure: procedure.name,
      tensor: tensor.name,
      category: tensor.category,
      offset: placement.offsets.get(tensor)!,
      bytes: bytesAt(tensor, procedure.batch),
      start,
      end,
    }));
  });
}

function bytesByCategory(
  placement: ArenaPlacement,
  peak: PlacedProcedure,
): Record<Category | "program", number> {
  const bytes = Object.fromEntries([...CATEGORIES, "program"].map((category) => [category, 0]));
  const add = (category: Category | "program", count: number) => {
    bytes[category] = bytes[category]! + count;
  };
  add("program", placement.dataOffset);
  const { batch } = peak.procedure;
  for (const tensor of placement.tensors) {
    if (tensor.lifetime === "run") add(tensor.category, bytesAt(tensor, batch));
  }
  for (const tensor of peak.phase) add(tensor.category, bytesAt(tensor, batch));
  for (const block of peak.blocks) {
    if (!isLiveAt(block, peak.peakInstruction)) continue;
    add(partAt(block, peak.peakInstruction).tensor.category, block.bytes);
  }
  return bytes as Record<Category | "program", number>;
}

function partAt(block: Block, instruction: number): LiveRange {
  return block.parts.filter((part) => part.start <= instruction).at(-1)!;
}

function longestOf(placement: ArenaPlacement): Plan["longestInstruction"] {
  let longest: Plan["longestInstruction"] | undefined;
  for (const { procedure } of placement.procedures) {
    procedure.instructions.forEach(({ work }, index) => {
      if (work > (longest?.work ?? 0)) longest = { ...placeOf(procedure, index), work };
    });
  }
  return longest ?? { index: 0, procedure: "", op: "", tensor: "", work: 0 };
}

/** The place of an instruction, for people. */
export function placeOf(procedure: Procedure, index: number): InstructionPlace {
  const instruction = procedure.instructions[index];
  const { op, tensor } = instruction ? describe(instruction) : { op: "", tensor: "" };
  return { index, procedure: procedure.name, op, tensor };
}

function describe({ opcode, operands }: Instruction): { op: string; tensor: string } {
  const written = operands[Math.max(0, firstWritten(opcode))];
  return { op: opcodeName(opcode), tensor: written?.name ?? "" };
}
