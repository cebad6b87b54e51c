import { describe, expect, test } from "vitest";
import * as layout from "../../assembly/abi/checkpoint.js";
import { SESSION_POSITION, SESSION_STEP } from "../../assembly/abi/session.js";
import * as status from "../../assembly/abi/status.js";
import { crc32 } from "../../src/compile/hash.js";
import type { CompileOptions } from "../../src/compile/options.js";
import { Embedder } from "../engines/embedder.js";
import { augmentOf, FEATURES, smallProgram, smallRows } from "../engines/workload.js";

// Batch-norm, dropout, Adam, clipping, shuffled, a last batch of five rows: three epochs of four steps.
const program = smallProgram();
const rows = smallRows();
const STEPS = 12;

function loaded(flavour: "scalar" | "simd" = "simd", of = program): Embedder {
  const core = new Embedder(of, flavour);
  expect(core.load()).toBe(status.DONE);
  return core;
}

const run = (core: Embedder, steps?: number) => core.runUntil(rows, steps);

function begun(flavour: "scalar" | "simd" = "simd", of = program): Embedder {
  const core = loaded(flavour, of);
  expect(core.call("trainBegin", rows.y.length)).toBe(status.DONE);
  return core;
}

const restore = (core: Embedder, record: Uint8Array) => core.restore(record);

function recordAfter(steps: number): Uint8Array {
  const core = begun();
  run(core, steps);
  return core.record(1);
}

const final = begun();
run(final);
const midway = recordAfter(6);
const stateStart = layout.CHECKPOINT_HEADER_BYTES;
const stateEnd = stateStart + loaded().call("checkpointPieceBytes", 1);

/** The CRC made right again: what a forger does. */
function sealed(record: Uint8Array): Uint8Array {
  const behind = record.subarray(layout.CHECKPOINT_OF_CRC + 4);
  new DataView(record.buffer).setUint32(layout.CHECKPOINT_OF_CRC, crc32(behind), true);
  return record;
}

describe("stopped and resumed", () => {
  test.each(Array.from({ length: STEPS + 1 }, (_, k) => k))(
    "after step %i: the same final bits",
    (k) => {
      const record = recordAfter(k);
      for (const flavour of ["scalar", "simd"] as const) {
        const core = loaded(flavour);
        expect(restore(core, record)).toBe(status.DONE);
        expect(core.session(SESSION_STEP)).toBe(k);
        expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
        if (k < STEPS) run(core);
        expect(core.fingerprint()).toBe(final.fingerprint());
        expect(core.record(1)).toEqual(final.record(1));
      }
    },
  );

  // State beyond moments: a momentum's share, a sum of decays, NAdam's products; a plateau's memory.
  test.each<Partial<CompileOptions>>([
    {
      optimizer: { name: "momentum", lr: 0.05, dampening: 0.5 },
      schedule: { name: "plateau", factor: 0.5, patience: 0, threshold: 0.5 },
    },
    {
      optimizer: { name: "adagrad", lr: 0.05, lrDecay: 0.3 },
      schedule: { name: "step", stepSize: 1 },
    },
    {
      optimizer: { name: "nadam", lr: 0.01, momentumDecay: 0.2 },
      schedule: { name: "one-cycle", warmup: 2 },
    },
    {
      optimizer: { name: "rmsprop", lr: 0.01, centered: true, momentum: 0.5 },
      schedule: { name: "cosine" },
    },
    { optimizer: { name: "amsgrad", lr: 0.01 }, schedule: { name: "polynomial", power: 1.5 } },
    { augment: augmentOf([FEATURES]) },
  ])("after every step: %j", (options) => {
    const other = smallProgram(options);
    const whole = begun("simd", other);
    run(whole);
    for (let k = 1; k < STEPS; k++) {
      const cut = begun("scalar", other);
      run(cut, k);
      const core = loaded("simd", other);
      expect(restore(core, cut.record(1))).toBe(status.DONE);
      expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
      run(core);
      expect(core.record(1)).toEqual(whole.record(1));
    }
  });

  // Three phases of one epoch each; heads, decoders and optimizer state of a phase lie over each other.
  test.each<CompileOptions["strategy"]>([
    { name: "pretrain", headLayers: 2 },
    { name: "pretrain", method: "denoising", tied: true },
    { name: "unfreeze" },
  ])("between any two steps of any phase: %j", (strategy) => {
    const epochs = strategy.name === "unfreeze" ? 3 : 1;
    const other = smallProgram({ epochs, strategy });
    const whole = begun("simd", other);
    const records: Uint8Array[] = [];
    whole.runWhole(rows, () => records.push(whole.record(1)));
    expect(records).toHaveLength(STEPS);
    for (const record of records) {
      const core = loaded("scalar", other);
      expect(restore(core, record)).toBe(status.DONE);
      expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
      core.runWhole(rows);
      expect(core.fingerprint()).toBe(whole.fingerprint());
    }
  });

  test("behind a phase that was ended early, in the statistics that follow, and behind both", () => {
    const other = smallProgram({ reestimate: "after" });
    const ended = () => {
      const core = begun("simd", other);
      run(core, 6);
      expect(core.call("trainEndPhase")).toBe(status.EPOCH);
      return core;
    };
    const whole = ended();
    run(whole);
    for (let k = 0; k <= 4; k++) {
      const cut = ended();
      run(cut, k);
      const core = loaded("scalar", other);
      expect(restore(core, cut.record(1))).toBe(status.DONE);
      expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
      if (k < 4) run(core);
      expect(core.record(1)).toEqual(whole.record(1));
    }
    const last = ended();
    run(last, 2);
    expect(last.call("trainEndPhase")).toBe(status.DONE);
    expect(last.call("trainEndPhase")).toBe(status.BAD_CALL);
    const core = loaded("simd", other);
    expect(restore(core, last.record(1))).toBe(status.DONE);
    expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
    expect(core.call("run", 0)).toBe(status.BAD_CALL);
    expect(core.record(1)).toEqual(last.record(1));
  });

  test("in a core that has trained something else meanwhile", () => {
    const core = begun();
    run(core, 9);
    expect(restore(core, midway)).toBe(status.DONE);
    expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
    run(core);
    expect(core.fingerprint()).toBe(final.fingerprint());
  });

  test("only on as many rows as before", () => {
    const core = loaded();
    expect(restore(core, midway)).toBe(status.DONE);
    for (const wrong of [0, rows.y.length - 1, rows.y.length + 1]) {
      expect(core.call("trainResume", wrong)).toBe(status.BAD_ROWS);
    }
  });
});

describe("a record that is refused", () => {
  test("of another program", () => {
    const core = loaded("simd", smallProgram({ seed: 8 }));
    expect(restore(core, midway)).toBe(status.CHECKPOINT_HASH);
  });

  test("any byte flipped", () => {
    for (let at = 0; at < midway.length; at++) {
      if (at >= stateStart && at < stateEnd) continue; // the embedder compares it with the program's
      const record = midway.slice();
      record[at] = record[at]! ^ 0x10;
      const answer = restore(loaded(), record);
      expect(answer, `byte ${at}`).toBeGreaterThanOrEqual(status.CHECKPOINT_MAGIC);
    }
  });

  test("truncated anywhere", () => {
    for (let length = 0; length < midway.length; length += 7) {
      const answer = restore(loaded(), midway.subarray(0, length));
      expect(answer, `${length} bytes`).toBeGreaterThanOrEqual(status.CHECKPOINT_MAGIC);
    }
  });

  test("a position that is forged, checksum right: refused, or a run without a trap", () => {
    for (let at = layout.CHECKPOINT_OF_POSITION; at < stateStart; at += 4) {
      for (const forged of [0, 1, 2, 54, 0x7fffffff, 0x80000000, 0xffffffff]) {
        const record = midway.slice();
        new DataView(record.buffer).setUint32(at, forged, true);
        const core = loaded("scalar");
        const answer = restore(core, sealed(record));
        const field = at - layout.CHECKPOINT_OF_POSITION + SESSION_POSITION;
        if (answer !== status.DONE) {
          expect([status.CHECKPOINT_STATE, status.CHECKPOINT_HASH], `${field}`).toContain(answer);
          continue;
        }
        if (core.call("trainResume", rows.y.length) !== status.DONE) continue;
        for (let i = 0; i < 40; i++) {
          const next = core.call("run", 0);
          if (next === status.ROWS) core.fill(rows);
          if (next === status.DONE || next >= status.ERROR_MIN) break;
        }
      }
    }
  });

  test("another program's header, refused, does not disturb the training", () => {
    const core = begun();
    run(core, 6);
    const header = core.call("checkpointStart");
    core.bytes.set(midway.subarray(0, layout.CHECKPOINT_HEADER_BYTES), header);
    core.bytes[header + layout.CHECKPOINT_OF_HASH]! ^= 1;
    expect(core.call("checkpointRestore")).toBe(status.CHECKPOINT_HASH);
    run(core);
    expect(core.fingerprint()).toBe(final.fingerprint());
  });

  test("none is written in mid-step", () => {
    const core = begun();
    while (core.call("run", 1) !== status.PAUSED) core.fill(rows);
    expect(core.call("checkpointBegin", 1)).toBe(status.BAD_CALL);
  });
});
