import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as abiOpcodes from "../../assembly/abi/opcodes.js";
import * as abi from "../../assembly/abi/program.js";
import { attributeCount } from "../../src/autodiff/signature.js";
import { bytesAt } from "../../src/autodiff/training-graph.js";
import { ATTRIBUTES, decodeAttributes, finite } from "../../src/compile/attribute-names.js";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { describeProgram } from "../../src/compile/describe-program.js";
import { StropError } from "../../src/errors.js";
import { randomNet } from "../fuzz/random-net.js";
import { forged, residentSections } from "../helpers/forged.js";
import { convNet, denseNet } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

const adam = { name: "adam", lr: 0.125, weightDecay: 0.1 } as const;
const random = (seed: number) => {
  const { graph, loss } = randomNet(seed, { smooth: false });
  return compileForTest(graph, { loss });
};
const programs: readonly (readonly [name: string, program: CompiledProgram])[] = [
  ["dense, sgd", compileForTest(denseNet())],
  ["conv, adam, clipped", compileForTest(convNet(), { optimizer: adam, clipNorm: 0.5 })],
  ["frozen but the last", compileForTest(convNet(), { trainable: (name) => /^fc/.test(name) })],
  ["not trained", compileForTest(convNet(), { training: false })],
  ...Array.from({ length: 20 }, (_, seed) => [`random ${seed}`, random(seed)] as const),
];

describe.each(programs)("%s", (_, compiled) => {
  const described = describeProgram(compiled.bytes);

  test("lifetimes are the compiler's", () => {
    const passing = described.tensors.filter(({ lifetime }) => lifetime === "procedure");
    const rows = passing.flatMap(({ name, offset, uses }) =>
      uses.map((use) => ({ tensor: name, offset, ...use })),
    );
    const expected = compiled.liveRanges.map(({ procedure, tensor, offset, start, end }) => {
      return { tensor, offset, procedure, first: start, last: end };
    });
    const key = (row: object) => JSON.stringify(Object.entries(row).sort());
    expect(rows.map(key).sort()).toEqual(expected.map(key).sort());
  });

  test("tensors are the compiler's", () => {
    expect(
      described.tensors.map(({ name, type, c0, c1, offset }) => ({ name, type, c0, c1, offset })),
    ).toEqual(
      compiled.tensors.map(({ name, type, c0, c1, offset }) => ({ name, type, c0, c1, offset })),
    );
    for (const { c0, c1, bytes } of described.tensors) {
      expect(bytes).toBe(bytesAt({ c0, c1 }, compiled.batch));
    }
  });

  test("the peak is the plan's", () => {
    const { peakInstruction, lowerBoundBytes, workPerStep } = compiled.plan;
    const peaks = described.procedures.map(({ peak }) => peak.bytes);
    expect(Math.max(...peaks)).toBe(lowerBoundBytes);
    const procedure = described.procedures.find(({ name }) => name === peakInstruction.procedure)!;
    expect(procedure.peak).toEqual({ index: peakInstruction.index, bytes: lowerBoundBytes });
    expect(procedure.instructions[peakInstruction.index]!.op).toBe(peakInstruction.op);
    const main = described.procedures.find(({ kind }) => kind === "step");
    if (main) expect(main.work).toBe(workPerStep);
  });
});

test("phases, state and attributes", () => {
  const compiled = compileForTest(convNet(), { optimizer: adam, seed: 2n ** 63n + 5n, epochs: 7 });
  const { phases, states, procedures, tensors } = describeProgram(compiled.bytes);
  expect(phases).toEqual([
    expect.objectContaining({ procedure: "step", epochs: 7, lr: 0.125, seed: `${2n ** 63n + 5n}` }),
  ]);
  expect(tensors[phases[0]!.lrTensor!]!.name).toBe("lr");
  const named = states.map(({ tensor, role }) => `${role} ${tensors[tensor]!.name}`);
  expect(named).toEqual(
    expect.arrayContaining(["parameter conv1.weight", "optimizer v:conv1.weight"]),
  );
  const step = procedures.find(({ kind }) => kind === "step")!;
  expect(step.instructions.find(({ op }) => op === "ADAM")!.attributes).toEqual({
    beta1: 0.9,
    oneMinusBeta1: 0.1,
    beta2: 0.999,
    oneMinusBeta2: 0.001,
    eps: 1e-8,
    weightDecay: 0.1,
    epsInside: 0,
    decoupled: 0,
  });
  expect(step.instructions.find(({ op }) => op === "ADAM_BEGIN")!.attributes).toEqual({
    beta1: 0.9,
    beta2: 0.999,
  });
});

describe("the table of attributes", () => {
  const source = readFileSync(new URL("../../assembly/abi/opcodes.ts", import.meta.url), "utf8");
  const words = new Map<string, number>(Object.entries(abiOpcodes));
  const opcodes = [
    ...source.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/)\s*export const (\w+): u32/gs),
  ].map(([, comment = "", name = ""]) => {
    return { name, comment, opcode: words.get(name)! };
  });

  test("it has those that are no whole numbers, and all that it has are right in number", () => {
    expect(opcodes.length).toBeGreaterThan(40);
    for (const { name, comment, opcode } of opcodes) {
      const entry = ATTRIBUTES[name];
      // "weightDecay (f32)", "beta1, beta2 (f64, two words each)"
      const [, attributes = ""] = comment.split(/attributes/);
      for (const [, type] of attributes.matchAll(/\((?:all )?(f32|f64)\b/g)) {
        expect(entry ?? "", `${name} in src/compile/attribute-names.ts`).toContain(`:${type}`);
      }
      if (entry === undefined) continue;
      const sizes = entry.split(" ").map((one): number => (one.endsWith(":f64") ? 2 : 1));
      expect(
        sizes.reduce((a, b) => a + b),
        name,
      ).toBe(attributeCount(opcode));
    }
    const known = new Set(opcodes.map(({ name }) => name));
    expect(Object.keys(ATTRIBUTES).filter((name) => !known.has(name))).toEqual([]);
  });

  test("an opcode that it lacks keeps its words", () => {
    expect(decodeAttributes(255 | (2 << 12), [1, 0x3f800000])).toEqual([1, 0x3f800000]);
  });

  test("a stride that goes backwards is a number below 0", () => {
    const words = [1, 1, 3, 5, 0, 0, 2 ** 32 - 2, 4];
    expect(decodeAttributes(abiOpcodes.PLACE, words)).toMatchObject({ stride3: -2, offset: 4 });
  });

  test("what JSON cannot hold is told by its name", () => {
    expect([finite(Number.NaN), finite(Number.NEGATIVE_INFINITY)]).toEqual(["NaN", "-Infinity"]);
  });
});

describe("hostile files", () => {
  const { bytes } = compileForTest(denseNet());
  const describes = (file: Uint8Array) => {
    try {
      JSON.stringify(describeProgram(file, "p.strop"));
    } catch (error) {
      if (!(error instanceof StropError)) throw error;
      expect(error.message).toMatch(/^p\.strop: [^\n]+\.$/);
      expect(error.exitCode).toBe(1);
    }
  };

  test("cut anywhere: described or refused in one sentence", () => {
    for (let length = 0; length < bytes.length; length += 7) describes(bytes.slice(0, length));
  });

  test("any word of the tables replaced: described or refused in one sentence", () => {
    const dataAt = residentSections(bytes).find(({ kind }) => kind === abi.SECTION_DATA)!.offset;
    const words = [0, 1, 0x7fffffff, 0xffffffff, 0xfffffff0, 0x00ffffff];
    for (let at = 8; at < dataAt; at += 4) {
      for (const word of words) describes(forged(bytes, (view) => view.setUint32(at, word, true)));
    }
  });

  test("garbage: described or refused in one sentence", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (garbage) => {
        const file = bytes.slice();
        file.set(garbage.subarray(0, file.length - 64), 64);
        describes(garbage);
        describes(file);
      }),
    );
  });

  test.each([
    ["no program", bytes.slice(16), /it is no program of Strop's/],
    ["short", bytes.slice(0, 60), /it is shorter than a program's header/],
    ["damaged names", bytes.with(bytes.length - 1, 0), /its section of names is damaged/],
    [
      "procedures that share their code",
      forged(bytes, (view) => {
        const procedures = residentSections(bytes)[2]!.offset;
        for (const field of [abi.PROCEDURE_OFFSET, abi.PROCEDURE_CODE_BYTES]) {
          const ofStep = view.getUint32(procedures + 2 * abi.PROCEDURE_BYTES + field, true);
          view.setUint32(procedures + field, ofStep, true);
        }
      }),
      /its procedures have more instructions than there are/,
    ],
  ])("%s", (_, file, message) => {
    expect(() => describeProgram(file)).toThrow(message);
  });
});
