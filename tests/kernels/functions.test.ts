import { describe, expect, test } from "vitest";
import * as fn from "../../assembly/abi/functions.js";
import * as op from "../../assembly/abi/opcodes.js";
import { BAD_ATTRIBUTE } from "../../assembly/abi/status.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { expectAsVm, MODERATE, SIZES } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { given, runInstruction } from "../helpers/run-instruction.js";
import { f32, type OperandSpec, singleInstruction } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(77);

/** Every kind with parameters that tell it from the others. */
const unaryKinds: readonly (readonly [name: string, kind: number, parameters?: number[]])[] = [
  ["abs", fn.UNARY_ABS],
  ["exp", fn.UNARY_EXP],
  ["log", fn.UNARY_LOG],
  ["sqrt", fn.UNARY_SQRT],
  ["reciprocal", fn.UNARY_RECIPROCAL],
  ["erf", fn.UNARY_ERF],
  ["leaky relu", fn.UNARY_LEAKY_RELU, [0.125]],
  ["elu", fn.UNARY_ELU, [1.5, 0.5, 1.25]],
  ["gelu", fn.UNARY_GELU],
  ["gelu by tanh", fn.UNARY_GELU_TANH],
  ["hard sigmoid", fn.UNARY_HARD_SIGMOID, [0.25, 0.5]],
  ["hard swish", fn.UNARY_HARD_SWISH],
  ["swish", fn.UNARY_SWISH, [1.5]],
  ["mish", fn.UNARY_MISH],
  ["softplus", fn.UNARY_SOFTPLUS, [1]],
  ["softsign", fn.UNARY_SOFTSIGN],
  ["clip", fn.UNARY_CLIP, [-0.5, 0.75]],
  ["thresholded relu", fn.UNARY_THRESHOLDED_RELU, [0.5]],
];

const attributesOf = (kind: number, [a = 0, b = 0, c = 0]: readonly number[] = []) => [
  kind,
  ...[a, b, c].map(f32),
];
const values = (n: number, scale = 4): OperandSpec => ({ c0: n, data: random.array(n, scale) });

/** Saved values: of x, or of a y that the function can give. */
function savedFor(kind: number, n: number): OperandSpec {
  const unit: readonly number[] = [fn.UNARY_SOFTSIGN, fn.UNARY_HARD_SIGMOID];
  const data = random.array(n, unit.includes(kind) ? 1 : 4);
  if (kind === fn.UNARY_SQRT) return { c0: n, data: data.map(Math.abs) };
  return { c0: n, data };
}

const named = unaryKinds.map(([name, kind, parameters]) => {
  return { name, kind, attributes: attributesOf(kind, parameters) };
});

describe.each(named)("$name", ({ kind, attributes }) => {
  const tolerance = TOLERANCES.f32Elementwise;

  test("forward and backward as the f64 VM, every size, in place", () => {
    for (const n of SIZES) {
      for (const place of [{}, { at: 0 }]) {
        const operands = [values(n), { c0: n, ...place }];
        expectAsVm({ opcode: op.UNARY, operands, attributes, tolerance });
      }
      for (const place of [{}, { at: 0 }, { at: 1 }]) {
        const operands = [savedFor(kind, n), values(n), { c0: n, ...place }];
        expectAsVm({ opcode: op.UNARY_BACKWARD, operands, attributes, tolerance });
      }
    }
  });

  test("zeros of both signs, infinities, NaN, denormals", () => {
    const n = MODERATE.length;
    const operands = [{ c0: n, data: MODERATE }, { c0: n }];
    expectAsVm({ opcode: op.UNARY, operands, attributes, tolerance });
    // Of infinite numbers a slope is ∞·0 in one of the two machines and not in the other.
    const finite = MODERATE.filter((x) => !(Math.abs(x) === Number.POSITIVE_INFINITY));
    const saved = { c0: finite.length, data: finite };
    const dy = { c0: finite.length, data: finite.map(() => 0.75) };
    const backward = [saved, dy, { c0: finite.length }];
    expectAsVm({ opcode: op.UNARY_BACKWARD, operands: backward, attributes, tolerance });
  });
});

test("far out a gradient is that of the asymptote", () => {
  const far = Float32Array.of(1e4, 1e10, 1e15, 1e20, 1e30, -1e4, -1e10, -1e20, -1e30);
  const ones = far.map(() => 1);
  const tolerance = TOLERANCES.f32Elementwise;
  for (const kind of [fn.UNARY_GELU, fn.UNARY_HARD_SWISH, fn.UNARY_MISH, fn.UNARY_SOFTPLUS]) {
    const operands = [given(far), given(ones), { c0: far.length }];
    expectAsVm({
      opcode: op.UNARY_BACKWARD,
      operands,
      attributes: [kind, f32(1), 0, 0],
      tolerance,
    });
  }
});

test("small values keep their relative error: expm1, softplus far below 0", () => {
  const tiny = Float32Array.of(-1e-6, -3e-4, -1e-20, -20, -15, -60);
  const scaled = (kind: number, parameters: number[], exact: (x: number) => number) => {
    const program = singleInstruction(
      op.UNARY,
      [{ c0: tiny.length, data: tiny }, { c0: tiny.length }],
      [kind, ...parameters.map(f32)],
    );
    for (const flavour of ["scalar", "simd"] as const) {
      const core = Core.load(program.bytes, flavour);
      core.execute(0, 1);
      const y = core.floats(program.operands[1]!.offset, tiny.length);
      for (const [i, x] of tiny.entries()) {
        expect(Math.abs(y[i]! / exact(x) - 1)).toBeLessThan(TOLERANCES.f32Elementwise);
      }
    }
  };
  scaled(fn.UNARY_ELU, [1, 1, 1], Math.expm1);
  scaled(fn.UNARY_SOFTPLUS, [1, 0, 0], (x) => Math.log1p(Math.exp(x)));
});

const binaryKinds: readonly (readonly [name: string, kind: number])[] = [
  ["add", fn.BINARY_ADD],
  ["sub", fn.BINARY_SUB],
  ["mul", fn.BINARY_MUL],
  ["div", fn.BINARY_DIV],
  ["min", fn.BINARY_MIN],
  ["max", fn.BINARY_MAX],
  ["prelu", fn.BINARY_PRELU],
  ["less", fn.BINARY_LESS],
  ["equal", fn.BINARY_EQUAL],
  ["prelu slope", fn.BINARY_PRELU_SLOPE],
  ["gate", fn.BINARY_GATE],
];

/** Of n elements, both contiguous. */
const row = (kind: number) => [1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, kind];

describe.each(binaryKinds)("%s", (_, kind) => {
  const tolerance = TOLERANCES.f32Elementwise;

  test("as the f64 VM, every size, in place on either operand, against one number", () => {
    for (const n of SIZES) {
      const some = (count: number) => ({
        c0: count,
        data: random.array(count, 3).map((x) => Math.round(4 * x) / 4 || 1),
      });
      for (const place of [{}, { at: 0 }, { at: 1 }]) {
        const operands = [some(n), some(n), { c0: n, ...place }];
        expectAsVm({ opcode: op.BINARY, operands, attributes: row(kind), tolerance });
      }
      const attributes = [1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, kind];
      const operands = [some(n), some(1), { c0: n }];
      expectAsVm({ opcode: op.BINARY, operands, attributes, tolerance });
    }
  });

  test("every special number meets every other", () => {
    const n = MODERATE.length;
    const special = { c0: n, data: MODERATE };
    const attributes = [1, n, n, 0, 0, 1, 0, 0, 0, 0, 1, kind];
    const operands = [special, special, { c0: n * n }];
    expectAsVm({ opcode: op.BINARY, operands, attributes, tolerance });
  });
});

describe("powers", () => {
  const bases = [0.1, 0.5, 0.9, 1, 1.5, 2, 7, 0, -0.5, -2, -3];
  const exponents = [0, 1, 2, 3, 0.5, -1, -2, 4, 5, 1.7, -0.3];
  const cases: [string, number, (a: number, b: number) => boolean][] = [
    ["pow", fn.BINARY_POW, (a, b) => a > 0 || (a === 0 ? b >= 0 : true)],
    ["pow slope", fn.BINARY_POW_SLOPE, (a, b) => a > 0 || (a === 0 ? b === 0 || b >= 1 : true)],
    ["times log", fn.BINARY_TIMES_LOG, () => true],
  ];

  test.each(cases)("%s", (_, kind, defined) => {
    const pairs = bases.flatMap((a) => exponents.map((b) => [a, b] as const));
    const chosen = pairs.filter(([a, b]) => defined(a, b));
    const n = chosen.length;
    const operands = [
      { c0: n, data: chosen.map(([a]) => a) },
      { c0: n, data: chosen.map(([, b]) => b) },
      { c0: n },
    ];
    const tolerance = TOLERANCES.f32Power;
    expectAsVm({ opcode: op.BINARY, operands, attributes: row(kind), tolerance });
  });

  // As torch.pow: 0ᵇ does not change with b ≥ 0, b = 0 included, where log 0 times 1 would be −∞.
  test.each(["scalar", "simd"] as const)("0⁰ has the gradient 0 by its exponent, %s", (flavour) => {
    const [power, base] = [Float32Array.of(1, 0, 1, 0, 1), Float32Array.of(0, 0, -0, -0, 0)];
    const operands = [given(power), given(base), { c0: 5 }];
    const slopes = runInstruction(flavour, op.BINARY, operands, row(fn.BINARY_TIMES_LOG));
    expect(slopes).toEqual([0, 0, 0, 0, 0]);
  });
});

test("a kind that does not exist is refused", () => {
  const statusOf = (opcode: number, operands: OperandSpec[], attributes: number[]) => {
    try {
      Core.load(singleInstruction(opcode, operands, attributes).bytes, "scalar");
      return 0;
    } catch (error) {
      if (error instanceof CoreRefusal) return error.place.status;
      throw error;
    }
  };
  const one = { c0: 4 };
  for (const kind of [fn.UNARY_KINDS, 0xffffffff]) {
    expect(statusOf(op.UNARY, [one, one], [kind, 0, 0, 0])).toBe(BAD_ATTRIBUTE);
    expect(statusOf(op.UNARY_BACKWARD, [one, one, one], [kind, 0, 0, 0])).toBe(BAD_ATTRIBUTE);
  }
  for (const kind of [fn.BINARY_KINDS, 0xffffffff]) {
    expect(statusOf(op.BINARY, [one, one, one], row(kind))).toBe(BAD_ATTRIBUTE);
  }
});
