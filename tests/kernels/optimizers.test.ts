import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { Core } from "../../src/runtime/core.js";
import { expectAsVm, MODERATE, SIZES, SPECIAL } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { f32, type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(71);
const tolerance = TOLERANCES.f32Elementwise;
const filled = (n: number): OperandSpec => ({ c0: n, data: random.array(n) });
const positive = (n: number): OperandSpec => ({ c0: n, data: random.array(n, 0.5, 0.6) });
const scalar = (value: number): OperandSpec => ({ c0: 1, data: [value] });
const FLAVOURS = ["scalar", "simd"] as const;

/** Every special number of `a` beside every one of `b`. */
const pairs = (among: readonly number[]) => {
  const all = among.flatMap((a) => among.map((b) => [a, b] as const));
  const side = (k: 0 | 1): OperandSpec => ({ c0: all.length, data: all.map((pair) => pair[k]) });
  return [side(0), side(1)] as const;
};

describe("clipping", () => {
  test.each(SIZES)("squareSum, scaleBy and clipValue of %i", (n) => {
    const sum = { opcode: op.SQUARE_SUM, tolerance: TOLERANCES.f32Reduction };
    expectAsVm({ ...sum, operands: [filled(n), scalar(0.7)] });
    expectAsVm({ opcode: op.SCALE_BY, operands: [scalar(-0.3), filled(n)], tolerance });
    expectAsVm({ opcode: op.CLIP_VALUE, operands: [filled(n)], attributes: [f32(0.5)], tolerance });
  });

  test("special numbers", () => {
    const special = { c0: SPECIAL.length, data: SPECIAL };
    for (const value of SPECIAL) {
      expectAsVm({ opcode: op.SQUARE_SUM, operands: [scalar(value), scalar(1)], tolerance });
      expectAsVm({ opcode: op.SCALE_BY, operands: [scalar(value), special], tolerance });
    }
    for (const limit of [0.5, 1e-45, 3.4028235e38]) {
      expectAsVm({
        opcode: op.CLIP_VALUE,
        operands: [special],
        attributes: [f32(limit)],
        tolerance,
      });
    }
  });

  test("clipNormFactor below, at and above the largest norm, at 0, infinity and NaN", () => {
    const sums = [0, 1e-45, 0.5, 0.9999, 1, 1.0001, 4, 1e30, Number.POSITIVE_INFINITY, Number.NaN];
    for (const maxNorm of [1, 0.25, 1e6]) {
      for (const sum of sums) {
        const operands = [scalar(sum), { c0: 1 }, { c0: 1 }];
        expectAsVm({
          opcode: op.CLIP_NORM_FACTOR,
          operands,
          attributes: [f32(maxNorm)],
          tolerance,
        });
      }
    }
  });
});

describe.each([0, 0.1])("weight decay %f", (weightDecay) => {
  const decay = f32(weightDecay);

  test.each(SIZES)("sgd on %i", (n) => {
    const operands = [scalar(0.05), filled(n), filled(n)];
    expectAsVm({ opcode: op.SGD, operands, attributes: [decay], tolerance });
  });

  test.each(SIZES)("sgd with momentum, plain and Nesterov, on %i", (n) => {
    for (const nesterov of [0, 1]) {
      const operands = [scalar(0.05), filled(n), filled(n), filled(n)];
      const attributes = [f32(0.9), decay, nesterov];
      expectAsVm({ opcode: op.SGD_MOMENTUM, operands, attributes, tolerance });
    }
  });

  test("sgd, special gradients on special weights", () => {
    const [g, w] = pairs(MODERATE);
    const operands = [scalar(0.5), g, w];
    expectAsVm({ opcode: op.SGD, operands, attributes: [decay], tolerance });
    const withMoment = [scalar(0.5), g, w, filled(g.c0!)];
    const attributes = [f32(0.9), decay, 0];
    expectAsVm({ opcode: op.SGD_MOMENTUM, operands: withMoment, attributes, tolerance });
  });
});

interface AdamCase {
  readonly operands: readonly OperandSpec[];
  readonly step: number;
  readonly epsInside: number;
  readonly weightDecay?: number;
}

/** operands: g, w, m, v. The corrections are two f64 in the core and two elements in the VM. */
function expectAdamAsVm({ operands, step, epsInside, weightDecay = 0 }: AdamCase): void {
  const [beta1, beta2] = [0.9, 0.999];
  const corrections = [1 - beta1 ** step, 1 - beta2 ** step];
  const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, 1e-8, weightDecay];
  expectAsVm({
    opcode: op.ADAM,
    operands: [scalar(0.01), { c0: 4 }, ...operands],
    attributes: [...numbers.map(f32), epsInside],
    fill: {
      operand: 1,
      vm: (to) => to.set(corrections),
      core: (to) => to.set(new Uint8Array(Float64Array.from(corrections).buffer)),
    },
    tolerance,
  });
}

describe.each([
  { where: "outside", epsInside: 0 },
  { where: "inside", epsInside: 1 },
])("adam, epsilon $where the root", ({ epsInside }) => {
  test.each(SIZES)("%i parameters, steps 1, 2, 100, with and without decay", (n) => {
    for (const step of [1, 2, 100]) {
      for (const weightDecay of [0, 0.1]) {
        const operands = [filled(n), filled(n), filled(n), positive(n)];
        expectAdamAsVm({ operands, step, epsInside, weightDecay });
      }
    }
  });

  test("special gradients on special weights", () => {
    const [g, w] = pairs(MODERATE);
    const n = g.c0!;
    for (const step of [1, 50]) {
      expectAdamAsVm({ operands: [g, w, { c0: n }, { c0: n }], step, epsInside });
      expectAdamAsVm({ operands: [g, w, filled(n), positive(n)], step, epsInside });
    }
  });
});

test.each(FLAVOURS)("fifty adamBegin give 1 − βᵗ, bit for bit as the VM, %s", (flavour) => {
  const betas = [0.9, 0.999];
  const attributes = [...new Uint32Array(Float64Array.from(betas).buffer)];
  const { bytes, operands } = singleInstruction(op.ADAM_BEGIN, [{ c0: 4 }], attributes);
  const [core, vm] = [Core.load(bytes, flavour), new ReferenceVm(bytes)];
  const { offset, tensor } = operands[0]!;
  for (let step = 1; step <= 50; step++) {
    core.execute(0, 1);
    vm.execute(0);
    const found = new Float64Array(core.bytes(offset, 16).slice().buffer);
    expect([...found]).toEqual([...vm.tensor(tensor).subarray(0, 2)]);
    for (const [i, beta] of betas.entries()) {
      expect(Math.abs(found[i]! - (1 - beta ** step))).toBeLessThan(TOLERANCES.f64Order);
    }
  }
});

describe("moments below 1e-30 are stored as 0", () => {
  const smallest = 1e-30;
  const magnitudes = [1e-45, 1e-38, 1e-32, 0.9e-30, 1.2e-30, 2e-30, 1e-25, 1];
  const moments = { c0: 16, data: [...magnitudes, ...magnitudes.map((m) => -m)] };
  const zeros = { c0: 16 };
  const momentum = f32(0.95);
  const adam = [0.95, 0, 0.95, 0, 1e-8, 0].map(f32);

  test.each(
    FLAVOURS.flatMap((flavour) => [
      {
        flavour,
        name: "momentum",
        opcode: op.SGD_MOMENTUM,
        operands: [scalar(0), zeros, zeros, moments],
        attributes: [momentum, 0, 0],
        written: 3,
      },
      {
        flavour,
        name: "adam's m",
        opcode: op.ADAM,
        operands: [scalar(0), { c0: 4, data: [0, 1, 0, 1] }, zeros, zeros, moments, zeros],
        attributes: [...adam, 0],
        written: 4,
      },
      {
        flavour,
        name: "adam's v",
        opcode: op.ADAM,
        operands: [scalar(0), { c0: 4, data: [0, 1, 0, 1] }, zeros, zeros, zeros, moments],
        attributes: [...adam, 0],
        written: 5,
      },
    ]),
  )("$name, $flavour", ({ flavour, opcode, operands, attributes, written }) => {
    const { bytes, operands: placed } = singleInstruction(opcode, operands, attributes);
    const core = Core.load(bytes, flavour);
    core.execute(0, 1);
    const found = core.floats(placed[written]!.offset, 16);
    const rate = Math.fround(0.95);
    const decayed = Float32Array.from(moments.data, (m) => rate * Math.fround(m));
    const expected = decayed.map((m) => (Math.abs(m) < smallest ? 0 : m));
    expect(expected.filter((m) => m === 0)).toHaveLength(8);
    expect([...found]).toEqual([...expected]);
  });
});
