import { describe, expect, test } from "vitest";
import { opcodeName } from "../../src/autodiff/signature.js";
import { GuardedCore } from "../helpers/guarded-core.js";
import { TestRandom } from "../helpers/random.js";
import { singleInstruction } from "../helpers/single-instruction.js";
import { sound, specOf } from "../helpers/sound-instructions.js";
import { touchesItsOwn } from "../helpers/touches-its-own.js";

// A sound instruction, its attributes forged or its tensors of any size, is refused, or touches nothing but what it
// writes.

const FORGERIES = 120;
const WORDS = [0, 1, 2, 3, 4, 7, 12, 24, 48, 255, 4096, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

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
