import { KIND_STEP } from "../../assembly/abi/program.js";
import { floatBits, type Tensor, type TrainingGraph } from "../../src/autodiff/training-graph.js";
import { workOf } from "../../src/autodiff/work.js";
import { placeTensors } from "../../src/compile/placement.js";
import { writeProgram } from "../../src/compile/writer.js";

/** An f32 attribute. */
export const f32 = floatBits;

/** One operand: elements = c0 + c1·batch. */
export interface OperandSpec {
  readonly c0?: number;
  readonly c1?: number;
  /** default f32 */
  readonly type?: "f32" | "i32";
  /** Content at the full batch; zeros if left out. */
  readonly data?: ArrayLike<number>;
  /** Lies exactly where the operand of this number lies (in place); that one has the data. */
  readonly at?: number;
}

export interface InstructionSpec {
  readonly opcode: number;
  readonly operands: readonly OperandSpec[];
  readonly attributes?: readonly number[];
}

/** Of an operand its tensor id, offset in the arena and elements at the full batch. */
export interface PlacedOperand {
  readonly tensor: number;
  readonly offset: number;
  readonly elements: number;
}

export interface SingleInstruction {
  readonly bytes: Uint8Array;
  readonly operands: readonly PlacedOperand[];
  readonly arenaBytes: number;
  /** Index of the only procedure. */
  readonly procedure: 0;
}

/** A program whose one procedure is one instruction: a kernel's test bed, for the core and the VM. */
export function singleInstruction(
  opcode: number,
  operands: readonly OperandSpec[],
  attributes: readonly number[] = [],
  batch = 1,
): SingleInstruction {
  const program = separateInstructions([{ opcode, operands, attributes }], batch);
  return { ...program, operands: program.operands[0]!, procedure: 0 };
}

/** The same for many instructions, each a procedure with operands of its own. */
export function separateInstructions(specs: readonly InstructionSpec[], batch = 1) {
  const instructions = specs.map(({ opcode, operands: given, attributes = [] }) => {
    const operands = given.map((spec, i) => tensorOf(spec, `operand ${i}`));
    return { opcode, operands, attributes, work: workOf(opcode, operands, attributes, batch) };
  });
  const graph: TrainingGraph = {
    procedures: instructions.map((instruction, i) => {
      return { name: `single ${i}`, kind: KIND_STEP, batch, instructions: [instruction] };
    }),
    phases: [],
    states: [],
    rowsMax: 0,
  };
  const placement = placeTensors(graph);
  const offsets = new Map(placement.offsets);
  for (const [i, { operands }] of instructions.entries()) {
    specs[i]!.operands.forEach(({ at }, k) => {
      if (at !== undefined) offsets.set(operands[k]!, offsets.get(operands[at]!)!);
    });
  }
  const ids = new Map(placement.tensors.map((tensor, id) => [tensor, id]));
  const placed = (tensor: Tensor): PlacedOperand => ({
    tensor: ids.get(tensor)!,
    offset: offsets.get(tensor)!,
    elements: tensor.c0 + tensor.c1 * batch,
  });
  return {
    bytes: writeProgram(graph, { ...placement, offsets }),
    operands: instructions.map(({ operands }) => operands.map(placed)),
    arenaBytes: placement.arenaBytes,
  };
}

function tensorOf({ c0 = 0, c1 = 0, type = "f32", data }: OperandSpec, name: string): Tensor {
  const content = data && (type === "f32" ? Float32Array.from(data) : Int32Array.from(data));
  return {
    name,
    type,
    c0,
    c1,
    category: "rows",
    lifetime: "run",
    ...(content && { data: content }),
  };
}
