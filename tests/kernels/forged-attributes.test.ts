import { describe, expect, test } from "vitest";
import { HEADER_RESIDENT_BYTES } from "../../assembly/abi/program.js";
import { isWritten, opcodeName } from "../../src/autodiff/signature.js";
import { GuardedCore } from "../helpers/guarded-core.js";
import { TestRandom } from "../helpers/random.js";
import { type SingleInstruction, singleInstruction } from "../helpers/single-instruction.js";
import { sound, specOf } from "../helpers/sound-instructions.js";

// A sound instruction, its attributes forged or its tensors of any size, is refused, or touches nothing but what it
// writes.

const FORGERIES = 120;
const WORDS = [0, 1, 2, 3, 4, 7, 12, 24, 48, 255, 4096, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const GUARD = 0xa5;
const BYTES = 4;

type Sound = (typeof sound)[number];

const named = sound.map((instruction) => ({ name: opcodeName(instruction[0]), instruction }));
/** Those that take tensors of any size, 12 in the table: some of them run over the padding. */
const ofAnySize = named.filter(({ instruction: [, sizes] }) => sizes.includes(12));
const withAttributes = named.filter(({ instruction: [, , attributes] }) => attributes.length > 0);

const operandsOf = (sizes: Sound[1], random: TestRandom) =>
  sizes.map((size) => {
    const spec = specOf(size);
    return spec.type === "i32" ? spec : { ...spec, data: random.array(spec.c0!) };
  });

/** Runs the instruction if it is accepted, and expects what it writes alone to have changed. @returns whether it was */
function touchesItsOwn(core: GuardedCore, opcode: number, program: SingleInstruction): boolean {
  const outcome = core.runAll(program.bytes, GUARD);
  if (!outcome.accepted) return false;
  const written = program.operands.filter((_, k) => isWritten(opcode, k));
  // All that the file holds, operands included, stays as it was but for what is written, padding included.
  const resident = new DataView(program.bytes.buffer).getUint32(HEADER_RESIDENT_BYTES, true);
  const expected = program.bytes.slice(0, resident);
  for (const { offset, elements } of written) {
    const end = Math.min(resident, offset + Math.ceil((elements * BYTES) / 16) * 16);
    if (offset < end) expected.set(outcome.arena.subarray(offset, end), offset);
  }
  expect(outcome.arena.subarray(0, resident)).toEqual(expected);
  return true;
}

describe.each(["scalar", "simd"] as const)("%s", (flavour) => {
  test.each(withAttributes)("forged attributes: $name", ({ instruction }) => {
    const [opcode, sizes, attributes] = instruction;
    const random = new TestRandom(opcode & 255);
    const pick = (n: number) => random.labels(1, n)[0] as number;
    const specs = operandsOf(sizes, random);
    const core = new GuardedCore(
      singleInstruction(opcode, specs, attributes).arenaBytes,
      1,
      flavour,
    );
    let accepted = 0;
    for (let i = 0; i < FORGERIES; i++) {
      const forged = [...attributes];
      const changes = i === 0 ? 0 : 1 + pick(3);
      for (let k = 0; k < changes; k++) forged[pick(forged.length)] = WORDS[pick(WORDS.length)]!;
      if (touchesItsOwn(core, opcode, singleInstruction(opcode, specs, forged))) accepted++;
    }
    expect(accepted).toBeGreaterThan(0);
  });

  test.each(ofAnySize)("any size, neighbours behind the padding: $name", ({ instruction }) => {
    const [opcode, sizes, attributes] = instruction;
    const random = new TestRandom(opcode & 255);
    for (let n = 1; n <= 9; n++) {
      const changed = sizes.map((size) => (size === 12 ? n : size));
      const program = singleInstruction(opcode, operandsOf(changed, random), attributes);
      const core = new GuardedCore(program.arenaBytes, 1, flavour);
      expect(touchesItsOwn(core, opcode, program), `${n}`).toBe(true);
    }
  });
});
