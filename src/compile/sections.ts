import {
  PHASE_BYTES,
  PROCEDURE_BYTES,
  SECTION_CODE,
  SECTION_DATA,
  SECTION_PHASES,
  SECTION_PROCEDURES,
  SECTION_STATE,
  SECTION_TENSORS,
  STATE_BYTES,
  TENSOR_BYTES,
} from "../../assembly/abi/program.js";
import type { Instruction, Procedure, Tensor, TrainingGraph } from "../autodiff/training-graph.js";

/** The resident sections in the order of the file. */
export const SECTION_KINDS = [
  SECTION_TENSORS,
  SECTION_CODE,
  SECTION_PROCEDURES,
  SECTION_PHASES,
  SECTION_STATE,
  SECTION_DATA,
] as const;

/** Bytes of each section by kind, DATA left out. */
export function sectionSizes(
  graph: TrainingGraph,
  tensors: readonly Tensor[],
): Readonly<Record<number, number>> {
  return {
    [SECTION_TENSORS]: tensors.length * TENSOR_BYTES,
    [SECTION_CODE]: graph.procedures.reduce((sum, procedure) => sum + codeBytes(procedure), 0),
    [SECTION_PROCEDURES]: graph.procedures.length * PROCEDURE_BYTES,
    [SECTION_PHASES]: graph.phases.length * PHASE_BYTES,
    [SECTION_STATE]: graph.states.length * STATE_BYTES,
  };
}

export function codeBytes(procedure: Procedure): number {
  return procedure.instructions.reduce(
    (sum, instruction) => sum + instructionBytes(instruction),
    0,
  );
}

export function instructionBytes({ operands, attributes }: Instruction): number {
  return 4 * (2 + operands.length + attributes.length);
}

export function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
