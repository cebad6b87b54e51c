import { KIND_BEGIN, KIND_STEP, SECTION_BYTES, SECTION_TABLE } from "../../assembly/abi/program.js";
import { phaseBytes, phaseTensors } from "../autodiff/phase-tensors.js";
import {
  bytesAt,
  type Procedure,
  rowsAndResults,
  type Tensor,
  type TrainingGraph,
} from "../autodiff/training-graph.js";
import { StropError } from "../errors.js";
import { type Block, blocksOf } from "./lifetimes.js";
import { lowerBoundOf, placeBlocks } from "./planner.js";
import { align, SECTION_KINDS, sectionSizes } from "./sections.js";

export interface PlacedProcedure {
  readonly procedure: Procedure;
  readonly blocks: readonly Block[];
  readonly lowerBoundBytes: number;
  /** Where the live set is largest. */
  readonly peakInstruction: number;
  /** What lives for the phase, or the block of a phase, that the procedure belongs to. */
  readonly phase: readonly Tensor[];
  /** Where its own memory begins: behind what lives for the run and for the phase. */
  readonly regionOffset: number;
  /** Where it ends. */
  readonly end: number;
}

/**
 * Every tensor's address: the file as it is loaded, then what lives for the run and begins as zeros, then one
 * region that all phases share, each with what lives for it and, behind that, for its procedures.
 */
export interface ArenaPlacement {
  /** In the order of their ids. */
  readonly tensors: readonly Tensor[];
  readonly offsets: ReadonlyMap<Tensor, number>;
  readonly dataOffset: number;
  readonly residentBytes: number;
  readonly arenaBytes: number;
  readonly procedures: readonly PlacedProcedure[];
}

const ARENA_BYTES_MAX = 2 ** 32 - 2 ** 16;

/** All tensors of a program, those with data first, then the other lasting ones, then the passing ones. */
function tensorsOf(graph: TrainingGraph): Tensor[] {
  const all = new Set<Tensor>();
  if (graph.rowOrder) all.add(graph.rowOrder);
  for (const { lrTensor, choice } of graph.phases) {
    all.add(lrTensor);
    for (const score of choice?.scoring?.scores ?? []) all.add(score);
  }
  for (const tensor of graph.states) all.add(tensor);
  for (const procedure of graph.procedures) {
    for (const tensor of rowsAndResults(procedure)) if (tensor) all.add(tensor);
    for (const tensor of procedure.instructions.flatMap(({ operands }) => operands))
      all.add(tensor);
  }
  const RANKS = { run: 1, phase: 2, procedure: 3 } as const;
  const rank = (tensor: Tensor) => (tensor.data ? 0 : RANKS[tensor.lifetime]);
  return [...all].sort((a, b) => rank(a) - rank(b));
}

export function placeTensors(graph: TrainingGraph): ArenaPlacement {
  const tensors = tensorsOf(graph);
  const batch = Math.max(...graph.procedures.map((procedure) => procedure.batch));
  const sizes = sectionSizes(graph, tensors);
  const table = SECTION_TABLE + (SECTION_KINDS.length + 1) * SECTION_BYTES;
  const dataOffset = SECTION_KINDS.reduce((at, kind) => at + align(sizes[kind] ?? 0), table);
  const offsets = new Map<Tensor, number>();
  let end = dataOffset;
  const put = (tensor: Tensor) => {
    offsets.set(tensor, end);
    end += bytesAt(tensor, batch);
  };
  for (const tensor of tensors) if (tensor.data) put(tensor);
  const residentBytes = end;
  for (const tensor of tensors) if (!tensor.data && tensor.lifetime === "run") put(tensor);
  const shared = end;
  const phases = phaseTensors(graph.procedures);
  for (const own of phases.values()) {
    let at = shared;
    for (const tensor of own) {
      offsets.set(tensor, at);
      at += bytesAt(tensor, batch);
    }
  }
  // Of a checkpoint: all that phases have for themselves.
  for (const tensor of graph.states) if (tensor.lifetime === "phase") offsets.set(tensor, shared);
  // Rows may be predicted and evaluated between the steps of any phase.
  const largest = [...phases.values()].reduce(
    (a, b) => (phaseBytes(b) > phaseBytes(a) ? b : a),
    [],
  );
  const procedures = graph.procedures.map((procedure): PlacedProcedure => {
    const isOfPhase = procedure.kind === KIND_STEP || procedure.kind === KIND_BEGIN;
    const phase = phases.get(procedure) ?? (isOfPhase ? [] : largest);
    const regionOffset = shared + phaseBytes(phase);
    const blocks = blocksOf(procedure);
    const placement = placeBlocks(blocks);
    for (const block of blocks) {
      const offset = regionOffset + placement.offsets.get(block)!;
      for (const { tensor } of block.parts) offsets.set(tensor, offset);
    }
    const bound = lowerBoundOf(blocks);
    return {
      procedure,
      blocks,
      lowerBoundBytes: bound.bytes,
      peakInstruction: bound.instruction,
      phase,
      regionOffset,
      end: regionOffset + placement.bytes,
    };
  });
  const arenaBytes = Math.max(...procedures.map((placed) => placed.end));
  checkSize(arenaBytes);
  return { tensors, offsets, dataOffset, residentBytes, arenaBytes, procedures };
}

function checkSize(arenaBytes: number): void {
  if (arenaBytes <= ARENA_BYTES_MAX) return;
  throw new StropError(`the run needs ${arenaBytes} bytes; a WASM memory holds 4 GiB`, {
    code: "too-large",
    hint: "Give a smaller --batch, or freeze more.",
  });
}
