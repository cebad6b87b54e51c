import { describe, expect, test } from "vitest";
import { HEADER_RESIDENT_BYTES } from "../../assembly/abi/program.js";
import { isWritten, opcodeName } from "../../src/autodiff/signature.js";
import { GuardedCore } from "../helpers/guarded-core.js";
import { TestRandom } from "../helpers/random.js";
import { singleInstruction } from "../helpers/single-instruction.js";
import { sound, specOf } from "../helpers/sound-instructions.js";

// A sound instruction with forged attributes is refused, or touches nothing but what it writes.

const FORGERIES = 120;
const WORDS = [0, 1, 2, 3, 4, 7, 12, 24, 48, 255, 4096, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const GUARD = 0xa5;
const BYTES = 4;

const named = sound
  .filter(([, , attributes]) => attributes.length > 0)
  .map(([opcode, sizes, attributes]) => ({ name: opcodeName(opcode), opcode, sizes, attributes }));

describe.each(["scalar", "simd"] as const)("forged attributes, %s", (flavour) => {
  test.each(named)("$name", ({ opcode, sizes, attributes }) => {
    const random = new TestRandom(opcode & 255);
    const pick = (n: number) => random.labels(1, n)[0] as number;
    const specs = sizes.map((size) => {
      const spec = specOf(size);
      return spec.type === "i32" ? spec : { ...spec, data: random.array(spec.c0!) };
    });
    const { arenaBytes } = singleInstruction(opcode, specs, attributes);
    const core = new GuardedCore(arenaBytes, 1, flavour);
    let accepted = 0;
    for (let i = 0; i < FORGERIES; i++) {
      const forged = [...attributes];
      const changes = i === 0 ? 0 : 1 + pick(3);
      for (let k = 0; k < changes; k++) forged[pick(forged.length)] = WORDS[pick(WORDS.length)]!;
      const program = singleInstruction(opcode, specs, forged);
      const outcome = core.runAll(program.bytes, GUARD);
      if (!outcome.accepted) continue;
      accepted++;
      const { operands } = program;
      const written = operands.filter((_, k) => isWritten(opcode, k));
      // All that the file holds, operands included, stays as it was but for what is written, padding included.
      const resident = new DataView(program.bytes.buffer).getUint32(HEADER_RESIDENT_BYTES, true);
      const expected = program.bytes.slice(0, resident);
      for (const { offset, elements } of written) {
        const end = Math.min(resident, offset + Math.ceil((elements * BYTES) / 16) * 16);
        if (offset < end) expected.set(outcome.arena.subarray(offset, end), offset);
      }
      expect(outcome.arena.subarray(0, resident), `${forged}`).toEqual(expected);
    }
    expect(accepted).toBeGreaterThan(0);
  });
});
