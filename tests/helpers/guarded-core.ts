import { CHECKPOINT_HEADER_BYTES } from "../../assembly/abi/checkpoint.js";
import * as abi from "../../assembly/abi/program.js";
import * as session from "../../assembly/abi/session.js";
import { DONE, ERROR_MIN, ROWS } from "../../assembly/abi/status.js";
import { coreBinary } from "../../src/runtime/flavour.js";
import { PAGE_BYTES, setMemoryPages } from "../../src/runtime/wasm-memory.js";

const PAGES = 2;
/** Calls of run() that a training gets; a forged one may want a billion epochs. */
const CALLS = 24;
const BUDGET = 20_000;

type Call = (...args: number[]) => number;

/** What a forged program came to. */
export interface Outcome {
  readonly accepted: boolean;
  /** The arena after all was run. */
  readonly arena: Uint8Array;
}

/**
 * A core with an arena in the middle of its memory, which runs all that a program file offers and
 * tells whether anything outside of the arena was written.
 */
export class GuardedCore {
  readonly memory: Uint8Array;
  private readonly words: DataView;
  private readonly exports: Record<string, Call>;
  private readonly arena: number;

  constructor(
    private readonly arenaBytes: number,
    private readonly rows: number,
    flavour: "scalar" | "simd" = "scalar",
  ) {
    const { bytes } = coreBinary(flavour);
    const module = new WebAssembly.Module(setMemoryPages(bytes, PAGES));
    const { exports } = new WebAssembly.Instance(module, {});
    this.exports = exports as Record<string, Call>;
    const { buffer } = exports.memory as WebAssembly.Memory;
    this.memory = new Uint8Array(buffer);
    this.words = new DataView(buffer);
    this.arena = this.call("arenaStart");
    if (this.arena + arenaBytes > PAGES * PAGE_BYTES) throw new Error("the arena is too large");
  }

  call(name: string, ...args: number[]): number {
    return this.exports[name]!(...args) >>> 0;
  }

  /**
   * Loads the file and runs its training and every procedure for a while, filling rows as an embedder
   * does. Throws if the core traps, writes outside of the arena, or answers what is no status.
   *
   * @param guard the byte that fills the memory around the arena
   */
  runAll(file: Uint8Array, guard: number): Outcome {
    const end = this.arena + this.arenaBytes;
    this.memory.fill(0, this.arena, end);
    this.memory.fill(guard, end);
    const before = this.outside();
    const accepted = this.load(file) === DONE;
    if (accepted) {
      this.train();
      this.load(file);
      this.runProcedures();
    }
    const after = this.outside();
    if (Buffer.compare(before, after) !== 0) throw new Error("wrote outside of the arena");
    return { accepted, arena: this.memory.slice(this.arena, end) };
  }

  private load(file: Uint8Array): number {
    this.memory.set(file.subarray(0, this.arenaBytes), this.arena);
    return this.call("programLoad", this.arenaBytes);
  }

  private train(): void {
    if (this.call("trainBegin", this.rows) !== DONE) return;
    this.runFor(CALLS, () => this.fill(this.session(session.SESSION_PHASES)));
    this.call("plateauMetric", 0.5);
    if (this.call("checkpointBegin", 1) === DONE) this.call("checkpointRestore");
    this.call("fingerprint");
  }

  private runProcedures(): void {
    for (let index = 0; index < this.session(session.SESSION_PROCEDURE_COUNT); index++) {
      const batch = this.procedureWord(index, abi.PROCEDURE_BATCH);
      for (const rows of [1, batch >> 1, batch]) {
        if (this.call("procedureBegin", index, rows) !== DONE) continue;
        this.fillProcedure(index, rows);
        this.runFor(CALLS, () => {});
      }
    }
  }

  private runFor(calls: number, fill: () => void): void {
    for (let i = 0; i < calls; i++) {
      const status = this.call("run", BUDGET);
      if (status === ROWS) fill();
      if (status === DONE || status >= ERROR_MIN) return;
    }
  }

  /** Fills the rows that the first phase's step wants. */
  private fill(phase: number): void {
    const step = this.words.getUint32(phase + abi.PHASE_STEP, true);
    this.fillProcedure(step, this.session(session.SESSION_BATCH));
  }

  /** Small numbers for rows and labels, as many as the program's own tables say. */
  private fillProcedure(index: number, batch: number): void {
    for (const field of [abi.PROCEDURE_X, abi.PROCEDURE_Y]) {
      const id = this.procedureWord(index, field);
      if (id === abi.NONE) continue;
      const record = this.session(session.SESSION_TENSORS) + id * abi.TENSOR_BYTES;
      const word = (at: number) => this.words.getUint32(record + at, true);
      const elements = word(abi.TENSOR_C0) + word(abi.TENSOR_C1) * batch;
      const start = this.arena + word(abi.TENSOR_OFFSET);
      for (let i = 0; i < elements; i++) {
        if (word(abi.TENSOR_TYPE) === abi.TYPE_I32) this.words.setInt32(start + 4 * i, i % 3, true);
        else this.words.setFloat32(start + 4 * i, (i % 7) / 7 - 0.4, true);
      }
    }
  }

  private procedureWord(index: number, field: number): number {
    const at = this.session(session.SESSION_PROCEDURES) + index * abi.PROCEDURE_BYTES + field;
    return this.words.getUint32(at, true);
  }

  private session(field: number): number {
    return this.words.getUint32(this.call("sessionStart") + field, true);
  }

  /** All bytes around the arena but for the session record, the checkpoint's header and the kernels' scratch. */
  private outside(): Uint8Array {
    const copy = Buffer.concat([
      this.memory.subarray(0, this.arena),
      this.memory.subarray(this.arena + this.arenaBytes),
    ]);
    const own = this.call("sessionStart");
    copy.fill(0, own, own + session.SESSION_BYTES);
    const header = this.call("checkpointStart");
    copy.fill(0, header, header + CHECKPOINT_HEADER_BYTES);
    const scratch = this.call("scratchStart");
    return copy.fill(0, scratch, scratch + this.call("scratchBytes"));
  }
}
