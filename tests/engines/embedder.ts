import { CHECKPOINT_OF_SEQUENCE } from "../../assembly/abi/checkpoint.js";
import * as abi from "../../assembly/abi/program.js";
import * as session from "../../assembly/abi/session.js";
import { DONE, EPOCH, ERROR_MIN, PAUSED, ROWS } from "../../assembly/abi/status.js";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { readProgram } from "../../src/compile/program-reader.js";
import { coreBinary } from "../../src/runtime/flavour.js";
import { fitted, type Rows } from "./workload.js";

type Call = (...args: number[]) => number;

/** The exports of assembly/index.ts, as an embedder sees them: numbers in, numbers out. */
export class Embedder {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  private readonly exports: Record<string, Call>;

  constructor(
    readonly program: CompiledProgram,
    flavour: "scalar" | "simd",
    file = program.bytes,
  ) {
    const module = new WebAssembly.Module(fitted(coreBinary(flavour), program));
    const { exports } = new WebAssembly.Instance(module, {});
    this.exports = exports as Record<string, Call>;
    const { buffer } = exports.memory as WebAssembly.Memory;
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.bytes.set(file.subarray(0, program.residentBytes), this.call("arenaStart"));
  }

  call(name: string, ...args: number[]): number {
    return this.exports[name]!(...args) >>> 0;
  }

  session(field: number): number {
    return this.view.getUint32(this.call("sessionStart") + field, true);
  }

  load(): number {
    return this.call("programLoad", this.program.plan.arenaBytes);
  }

  /** Copies the rows that the core wants into the step's tensors. */
  fill({ x, y }: Rows): void {
    const { procedures, phases, tensors } = readProgram(this.program.bytes);
    const step = procedures[phases[this.session(session.SESSION_PHASE)]!.step]!;
    const [xTensor, yTensor] = [tensors[step.x!]!, tensors[step.y ?? abi.NONE]];
    const at = (offset: number) => this.call("arenaStart") + offset;
    const wanted = this.session(session.SESSION_WANTED);
    const width = xTensor.c1;
    for (let i = 0; i < this.session(session.SESSION_BATCH); ++i) {
      const row = this.view.getUint32(wanted + 4 * i, true);
      for (let k = 0; k < width; ++k) {
        this.view.setFloat32(at(xTensor.offset) + 4 * (i * width + k), x[row * width + k]!, true);
      }
      if (yTensor) this.view.setInt32(at(yTensor.offset) + 4 * i, y[row]!, true);
    }
  }

  /** A checkpoint record of the state as it stands. */
  record(sequence: number): Uint8Array {
    if (this.call("checkpointBegin", sequence) !== DONE)
      throw new Error("no checkpoint in mid-step");
    const record = new Uint8Array(this.call("checkpointBytes"));
    let at = 0;
    for (let i = 0; i < this.call("checkpointPieces"); ++i) {
      const start = this.call("checkpointPiece", i);
      const bytes = this.call("checkpointPieceBytes", i);
      record.set(this.bytes.subarray(start, start + bytes), at);
      at += bytes;
    }
    return record;
  }

  /** Puts the pieces in place but for the program's own, as far as the record reaches, and takes it into use. */
  restore(record: Uint8Array): number {
    let at = 0;
    for (let i = 0; i < this.call("checkpointPieces"); ++i) {
      const [start, bytes] = [
        this.call("checkpointPiece", i),
        this.call("checkpointPieceBytes", i),
      ];
      if (i !== 1) this.bytes.set(record.subarray(at, at + bytes), start);
      at += bytes;
    }
    return this.call("checkpointRestore");
  }

  /** Runs what was begun until `steps` steps of the phase are done, or to the end. */
  runUntil(rows: Rows, steps = Number.POSITIVE_INFINITY): void {
    while (this.session(session.SESSION_STEP) < steps) {
      if (this.session(session.SESSION_STAGE) === session.STAGE_ROWS) this.fill(rows);
      const status = this.call("run", 0);
      if (status === DONE) return;
      if (status >= ERROR_MIN) throw new Error(`status ${status}`);
    }
  }

  /** Runs what was begun to its end. @param betweenSteps before each step */
  runWhole(rows: Rows, betweenSteps?: () => void): void {
    for (let status = this.call("run", 0); status !== DONE; status = this.call("run", 0)) {
      if (status >= ERROR_MIN) throw new Error(`status ${status}`);
      if (this.session(session.SESSION_STAGE) !== session.STAGE_ROWS) continue;
      betweenSteps?.();
      this.fill(rows);
    }
  }

  fingerprint(): string {
    this.call("fingerprint");
    const word = (field: number) => this.session(field).toString(16).padStart(8, "0");
    return word(session.SESSION_FINGERPRINT + 4) + word(session.SESSION_FINGERPRINT);
  }
}

export interface Training {
  /** OUT after each save. */
  readonly files: readonly Uint8Array[];
  readonly fingerprint: string;
}

/** Trains to the end, saving as the WASI command does: at each epoch's end and, if told so, at each step's. */
export function train(
  program: CompiledProgram,
  rows: Rows,
  options: { flavour: "scalar" | "simd"; everyStep?: boolean; budget?: number },
): Training {
  const core = new Embedder(program, options.flavour);
  if (core.load() !== DONE || core.call("trainBegin", rows.y.length) !== DONE) {
    throw new Error("the core refused the program");
  }
  const files: Uint8Array[] = [];
  let saved = 0;
  for (;;) {
    const status = core.call("run", options.budget ?? 0);
    const step = core.session(session.SESSION_STEP);
    const save = status === EPOCH || status === DONE || (options.everyStep && status === ROWS);
    if (save && step !== saved) {
      files.push(withRecord(files.at(-1), core.record(files.length + 1)));
      saved = step;
    }
    if (status === ROWS) core.fill(rows);
    else if (status === DONE) return { files, fingerprint: core.fingerprint() };
    else if (status !== EPOCH && status !== PAUSED) throw new Error(`status ${status}`);
  }
}

/** The file with the record in the slot that its sequence gives it: 1, 3, 5… in the first. */
export function withRecord(file: Uint8Array | undefined, record: Uint8Array): Uint8Array {
  const sequence = new DataView(record.buffer).getUint32(CHECKPOINT_OF_SEQUENCE, true);
  const start = sequence % 2 ? 0 : record.length;
  const next = new Uint8Array(Math.max(file?.length ?? 0, start + record.length));
  next.set(file ?? []);
  next.set(record, start);
  return next;
}
