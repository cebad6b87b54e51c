import { TYPE_I32 } from "../../assembly/abi/program.js";
import {
  type InstructionRecord,
  type ProgramRecord,
  readProgram,
  type TensorRecord,
} from "../compile/program-reader.js";
import { augmentation } from "./augment.js";
import { batchNorm } from "./batch-norm.js";
import { convolution } from "./convolution.js";
import { elementwise } from "./elementwise.js";
import { gemm } from "./gemm.js";
import type { Kernel, Position } from "./kernel.js";
import { losses } from "./losses.js";
import { optimizers } from "./optimizers.js";
import { rows } from "./rows.js";
import { separables } from "./separable.js";
import { solvers } from "./solvers.js";

const kernels: ReadonlyMap<number, Kernel> = new Map([
  ...elementwise,
  ...gemm,
  ...convolution,
  ...batchNorm,
  ...losses,
  ...optimizers,
  ...rows,
  ...separables,
  ...augmentation,
  ...solvers,
]);

/**
 * Executes a program file in f64, one obvious loop per opcode: the oracle for the core.
 *
 * Every tensor has an array of its own, so what the memory plan does cannot reach it. i32 tensors are
 * f64 arrays of whole numbers. Sums are in the plainest order, not in the core's.
 */
export class ReferenceVm {
  readonly program: ProgramRecord;
  /** What the core has in its session record; set it before a step. */
  position: Position = { step: 0, row: 0 };
  private readonly arrays: readonly Float64Array[];

  constructor(file: Uint8Array) {
    this.program = readProgram(file);
    this.arrays = this.program.tensors.map((tensor) => this.initialArray(file, tensor));
  }

  /** The batch the program was planned for. */
  get batch(): number {
    return this.program.batchMax;
  }

  /** The whole tensor at the largest batch; write to it to set inputs, labels or the learning rate. */
  tensor(id: number): Float64Array {
    return this.arrays[id]!;
  }

  /** The tensor's elements at a batch. */
  tensorAt(id: number, batch: number): Float64Array {
    const { c0, c1 } = this.program.tensors[id]!;
    return this.arrays[id]!.subarray(0, c0 + c1 * batch);
  }

  idOf(name: string): number {
    const id = this.program.tensorNames.indexOf(name);
    if (id < 0) throw new Error(`no tensor ${name}`);
    return id;
  }

  /** Runs a procedure from start to end. @param onInstruction called after each instruction */
  execute(
    procedure: number,
    batch: number = this.batch,
    onInstruction?: (index: number, instruction: InstructionRecord) => void,
  ): void {
    this.program.procedures[procedure]!.instructions.forEach((instruction, index) => {
      const kernel = kernels.get(instruction.opcode | 0);
      if (!kernel) throw new Error(`no kernel for opcode ${instruction.opcode}`);
      const operands = instruction.operands.map((id) => this.tensorAt(id, batch));
      const { attributes } = instruction;
      kernel({ operands, attributes, batch, position: this.position, index });
      onInstruction?.(index, instruction);
    });
  }

  private initialArray(file: Uint8Array, { type, offset, c0, c1 }: TensorRecord): Float64Array {
    const elements = c0 + c1 * this.program.batchMax;
    const array = new Float64Array(elements);
    if (offset + 4 * elements > this.program.residentBytes) return array;
    const view = new DataView(file.buffer, file.byteOffset + offset, 4 * elements);
    for (let i = 0; i < elements; i++) {
      array[i] = type === TYPE_I32 ? view.getInt32(4 * i, true) : view.getFloat32(4 * i, true);
    }
    return array;
  }
}
