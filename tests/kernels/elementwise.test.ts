import { describe, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import { expectAsVm, SIZES, SPECIAL } from "../helpers/core-against-vm.js";
import { TestRandom } from "../helpers/random.js";
import { f32, type OperandSpec } from "../helpers/single-instruction.js";
import { TOLERANCES } from "../tolerances.js";

const random = new TestRandom(7);
const values = (n: number, scale = 3): OperandSpec => ({ c0: n, data: random.array(n, scale) });
const unit = (n: number): OperandSpec => ({ c0: n, data: random.array(n, 0.5, 0.5) });
const blank = (n: number): OperandSpec => ({ c0: n });

/** What tanh can give; NaN stays. */
const clamp = (y: number) => Math.min(1, Math.max(-1, y));

/** Name, opcode, inputs by size (the result follows), attributes. */
const kernels: readonly [string, number, (n: number) => OperandSpec[], number[]][] = [
  ["copy", op.COPY, (n) => [values(n)], []],
  ["scale", op.SCALE, (n) => [values(n)], [f32(-0.3)]],
  ["add", op.ADD, (n) => [values(n), values(n)], []],
  ["relu", op.RELU, (n) => [values(n)], []],
  ["reluBackward", op.RELU_BACKWARD, (n) => [values(n), values(n)], []],
  ["tanh", op.TANH, (n) => [values(n)], []],
  ["tanhBackward", op.TANH_BACKWARD, (n) => [unit(n), values(n)], []],
  ["sigmoid", op.SIGMOID, (n) => [values(n)], []],
  ["sigmoidBackward", op.SIGMOID_BACKWARD, (n) => [unit(n), values(n)], []],
];

describe("elementwise kernels as the f64 VM, scalar and simd", () => {
  test.each(kernels)("%s", (_, opcode, inputs, attributes) => {
    for (const n of SIZES) {
      const operands = [...inputs(n), blank(n)];
      expectAsVm({ opcode, operands, attributes, tolerance: TOLERANCES.f32Elementwise });
    }
  });

  test.each(kernels)(
    "%s, zeros of both signs, infinities, NaN, denormals",
    (_, opcode, inputs, attributes) => {
      // Every special number meets every other one in kernels of two inputs.
      const isOutput = opcode === op.TANH_BACKWARD || opcode === op.SIGMOID_BACKWARD;
      const pairs = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b] as const));
      const n = pairs.length;
      const inDomain = (value: number, k: number) => (k === 0 && isOutput ? clamp(value) : value);
      const operands = inputs(1).map((_, k) => ({
        c0: n,
        data: pairs.map((pair) => inDomain(pair[k] as number, k)),
      }));
      const special = [...operands, blank(n)];
      expectAsVm({ opcode, operands: special, attributes, tolerance: TOLERANCES.f32Elementwise });
    },
  );

  test.each(kernels.filter(([, opcode]) => opcode >>> 24 !== 0))(
    "%s in place",
    (_, opcode, inputs, attributes) => {
      for (const n of SIZES) {
        const given = inputs(n);
        const k = 31 - Math.clz32(opcode >>> 24);
        const operands = [...given, { ...blank(n), at: k }];
        expectAsVm({ opcode, operands, attributes, tolerance: TOLERANCES.f32Elementwise });
      }
    },
  );

  test("fill", () => {
    for (const n of SIZES) {
      expectAsVm({ opcode: op.FILL, operands: [values(n)], attributes: [f32(2.5)], tolerance: 0 });
    }
  });

  test("softmax, rows of every size, huge logits", () => {
    for (const n of SIZES) {
      const rows = 5;
      const data = random.array(rows * n, 30);
      data[0] = 3e38;
      const operands = [{ c1: n, data }, { c1: n }];
      const tolerance = TOLERANCES.f32Reduction;
      expectAsVm({ opcode: op.SOFTMAX, operands, attributes: [n], batch: rows, tolerance });
    }
  });
});
