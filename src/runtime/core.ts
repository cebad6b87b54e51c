import { instantiateSync } from "@assemblyscript/loader";
import * as program from "../../assembly/abi/program.js";
import * as session from "../../assembly/abi/session.js";
import { DONE, ERROR_MIN } from "../../assembly/abi/status.js";
import { coreBinary, defaultFlavour, type Flavour } from "./flavour.js";
import { pagesFor, setMemoryPages } from "./wasm-memory.js";

/** The exports of assembly/index.ts. */
interface CoreExports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  arenaStart(): number;
  sessionStart(): number;
  programLoad(arenaBytes: number): number;
  trainBegin(rows: number): number;
  trainResume(rows: number): number;
  trainEndPhase(): number;
  procedureBegin(index: number, batch: number): number;
  run(budget: number): number;
  plateauMetric(value: number): number;
  fingerprint(): number;
  checkpointStart(): number;
  checkpointBegin(sequence: number): number;
  checkpointCheck(): number;
  checkpointRestore(): number;
}

/** Where an error of the core arose; which field means what is told by abi/status.ts. */
export interface Place {
  readonly status: number;
  readonly section: number;
  readonly index: number;
  readonly detail: number;
  readonly value: number;
}

/**
 * One instance of the WASM core with one program in its arena.
 *
 * Its memory is exactly what the program's plan says, rounded up to pages, and cannot grow.
 */
export class Core {
  readonly flavour: Flavour;
  private readonly exports: CoreExports;
  private readonly arena: number;
  private readonly words: Uint32Array;
  private readonly view: DataView;

  private constructor(flavour: Flavour, exports: CoreExports) {
    this.flavour = flavour;
    this.exports = exports;
    this.arena = exports.arenaStart();
    this.view = new DataView(exports.memory.buffer);
    this.words = new Uint32Array(
      exports.memory.buffer,
      exports.sessionStart(),
      session.SESSION_BYTES / 4,
    );
  }

  /**
   * Instantiates the core around a program file. Throws a CoreRefusal if the core does not accept it.
   */
  static load(programFile: Uint8Array, flavour: Flavour = defaultFlavour()): Core {
    const header = new DataView(programFile.buffer, programFile.byteOffset, programFile.byteLength);
    const resident = header.getUint32(program.HEADER_RESIDENT_BYTES, true);
    const arenaBytes = header.getUint32(program.HEADER_ARENA_BYTES, true);
    const binary = coreBinary(flavour);
    const pages = pagesFor(binary.arenaStart + arenaBytes);
    const { exports } = instantiateSync<CoreExports>(setMemoryPages(binary.bytes, pages), {});
    const core = new Core(flavour, exports as unknown as CoreExports);
    core.bytes(0, resident).set(programFile.subarray(0, resident));
    core.expectDone(exports.programLoad(arenaBytes));
    return core;
  }

  /** Bytes of linear memory, the core's own data included. */
  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** A view of the arena; offsets are the program's. */
  bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, this.arena + offset, length);
  }

  floats(offset: number, elements: number): Float32Array {
    return new Float32Array(this.exports.memory.buffer, this.arena + offset, elements);
  }

  ints(offset: number, elements: number): Int32Array {
    return new Int32Array(this.exports.memory.buffer, this.arena + offset, elements);
  }

  /** A u32 of the session record; field is a SESSION_ constant. */
  session(field: number): number {
    return this.words[field / 4] as number;
  }

  sessionF32(field: number): number {
    return this.view.getFloat32(this.exports.sessionStart() + field, true);
  }

  sessionF64(field: number): number {
    return this.view.getFloat64(this.exports.sessionStart() + field, true);
  }

  /** The indices of the rows that the trainer wants next, in order. */
  wantedRows(): Uint32Array {
    const at = this.session(session.SESSION_WANTED);
    return new Uint32Array(this.exports.memory.buffer, at, this.session(session.SESSION_BATCH));
  }

  trainBegin(rows: number): void {
    this.expectDone(this.exports.trainBegin(rows));
  }

  trainResume(rows: number): void {
    this.expectDone(this.exports.trainResume(rows));
  }

  /** Ends the phase under way. @returns whether it was the last one */
  trainEndPhase(): boolean {
    const status = this.exports.trainEndPhase() >>> 0;
    if (status >= ERROR_MIN) throw new CoreRefusal(this.place());
    return status === DONE;
  }

  /** Gets on with what was begun: DONE, ROWS, PAUSED or EPOCH. Throws a CoreRefusal on an error. */
  run(budget = 0): number {
    const status = this.exports.run(budget) >>> 0;
    if (status >= ERROR_MIN) throw new CoreRefusal(this.place());
    return status;
  }

  /** Selects a procedure for the `batch` rows that lie in its input tensors; run() gets on with it. */
  begin(procedure: number, batch: number): void {
    this.expectDone(this.exports.procedureBegin(procedure, batch));
  }

  /** What the phase takes for a measure of the epoch that has just ended. */
  plateauMetric(value: number): void {
    this.expectDone(this.exports.plateauMetric(value));
  }

  /** Runs a whole procedure on the `batch` rows that lie in its input tensors. */
  execute(procedure: number, batch: number): void {
    this.begin(procedure, batch);
    this.expectDone(this.run());
  }

  /** Hash of the trained weights and running statistics, sixteen hexadecimal digits. */
  fingerprint(): string {
    this.exports.fingerprint();
    const word = (field: number) => this.session(field).toString(16).padStart(8, "0");
    return word(session.SESSION_FINGERPRINT + 4) + word(session.SESSION_FINGERPRINT);
  }

  private place(): Place {
    return {
      status: this.session(session.SESSION_STATUS),
      section: this.session(session.SESSION_SECTION),
      index: this.session(session.SESSION_INDEX),
      detail: this.session(session.SESSION_DETAIL),
      value: this.session(session.SESSION_VALUE),
    };
  }

  private expectDone(status: number): void {
    if (status !== DONE) throw new CoreRefusal(this.place());
  }
}

/** The core said no; the caller, which knows names and files, turns the place into a sentence. */
export class CoreRefusal extends Error {
  readonly place: Place;

  constructor(place: Place) {
    super(`the core answered ${JSON.stringify(place)}`);
    this.name = "CoreRefusal";
    this.place = place;
  }
}
