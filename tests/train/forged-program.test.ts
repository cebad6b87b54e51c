import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/program.js";
import { compileProgram } from "../../src/compile/compile.js";
import { type CompileOptions, completeOptions } from "../../src/compile/options.js";
import { readProgram } from "../../src/compile/program-reader.js";
import { batchNorm, conv2d, dense, flatten, input, relu, sequential } from "../../src/index.js";
import { forged, residentSections } from "../helpers/forged.js";
import { GuardedCore } from "../helpers/guarded-core.js";

const ROWS = 8;
const BATCH = 3;

/** A training program as small as can be with all kinds of instructions in it. */
function compileTiny(model: ReturnType<typeof sequential>, options: Partial<CompileOptions>) {
  const fixed = { batch: BATCH, rows: ROWS, trainable: () => true };
  return compileProgram(
    model.graph,
    completeOptions({
      epochs: 2,
      loss: "cross-entropy",
      clipNorm: 1,
      clipValue: 1,
      ...options,
      ...fixed,
    }),
  );
}

/** Each optimizer with instructions of its own, each schedule. */
const OTHERS = [
  { optimizer: { name: "adagrad", lrDecay: 0.1 }, schedule: { name: "step" } },
  { optimizer: { name: "rmsprop", centered: true }, schedule: { name: "one-cycle", warmup: 1 } },
  { optimizer: { name: "adadelta" }, schedule: { name: "polynomial", power: 1.5 } },
  { optimizer: { name: "amsgrad" }, schedule: { name: "cosine" } },
  { optimizer: { name: "nadam" }, schedule: { name: "plateau", patience: 0 } },
  { optimizer: { name: "adamax" }, schedule: { name: "exponential" } },
  { optimizer: { name: "lion" }, schedule: { name: "constant", warmup: 2 } },
] as const;

const programs = [
  {
    name: "dense, batch-norm, adam, cross-entropy with all its options",
    program: compileTiny(
      sequential([
        input({ shape: [2] }),
        dense({ units: 3 }),
        batchNorm(),
        relu(),
        dense({ units: 3 }),
      ]),
      {
        loss: {
          name: "cross-entropy",
          classWeights: [1, 2, 0.5],
          labelSmoothing: 0.1,
          ignoreLabel: 1,
        },
      },
    ),
  },
  {
    name: "conv, momentum, mse",
    program: compileTiny(
      sequential([
        input({ shape: [2, 3, 3] }),
        conv2d({ filters: 2, kernelSize: 2 }),
        flatten(),
        dense({ units: 2 }),
      ]),
      { loss: "mse", optimizer: { name: "sgd", momentum: 0.9 } },
    ),
  },
  ...(["random", "gauss-southwell"] as const).map((blockOrder) => ({
    name: `two layers in turn, ${blockOrder}`,
    program: compileTiny(
      sequential([input({ shape: [2] }), dense({ units: 2 }), dense({ units: 2 })]),
      { strategy: { name: "blocks", blockOrder, blockSteps: 2 }, optimizer: { name: "adam" } },
    ),
  })),
  ...OTHERS.map((options) => ({
    name: `dense, ${options.optimizer.name}, ${options.schedule.name}`,
    program: compileTiny(sequential([input({ shape: [2] }), dense({ units: 2 })]), options),
  })),
];

/** What the core does with a forged file must not depend on what lies around its arena. */
function expectHarmless(core: GuardedCore, file: Uint8Array, what: string): boolean {
  try {
    const { accepted, arena } = core.runAll(file, 0x5c);
    if (accepted) {
      const other = core.runAll(file, 0xa3);
      if (Buffer.compare(arena, other.arena) !== 0) throw new Error("read outside of the arena");
    }
    return accepted;
  } catch (error) {
    throw new Error(`${what}: ${error}`);
  }
}

describe.each(programs)("$name, checksums right", ({ program }) => {
  const { bytes: file, plan } = program;
  const core = new GuardedCore(plan.arenaBytes, ROWS);
  const sections = residentSections(file);
  const tablesEnd = sections.find(({ kind }) => kind === abi.SECTION_DATA)!.offset;

  test("as it is: accepted; with an arena 16 bytes too small: refused", () => {
    expect(expectHarmless(core, file, "untouched")).toBe(true);
    const small = new GuardedCore(plan.arenaBytes - 16, ROWS);
    expect(expectHarmless(small, file, "untouched")).toBe(false);
  });

  test.each([0xff, 0x01, 0x02, 0x04, 0x10, 0x80])(
    "every byte of header, tables and code with the bits %i flipped: no trap, no escape",
    (mask) => {
      let accepted = 0;
      for (let at = 0; at < tablesEnd; at++) {
        const flip = (view: DataView) => view.setUint8(at, view.getUint8(at) ^ mask);
        if (expectHarmless(core, forged(file, flip), `byte ${at} ^ ${mask}`)) accepted++;
      }
      expect(accepted).toBeGreaterThan(0);
      expect(accepted).toBeLessThan(tablesEnd / 2);
    },
  );

  test("every two words of a tensor's record forged together", () => {
    const { offset } = sections.find(({ kind }) => kind === abi.SECTION_TENSORS)!;
    const numbers = [0, 1, 2, 3, 16, plan.arenaBytes - 16, plan.arenaBytes, 0x7ffffff0, 0xffffffff];
    const fields = Array.from({ length: abi.TENSOR_BYTES / 4 }, (_, i) => 4 * i);
    for (const [id] of readProgram(file).tensors.entries()) {
      const record = offset + id * abi.TENSOR_BYTES;
      for (const a of fields) {
        for (const b of fields.filter((field) => field > a)) {
          for (const first of numbers) {
            const second = numbers[(a + b + first + id) % numbers.length]!;
            const change = (view: DataView) => {
              view.setUint32(record + a, first, true);
              view.setUint32(record + b, second, true);
            };
            expectHarmless(
              core,
              forged(file, change),
              `tensor ${id}: ${a} = ${first}, ${b} = ${second}`,
            );
          }
        }
      }
    }
  });
});
