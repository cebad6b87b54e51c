import { PAUSED } from "../../../assembly/abi/status.js";
import { isWritten } from "../../../src/autodiff/signature.js";
import type { CompiledProgram } from "../../../src/compile/compile.js";
import { readProgram } from "../../../src/compile/program-reader.js";
import { Core } from "../../../src/runtime/core.js";
import type { Flavour } from "../../../src/runtime/flavour.js";

/**
 * One run of a procedure, instruction by instruction: what lives only within it can be read as it was written,
 * before its place is another's.
 */
export class TracedRun {
  private readonly written = new Map<string, Float32Array>();
  private readonly core: Core;

  /** @param rows x and, where the procedure takes labels or targets, y, both for the whole batch */
  constructor(
    private readonly program: CompiledProgram,
    name: "evaluate" | "step",
    rows: { readonly x: Float32Array; readonly y: Float32Array | Int32Array },
    flavour: Flavour,
  ) {
    const index = program.procedures[name]!;
    const procedure = readProgram(program.bytes).procedures[index]!;
    this.core = Core.load(program.bytes, flavour);
    this.core.floats(program.tensors[procedure.x!]!.offset, rows.x.length).set(rows.x);
    const labels = program.tensors[procedure.y!]!.offset;
    if (rows.y instanceof Int32Array) this.core.ints(labels, rows.y.length).set(rows.y);
    else this.core.floats(labels, rows.y.length).set(rows.y);
    this.core.begin(index, program.batch);
    for (const { opcode, operands } of procedure.instructions) {
      const status = this.core.run(1);
      operands.forEach((id, k) => {
        if (isWritten(opcode, k)) this.written.set(program.tensors[id]!.name, this.read(id));
      });
      if (status !== PAUSED) break;
    }
  }

  /** What a tensor of the procedure was last given. */
  valueOf(name: string): Float32Array {
    const value = this.written.get(name);
    if (value === undefined) throw new Error(`the procedure does not write '${name}'`);
    return value;
  }

  private read(id: number): Float32Array {
    const { offset, c0, c1 } = this.program.tensors[id]!;
    return this.core.floats(offset, c0 + c1 * this.program.batch).slice();
  }
}
