import { SECTION_BYTES, SECTION_TABLE } from "../../assembly/abi/program.js";
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
}

/**
 * Every tensor's address: the file as it is loaded, then what lives for the run and begins as zeros,
 * then one region that all procedures share.
 */
export interface ArenaPlacement {
  /** In the order of their ids. */
  readonly tensors: readonly Tensor[];
  readonly offsets: ReadonlyMap<Tensor, number>;
  readonly dataOffset: number;
  readonly residentBytes: number;
  /** Where the shared region begins. */
  readonly regionOffset: number;
  readonly arenaBytes: number;
  readonly procedures: readonly PlacedProcedure[];
}

const ARENA_BYTES_MAX = 2 ** 32 - 2 ** 16;

/** All tensors of a program, those with data first, then the other lasting ones, then the passing ones. */
function tensorsOf(graph: TrainingGraph): Tensor[] {
  const all = new Set<Tensor>();
  if (graph.rowOrder) all.add(graph.rowOrder);
  for (const phase of graph.phases) all.add(phase.lrTensor);
  for (const tensor of graph.states) all.add(tensor);
  for (const procedure of graph.procedures) {
    for (const tensor of rowsAndResults(procedure)) if (tensor) all.add(tensor);
    for (const tensor of procedure.instructions.flatMap(({ operands }) => operands))
      all.add(tensor);
  }
  const rank = (tensor: Tensor) => (tensor.data ? 0 : tensor.lifetime === "run" ? 1 : 2);
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
  const regionOffset = end;
  const procedures = graph.procedures.map((procedure): PlacedProcedure => {
    const blocks = blocksOf(procedure);
    const placement = placeBlocks(blocks);
    for (const block of blocks) {
      const offset = regionOffset + placement.offsets.get(block)!;
      for (const { tensor } of block.parts) offsets.set(tensor, offset);
    }
    end = Math.max(end, regionOffset + placement.bytes);
    const bound = lowerBoundOf(blocks);
    return {
      procedure,
      blocks,
      lowerBoundBytes: bound.bytes,
      peakInstruction: bound.instruction,
    };
  });
  checkSize(end);
  return { tensors, offsets, dataOffset, residentBytes, regionOffset, arenaBytes: end, procedures };
}

function checkSize(arenaBytes: number): void {
  if (arenaBytes <= ARENA_BYTES_MAX) return;
  throw new StropError(`the run needs ${arenaBytes} bytes; a WASM memory holds 4 GiB`, {
    code: "too-large",
    hint: "Give a smaller --batch, or freeze more.",
  });
}
