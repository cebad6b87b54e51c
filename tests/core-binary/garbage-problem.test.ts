import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/solver.js";
import { BAD_CALL, BAD_SIZE, DONE, ERROR_MIN, PAUSED } from "../../assembly/abi/status.js";
import { solversBinary } from "../../src/runtime/flavour.js";
import { setMemoryPages } from "../../src/runtime/wasm-memory.js";
import { TestRandom } from "../helpers/random.js";

const PAGES = 2;
/** Behind the arena lies what nobody may touch. */
const GUARD = 4096;
const GIVEN_BYTES = 128;
const FLAVOURS = ["scalar", "simd"] as const;

type Call = (...args: number[]) => number;

/** The solvers as an embedder sees them that writes whatever it likes into the record. */
class Forger {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly arenaBytes: number;
  readonly start: number;
  private readonly exports: Record<string, Call>;

  constructor(flavour: "scalar" | "simd") {
    const module = new WebAssembly.Module(setMemoryPages(solversBinary(flavour).bytes, PAGES));
    const { exports } = new WebAssembly.Instance(module, {});
    this.exports = exports as Record<string, Call>;
    const { buffer } = exports.memory as WebAssembly.Memory;
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.start = this.call("arenaStart");
    this.arenaBytes = this.bytes.length - this.start - GUARD;
    this.bytes.fill(0x5c, this.start + this.arenaBytes);
  }

  call(name: string, ...args: number[]): number {
    return this.exports[name]!(...args) >>> 0;
  }

  get guarded(): boolean {
    return this.bytes.subarray(this.start + this.arenaBytes).every((byte) => byte === 0x5c);
  }

  /** A problem in the record, sound but for what comes after. */
  write({ words, numbers }: Sound): void {
    this.bytes.fill(0, this.start, this.start + abi.SOLVER_RECORD_BYTES);
    for (const [at, value] of words) this.view.setUint32(this.start + at, value, true);
    for (const [at, value] of numbers) this.view.setFloat64(this.start + at, value, true);
  }

  /** Does with the record what an embedder would, for a while. True if it was accepted. */
  accepts(data: (bytes: Uint8Array) => void): boolean {
    const needed = this.call("solverBytes");
    const status = this.call("solveBegin", this.arenaBytes);
    expect(status === DONE).toBe(needed !== 0 && needed <= this.arenaBytes);
    if (status !== DONE) {
      expect(status).toBe(this.view.getUint32(this.start + abi.SOLVER_STATUS, true));
      expect(status).toBeGreaterThanOrEqual(ERROR_MIN);
      return false;
    }
    const x = this.view.getUint32(this.start + abi.SOLVER_X, true);
    data(this.bytes.subarray(x, this.start + needed));
    for (let i = 0; i < 40; ++i) {
      const answer = this.call("solveRun", 2000);
      if (answer === DONE || answer >= ERROR_MIN) break;
    }
    return true;
  }
}

interface Sound {
  readonly name: string;
  readonly words: readonly [at: number, value: number][];
  readonly numbers: readonly [at: number, value: number][];
}

function sound(name: string, method: number, more: Sound["words"] = []): Sound {
  return {
    name,
    words: [
      [abi.SOLVER_METHOD, method],
      [abi.SOLVER_ROWS, 9],
      [abi.SOLVER_COLUMNS, 5],
      [abi.SOLVER_OUTPUTS, 1],
      [abi.SOLVER_INTERCEPT, 1],
      [abi.SOLVER_MAX_ITERATIONS, 20],
      [abi.SOLVER_POINTS, 1],
      ...more,
    ],
    numbers: [
      [abi.SOLVER_ALPHA, 0.1],
      [abi.SOLVER_L1_RATIO, 0.5],
      [abi.SOLVER_TOL, 1e-4],
      [abi.SOLVER_PATH_EPS, 0.01],
    ],
  };
}

const PROBLEMS = [
  sound("elastic net", abi.METHOD_ELASTIC_NET),
  sound("a path of residual updates in random order", abi.METHOD_ELASTIC_NET, [
    [abi.SOLVER_POINTS, 4],
    [abi.SOLVER_PRECOMPUTE, abi.PRECOMPUTE_NEVER],
    [abi.SOLVER_SELECTION, abi.SELECTION_RANDOM],
  ]),
  sound("ridge", abi.METHOD_RIDGE),
  sound("dual ridge", abi.METHOD_RIDGE, [[abi.SOLVER_COLUMNS, 14]]),
  sound("logistic", abi.METHOD_LOGISTIC),
  sound("multinomial", abi.METHOD_LOGISTIC, [[abi.SOLVER_OUTPUTS, 3]]),
  sound("k-means", abi.METHOD_KMEANS, [[abi.SOLVER_OUTPUTS, 3]]),
  sound("k-means from drawn rows", abi.METHOD_KMEANS, [
    [abi.SOLVER_OUTPUTS, 6],
    [abi.SOLVER_INIT, abi.INIT_RANDOM],
  ]),
  {
    ...sound("mini-batch k-means", abi.METHOD_KMEANS, [
      [abi.SOLVER_OUTPUTS, 3],
      [abi.SOLVER_BATCH, 4],
    ]),
    numbers: [],
  },
];

const FORGERIES = [
  0, 1, 2, 3, 4, 5, 16, 255, 4095, 65535, 65536, 0x0fffffff, 0x10000000, 0x3fffffff, 0x40000000,
  0x7fefffff, 0x7ff00000, 0x7ff80000, 0x7fffffff, 0x80000000, 0xbff00000, 0xfffffffc, 0xffffffff,
];

/** Small numbers, and labels 0 … 2 where the bytes are read as words. */
function smallData(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; ++i) bytes[i] = i % 4 ? 0 : (i >> 2) % 3;
}

describe.each(FLAVOURS)("%s: a record that is not what it was", (flavour) => {
  test.each(PROBLEMS)("$name: any word of the given part", (problem) => {
    const forger = new Forger(flavour);
    let accepted = 0;
    for (let at = 0; at < GIVEN_BYTES; at += 4) {
      for (const forgery of FORGERIES) {
        forger.write(problem);
        forger.view.setUint32(forger.start + at, forgery, true);
        if (forger.accepts(smallData)) ++accepted;
        if (!forger.guarded) expect(`word ${at} = ${forgery}`).toBe("within the arena");
      }
    }
    expect(accepted).toBeGreaterThan(100);
  });

  test("noise", () => {
    const forger = new Forger(flavour);
    const random = new TestRandom(9);
    const word = () => Math.floor((random.next() + 1) * 2 ** 31) >>> 0;
    for (let round = 0; round < 3000; ++round) {
      forger.bytes.fill(0, forger.start, forger.start + abi.SOLVER_RECORD_BYTES);
      for (let at = 0; at < abi.SOLVER_RECORD_BYTES; at += 4) {
        // Sizes that fit now and then, and one of the methods.
        const small = round % 3 === 0 || at < 48;
        forger.view.setUint32(forger.start + at, small ? word() % 7 : word(), true);
      }
      forger.accepts((bytes) => {
        for (let i = 0; i + 4 <= bytes.length; i += 4) bytes[i + (round % 4)] = word() & 0xff;
      });
      if (!forger.guarded) expect(`round ${round}`).toBe("within the arena");
    }
  });

  test.each(PROBLEMS)("$name: data of all bits", (problem) => {
    for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
      const forger = new Forger(flavour);
      forger.write(problem);
      expect(forger.accepts((bytes) => bytes.fill(byte))).toBe(true);
      expect(forger.guarded).toBe(true);
    }
  });

  test("an arena that is a byte too small, and calls out of turn", () => {
    const forger = new Forger(flavour);
    expect(forger.call("solveRun", 0)).toBe(BAD_CALL);
    forger.write(PROBLEMS[0]!);
    const needed = forger.call("solverBytes");
    expect(forger.call("solveBegin", needed - 1)).toBe(BAD_SIZE);
    expect(forger.view.getUint32(forger.start + abi.SOLVER_VALUE, true)).toBe(needed);
    expect(forger.call("solveRun", 0)).toBe(BAD_CALL);
    expect(forger.call("solveBegin", needed)).toBe(DONE);
    expect(forger.call("solveRun", 1)).toBe(PAUSED);
    expect(forger.call("solverBytes")).toBe(needed);
    expect(forger.call("solveRun", 1)).toBe(BAD_CALL);
  });
});
