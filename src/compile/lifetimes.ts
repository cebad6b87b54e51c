import { firstWritten, isWritten, mayAlias } from "../autodiff/signature.js";
import {
  bytesAt,
  type Instruction,
  type Procedure,
  resultsOf,
  type Tensor,
} from "../autodiff/training-graph.js";

/** From a tensor's first to its last use; what the host reads lives to the procedure's end. */
export interface LiveRange {
  readonly tensor: Tensor;
  start: number;
  end: number;
}

/**
 * A stretch of memory in one procedure, needed from instruction `start` to `end`, both included. It has
 * more than one part if tensors are written in place, each over the one before.
 */
export interface Block {
  readonly parts: LiveRange[];
  readonly bytes: number;
  readonly start: number;
  end: number;
}

function liveRangesOf(procedure: Procedure): Map<Tensor, LiveRange> {
  const ranges = new Map<Tensor, LiveRange>();
  procedure.instructions.forEach((instruction, index) => {
    for (const tensor of instruction.operands) {
      if (tensor.lifetime !== "procedure") continue;
      const range = ranges.get(tensor);
      if (range) range.end = index;
      else ranges.set(tensor, { tensor, start: index, end: index });
    }
  });
  for (const tensor of [...resultsOf(procedure), ...(procedure.objective ?? [])]) {
    const range = tensor && ranges.get(tensor);
    if (range) range.end = procedure.instructions.length;
  }
  return ranges;
}

/** The blocks of a procedure, with results laid over inputs that die there wherever the opcode allows. */
export function blocksOf(procedure: Procedure): Block[] {
  const ranges = liveRangesOf(procedure);
  const blocks = new Map<Tensor, Block>();
  for (const [tensor, range] of ranges) {
    const { start, end } = range;
    blocks.set(tensor, { parts: [range], bytes: bytesAt(tensor, procedure.batch), start, end });
  }
  procedure.instructions.forEach((instruction, index) => {
    const result = instruction.operands[firstWritten(instruction.opcode)];
    if (!result || ranges.get(result)?.start !== index) return;
    const over = instruction.operands.find(
      (operand) => ranges.get(operand)?.end === index && canLieOver(instruction, operand, result),
    );
    if (!over) return;
    const block = blocks.get(over)!;
    block.parts.push(ranges.get(result)!);
    block.end = blocks.get(result)!.end;
    blocks.set(result, block);
  });
  return [...new Set(blocks.values())];
}

function canLieOver({ opcode, operands }: Instruction, operand: Tensor, result: Tensor): boolean {
  if (operand === result || operand.type !== result.type) return false;
  if (operand.c0 !== result.c0 || operand.c1 !== result.c1) return false;
  return operands.every((o, i) => o !== operand || (mayAlias(opcode, i) && !isWritten(opcode, i)));
}
