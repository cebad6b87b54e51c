import { instantiateSync } from "@assemblyscript/loader";
import * as abi from "../../assembly/abi/solver.js";
import { ERROR_MIN } from "../../assembly/abi/status.js";
import { defaultFlavour, type Flavour, solversBinary } from "../runtime/flavour.js";
import { pagesFor, setMemoryPages } from "../runtime/wasm-memory.js";

/** The exports of assembly/solvers.ts. */
interface SolverExports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  arenaStart(): number;
  solverBytes(): number;
  solveBegin(arenaBytes: number): number;
  solveRun(budget: number): number;
}

/** The solvers have no flavour of their own for relaxed SIMD. */
export type SolverFlavour = Exclude<Flavour, "relaxed">;

/** Fields of the given part that are u32, and where they lie. */
const WORDS = {
  method: abi.SOLVER_METHOD,
  rows: abi.SOLVER_ROWS,
  columns: abi.SOLVER_COLUMNS,
  outputs: abi.SOLVER_OUTPUTS,
  intercept: abi.SOLVER_INTERCEPT,
  maxIterations: abi.SOLVER_MAX_ITERATIONS,
  selection: abi.SOLVER_SELECTION,
  points: abi.SOLVER_POINTS,
  precompute: abi.SOLVER_PRECOMPUTE,
  batch: abi.SOLVER_BATCH,
  init: abi.SOLVER_INIT,
} as const;

/** Those that are f64. */
const NUMBERS = {
  alpha: abi.SOLVER_ALPHA,
  l1Ratio: abi.SOLVER_L1_RATIO,
  tol: abi.SOLVER_TOL,
  pathEps: abi.SOLVER_PATH_EPS,
} as const;

/** The given part of a problem record; what is absent is 0. The seed is a whole number below 2⁵³. */
export type Problem = {
  readonly [K in keyof typeof WORDS | keyof typeof NUMBERS | "seed"]?: number;
};

/** A solver said no; index and value are told by abi/solver.ts. */
export class SolverRefusal extends Error {
  constructor(
    readonly status: number,
    readonly index: number,
    readonly value: number,
  ) {
    super(`the solver answered ${status} at ${index}, ${value}`);
    this.name = "SolverRefusal";
  }
}

/**
 * One instance of the solvers with one problem in its arena. Its memory is exactly what the solvers say that the
 * problem needs, rounded up to pages, and cannot grow.
 */
export class SolverCore {
  readonly flavour: SolverFlavour;
  /** Bytes of the arena. */
  readonly arenaBytes: number;
  private readonly exports: SolverExports;
  private readonly view: DataView;
  private readonly record: number;

  /** Throws a SolverRefusal if the problem is impossible. */
  constructor(problem: Problem, flavour: SolverFlavour = solverFlavour()) {
    this.flavour = flavour;
    const { record, bytes } = arenaOf(problem, flavour);
    this.arenaBytes = bytes;
    const instance = new Instance(moduleOf(flavour, pagesFor(record + bytes)), problem);
    this.exports = instance.exports;
    this.view = instance.view;
    this.record = instance.record;
    if (this.exports.solveBegin(this.arenaBytes) >>> 0 >= ERROR_MIN) throw instance.refusal();
  }

  /** Bytes of linear memory, the solvers' own data included. */
  get memoryBytes(): number {
    return this.view.byteLength;
  }

  /** A u32 of the record; field is a SOLVER_ constant. */
  word(field: number): number {
    return this.view.getUint32(this.record + field, true);
  }

  /** An f64 of the record. */
  number(field: number): number {
    return this.view.getFloat64(this.record + field, true);
  }

  /** The array whose address the record has at `field`, `offset` bytes on. */
  floats(field: number, length: number, offset = 0): Float32Array {
    return new Float32Array(this.view.buffer as ArrayBuffer, this.word(field) + offset, length);
  }

  doubles(field: number, length: number, offset = 0): Float64Array {
    return new Float64Array(this.view.buffer as ArrayBuffer, this.word(field) + offset, length);
  }

  words(field: number, length: number, offset = 0): Uint32Array {
    return new Uint32Array(this.view.buffer as ArrayBuffer, this.word(field) + offset, length);
  }

  /** Gets on with the problem: DONE, ROWS or PAUSED. Throws a SolverRefusal on an error. */
  run(budget = 0): number {
    const status = this.exports.solveRun(budget) >>> 0;
    if (status < ERROR_MIN) return status;
    throw new SolverRefusal(status, this.word(abi.SOLVER_INDEX), this.word(abi.SOLVER_VALUE));
  }
}

/** Bytes of arena that the problem needs. Throws a SolverRefusal if it is impossible. */
export function solverArenaBytes(problem: Problem, flavour: SolverFlavour): number {
  return arenaOf(problem, flavour).bytes;
}

/**
 * Where the arena starts, and how many bytes of it the problem needs, as an instance of one page says: only the
 * solvers know. Throws a SolverRefusal if the problem is impossible.
 */
function arenaOf(problem: Problem, flavour: SolverFlavour): { record: number; bytes: number } {
  const asked = new Instance(moduleOf(flavour, 1), problem);
  const bytes = asked.exports.solverBytes() >>> 0;
  if (bytes === 0) throw asked.refusal();
  return { record: asked.record, bytes };
}

/** The best flavour of this engine. */
export function solverFlavour(): SolverFlavour {
  return defaultFlavour() === "simd" ? "simd" : "scalar";
}

/** How many modules are kept. */
const MODULES_KEPT = 8;
const modules = new Map<string, WebAssembly.Module>();

/** The solvers with a memory of so many pages. Engines compile in the background: a module that is kept gets fast. */
function moduleOf(flavour: SolverFlavour, pages: number): WebAssembly.Module {
  const key = `${flavour} ${pages}`;
  let module = modules.get(key);
  if (!module) {
    module = new WebAssembly.Module(setMemoryPages(solversBinary(flavour).bytes, pages));
    const [oldest] = modules.keys();
    if (modules.size === MODULES_KEPT) modules.delete(oldest as string);
    modules.set(key, module);
  }
  return module;
}

/** A module instance with the problem's given part in its record. */
class Instance {
  readonly exports: SolverExports;
  readonly view: DataView;
  readonly record: number;

  constructor(module: WebAssembly.Module, problem: Problem) {
    const { exports } = instantiateSync<SolverExports>(module, {});
    this.exports = exports as unknown as SolverExports;
    this.view = new DataView(this.exports.memory.buffer);
    this.record = this.exports.arenaStart();
    for (const [name, at] of Object.entries(WORDS)) {
      this.view.setUint32(this.record + at, problem[name as keyof Problem] ?? 0, true);
    }
    for (const [name, at] of Object.entries(NUMBERS)) {
      this.view.setFloat64(this.record + at, problem[name as keyof Problem] ?? 0, true);
    }
    this.view.setBigUint64(this.record + abi.SOLVER_SEED, BigInt(problem.seed ?? 0), true);
  }

  refusal(): SolverRefusal {
    const word = (field: number) => this.view.getUint32(this.record + field, true);
    return new SolverRefusal(
      word(abi.SOLVER_STATUS),
      word(abi.SOLVER_INDEX),
      word(abi.SOLVER_VALUE),
    );
  }
}
