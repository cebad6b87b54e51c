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

export interface SingleInstruction {
  readonly bytes: Uint8Array;
  /** Per operand its tensor id, offset in the arena and elements at the full batch. */
  readonly operands: readonly { tensor: number; offset: number; elements: number }[];
  readonly arenaBytes: number;
  /** Index of the only procedure. */
  readonly procedure: 0;
}

/** A program whose one procedure is one instruction: a kernel's test bed, for the core and the VM. */
export function singleInstruction(
  opcode: number,
  specs: readonly OperandSpec[],
  attributes: readonly number[] = [],
  batch = 1,
): SingleInstruction {
  const operands = specs.map((spec, i) => tensorOf(spec, `operand ${i}`));
  const work = workOf(opcode, operands, attributes, batch);
  const instructions = [{ opcode, operands, attributes, work }];
  const graph: TrainingGraph = {
    procedures: [{ name: "single", kind: KIND_STEP, batch, instructions }],
    phases: [],
    states: [],
    rowsMax: 0,
  };
  const placement = placeTensors(graph);
  const offsets = new Map(placement.offsets);
  specs.forEach(({ at }, i) => {
    if (at !== undefined) offsets.set(operands[i]!, offsets.get(operands[at]!)!);
  });
  return {
    bytes: writeProgram(graph, { ...placement, offsets }),
    operands: operands.map((tensor) => ({
      tensor: placement.tensors.indexOf(tensor),
      offset: offsets.get(tensor)!,
      elements: tensor.c0 + tensor.c1 * batch,
    })),
    arenaBytes: placement.arenaBytes,
    procedure: 0,
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
