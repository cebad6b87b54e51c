import { ROLE_OPTIMIZER } from "../../assembly/abi/program.js";
import { bytesAt, type Procedure, type Tensor } from "./training-graph.js";

/**
 * The tensors that live for a phase, or for the turn of a block, by the procedures that use some of them: those of one
 * phase are one list, in its order in memory.
 */
export function phaseTensors(
  procedures: readonly Procedure[],
): ReadonlyMap<Procedure, readonly Tensor[]> {
  const found = new Map<Procedure, readonly Tensor[]>();
  const owners = new Map<Tensor, readonly Tensor[]>();
  const used = procedures.map((procedure) => {
    const operands = procedure.instructions.flatMap((instruction) => instruction.operands);
    const own = [...new Set(operands)].filter(({ lifetime }) => lifetime === "phase");
    return { procedure, own };
  });
  // A step uses all that lives for its phase; what begins it, or predicts in it, may use less.
  for (const { procedure, own } of used.sort((a, b) => b.own.length - a.own.length)) {
    if (own.length === 0) continue;
    const known = owners.get(own[0]!);
    if (own.some((tensor) => owners.get(tensor) !== known)) {
      throw new Error(`${procedure.name} uses what lives for several phases`);
    }
    for (const tensor of own) owners.set(tensor, known ?? own);
    found.set(procedure, known ?? own);
  }
  return found;
}

/** Bytes of such a list, one tensor behind the other. */
export function phaseBytes(own: readonly Tensor[]): number {
  return own.reduce((sum, tensor) => sum + bytesAt(tensor, 1), 0);
}

/**
 * The memory that phases share, as one entry of a checkpoint: whatever phase is at work, its bytes are in there.
 * Undefined if no tensor lives for a phase.
 */
export function phaseState(procedures: readonly Procedure[]): Tensor | undefined {
  const bytes = Math.max(0, ...[...phaseTensors(procedures).values()].map(phaseBytes));
  if (bytes === 0) return undefined;
  return {
    name: "what lives for a phase",
    type: "f32",
    c0: bytes / 4,
    c1: 0,
    category: "optimizer",
    lifetime: "phase",
    state: { role: ROLE_OPTIMIZER, name: "phase" },
  };
}
