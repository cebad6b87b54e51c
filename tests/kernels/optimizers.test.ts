import { describe, expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { doubleBits } from "../../src/autodiff/training-graph.js";
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

/** Hyperparameters in the order of their attributes. */
const BETAS = [0.9, 1 - 0.9, 0.999, 1 - 0.999];

/** f64s of an operand: elements of their own in the VM, twice as many f32 in the core. */
const doubles = (...values: readonly number[]) => ({
  spec: { c0: 2 * values.length } as OperandSpec,
  vm: (to: Float64Array) => to.set(values),
  core: (to: Uint8Array) => to.set(new Uint8Array(Float64Array.from(values).buffer)),
});

/** Adam's corrections after some steps. */
const corrections = (step: number, gradientShare = 0) =>
  doubles(1 - 0.9 ** step, 1 - 0.999 ** step, gradientShare);

interface Update {
  readonly name: string;
  readonly opcode: number;
  /** Operands before the tensors of n elements. */
  readonly scalars: readonly OperandSpec[];
  readonly corrections?: ReturnType<typeof doubles>;
  /** The tensors: any numbers, small ones, those that are never negative, and a result. */
  readonly tensors: readonly ("any" | "small" | "positive" | "result")[];
  readonly attributes: readonly number[];
  /** Special numbers of gradient and weight; default MODERATE. */
  readonly special?: readonly number[];
}

/** Without what times 1 − β is 0 in f32 and has a sign in f64. */
const SIGNED = MODERATE.filter((value) => value === 0 || !(Math.abs(value) < 1e-37));

const [any, small, square, result] = ["any", "small", "positive", "result"] as const;
const lr = scalar(0.05);

function updatesOf(decay: number): readonly Update[] {
  const wd = f32(decay);
  const numbers = (...values: readonly number[]) => values.map(f32);
  const adam = (epsInside: number, decoupled: number) => [
    ...numbers(...BETAS, 1e-8, decay),
    epsInside,
    decoupled,
  ];
  const adams = [1, 2, 100].flatMap((step) =>
    [
      { form: "epsilon outside", attributes: adam(0, 0) },
      { form: "epsilon inside", attributes: adam(1, 0) },
      { form: "decoupled", attributes: adam(0, 1) },
      { form: "with the gradient", attributes: adam(0, 0), share: 0.3 },
    ].flatMap(({ form, attributes, share }) => {
      const given = { scalars: [lr], corrections: corrections(step, share), attributes };
      const moments = [any, any, any, square] as const;
      return [
        { name: `adam, step ${step}, ${form}`, opcode: op.ADAM, ...given, tensors: moments },
        {
          name: `amsgrad, step ${step}, ${form}`,
          opcode: op.AMSGRAD,
          ...given,
          tensors: [...moments, square],
        },
      ];
    }),
  );
  const momenta = [
    { form: "classical", take: 1, nesterov: 0 },
    { form: "Nesterov", take: 1, nesterov: 1 },
    { form: "dampened", take: 0.3, nesterov: 0 },
  ].map(({ form, take, nesterov }) => ({
    name: `momentum, ${form}`,
    opcode: op.SGD_MOMENTUM,
    scalars: [lr, scalar(take)],
    tensors: [any, any, any],
    attributes: [f32(0.9), wd, nesterov],
  }));
  const rms = [
    { form: "epsilon outside", numbers: [0.99, 1 - 0.99, 1e-2, 0] },
    { form: "epsilon inside", numbers: [0.9, 1 - 0.9, 0, 1e-3] },
  ].flatMap(({ form, numbers: given }) => [
    {
      name: `rms, ${form}`,
      opcode: op.RMS_NORMALIZE,
      scalars: [],
      tensors: [any, any, result, square],
      attributes: numbers(...given, decay),
    },
    {
      name: `rms centered, ${form}`,
      opcode: op.RMS_NORMALIZE_CENTERED,
      scalars: [],
      tensors: [any, any, result, square, small],
      attributes: numbers(...given, decay),
    },
  ]);
  const sum = numbers(1, 1, 1e-10, 0.1, decay);
  return [
    {
      name: "rms of a sum",
      opcode: op.RMS_NORMALIZE,
      scalars: [],
      tensors: [any, any, result, square],
      attributes: sum,
    },
    { name: "sgd", opcode: op.SGD, scalars: [lr], tensors: [any, any], attributes: [wd] },
    ...momenta,
    ...adams,
    ...rms,
    {
      name: "adamax",
      opcode: op.ADAMAX,
      scalars: [lr],
      corrections: corrections(3),
      tensors: [any, any, any, square],
      attributes: numbers(0.9, 1 - 0.9, 0.95, 1e-8, decay),
    },
    {
      name: "adadelta",
      opcode: op.ADADELTA,
      scalars: [],
      tensors: [any, any, result, square, square],
      attributes: numbers(0.9, 1 - 0.9, 1e-6, decay),
    },
    {
      name: "lion",
      opcode: op.LION,
      scalars: [lr],
      tensors: [any, any, any],
      attributes: numbers(0.9, 1 - 0.9, 0.99, 1 - 0.99, decay),
      special: SIGNED,
    },
  ];
}

/** Executes an update on the given g and w, all other tensors as the row says. */
function expectUpdateAsVm(update: Update, n: number, given: readonly OperandSpec[] = []): void {
  // A small mean, so that the difference of squares keeps its digits.
  const smallOnes = (c0: number): OperandSpec => ({
    c0,
    data: random.array(c0).map((v) => v / 10),
  });
  const content = {
    any: filled,
    small: smallOnes,
    positive,
    result: (c0: number): OperandSpec => ({ c0 }),
  };
  const tensors = update.tensors.map((kind, i) => given[i] ?? content[kind](n));
  const scalars = [...update.scalars, ...(update.corrections ? [update.corrections.spec] : [])];
  const fill = update.corrections && { operand: update.scalars.length, ...update.corrections };
  expectAsVm({
    opcode: update.opcode,
    operands: [...scalars, ...tensors],
    attributes: update.attributes,
    ...(fill && { fill }),
    tolerance,
  });
}

describe.each([0, 0.1])("weight decay %f", (weightDecay) => {
  describe.each(updatesOf(weightDecay))("$name", (update) => {
    test.each(SIZES)("%i parameters", (n) => expectUpdateAsVm(update, n));

    test("special gradients on special weights", () => {
      const [g, w] = pairs(update.special ?? MODERATE);
      expectUpdateAsVm(update, g.c0!, [g, w]);
      const fresh = update.tensors.map((): OperandSpec => ({ c0: g.c0! }));
      expectUpdateAsVm(update, g.c0!, [g, w, ...fresh.slice(2)]);
    });
  });

  const direction = updatesOf(weightDecay).filter(({ tensors }) => tensors.includes(result));
  test.each(direction)("$name, the result over the gradient", (update) => {
    expectUpdateAsVm(update, 37, [filled(37), filled(37), { c0: 37, at: 0 }]);
  });
});

/** Fifty executions of an instruction whose operands are f64, in core and VM. */
function expectDoubles(
  flavour: (typeof FLAVOURS)[number],
  opcode: number,
  attributes: readonly number[],
  sizes: readonly number[],
  expected: (step: number) => readonly (readonly number[])[],
): void {
  const specs = sizes.map((c0) => ({ c0 }));
  const { bytes, operands } = singleInstruction(opcode, specs, doubleBits(...attributes));
  const [core, vm] = [Core.load(bytes, flavour), new ReferenceVm(bytes)];
  for (let step = 1; step <= 50; step++) {
    core.execute(0, 1);
    vm.execute(0);
    for (const [k, wanted] of expected(step).entries()) {
      const { offset, elements, tensor } = operands[k]!;
      const found = new Float64Array(core.bytes(offset, 4 * elements).slice().buffer);
      for (const [i, value] of wanted.entries()) {
        const tolerated = TOLERANCES.f64Order * Math.max(1, Math.abs(value));
        expect(Math.abs(found[i]! - value), `core, ${i}`).toBeLessThan(tolerated);
        expect(Math.abs(vm.tensor(tensor)[i]! - value), `VM, ${i}`).toBeLessThan(tolerated);
      }
    }
  }
}

describe.each(FLAVOURS)("fifty steps of what is counted, %s", (flavour) => {
  const [beta1, beta2] = [0.9, 0.999];

  test("adamBegin gives 1 − βᵗ", () => {
    expectDoubles(flavour, op.ADAM_BEGIN, [beta1, beta2], [6], (t) => [
      [1 - beta1 ** t, 1 - beta2 ** t, 0],
    ]);
  });

  test("nadamBegin gives the factors of the paper", () => {
    const decay = 0.05;
    const mu = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * decay));
    const product = (t: number): number => (t === 0 ? 1 : product(t - 1) * mu(t));
    expectDoubles(flavour, op.NADAM_BEGIN, [beta1, beta2, 0.96 ** decay], [4, 6], (t) => [
      [1 - 0.96 ** (t * decay), 1 - product(t)],
      [(1 - product(t + 1)) / mu(t + 1), 1 - beta2 ** t, (1 - mu(t)) / (1 - product(t))],
    ]);
  });

  test("rateDecay divides by 1 + t·decay", () => {
    const operands = [scalar(0.25), { c0: 1 }, { c0: 2 }];
    const program = singleInstruction(op.RATE_DECAY, operands, doubleBits(0.3));
    const [core, vm] = [Core.load(program.bytes, flavour), new ReferenceVm(program.bytes)];
    for (let t = 0; t < 50; t++) {
      core.execute(0, 1);
      vm.execute(0);
      const { offset, tensor } = program.operands[1]!;
      expect(core.floats(offset, 1)[0]).toBe(Math.fround(vm.tensor(tensor)[0]!));
      expect(vm.tensor(tensor)[0]).toBeCloseTo(0.25 / (1 + 0.3 * t), 12);
    }
  });
});

describe("moments below 1e-30 are stored as 0", () => {
  const smallest = 1e-30;
  const magnitudes = [1e-45, 1e-38, 1e-32, 0.9e-30, 1.2e-30, 2e-30, 1e-25, 1];
  const moments = { c0: 16, data: [...magnitudes, ...magnitudes.map((m) => -m)] };
  const zeros = { c0: 16 };
  const rate = scalar(0);
  // Bytes that are the f64s 1, 1, 0 as well as they can be: the moments do not depend on them.
  const ones = { c0: 6, data: [0, 1, 0, 1, 0, 0] };
  const decay = f32(0.95);
  const adam = [...[0.95, 0, 0.95, 0, 1e-8, 0].map(f32), 0, 0];
  const rows = [
    ["momentum", op.SGD_MOMENTUM, [rate, scalar(1), zeros, zeros, moments], [decay, 0, 0], 4],
    ["adam's m", op.ADAM, [rate, ones, zeros, zeros, moments, zeros], adam, 4],
    ["adam's v", op.ADAM, [rate, ones, zeros, zeros, zeros, moments], adam, 5],
    ["adamax's m", op.ADAMAX, [rate, ones, zeros, zeros, moments, zeros], [decay, 0, 0, 0, 0], 4],
    ["rms's v", op.RMS_NORMALIZE, [zeros, zeros, zeros, moments], [decay, 0, 0, 0, 0], 3],
    [
      "rms's mean",
      op.RMS_NORMALIZE_CENTERED,
      [zeros, zeros, zeros, zeros, moments],
      [decay, 0, 0, 0, 0],
      4,
    ],
    ["adadelta's v", op.ADADELTA, [zeros, zeros, zeros, moments, zeros], [decay, 0, 0, 0], 3],
    ["adadelta's a", op.ADADELTA, [zeros, zeros, zeros, zeros, moments], [decay, 0, f32(1), 0], 4],
    ["lion's m", op.LION, [rate, zeros, zeros, moments], [0, 0, decay, 0, 0], 3],
  ] as const;

  const cases = FLAVOURS.flatMap((flavour) =>
    rows.map(([name, opcode, operands, attributes, written]) => {
      return { name, flavour, opcode, operands, attributes, written };
    }),
  );

  test.each(cases)("$name, $flavour", ({ flavour, opcode, operands, attributes, written }) => {
    const { bytes, operands: placed } = singleInstruction(opcode, operands, attributes);
    const core = Core.load(bytes, flavour);
    core.execute(0, 1);
    const found = core.floats(placed[written]!.offset, 16);
    const factor = Math.fround(0.95);
    const decayed = Float32Array.from(moments.data, (m) => factor * Math.fround(m));
    const expected = decayed.map((m) => (Math.abs(m) < smallest ? 0 : m));
    expect(expected.filter((m) => m === 0)).toHaveLength(8);
    expect([...found]).toEqual([...expected]);
  });
});
