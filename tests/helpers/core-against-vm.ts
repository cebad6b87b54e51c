import { expect } from "vitest";
import { isWritten } from "../../src/autodiff/signature.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { Core } from "../../src/runtime/core.js";
import { type OperandSpec, separateInstructions } from "./single-instruction.js";

/** The sizes at which vectors of four and tiles of 4×8 begin, end, and are missed by one. */
export const SIZES = [1, 3, 4, 5, 7, 8, 9, 31, 33, 257] as const;

/** Zeros of both signs, infinities, NaN, the smallest and largest numbers, and where exp overflows. */
export const SPECIAL = [
  0,
  -0,
  1,
  -1,
  1e-45,
  -1e-45,
  1.1754944e-38,
  3.4028235e38,
  -3.4028235e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  88.8,
  -88.8,
  104,
  -104,
  0.5,
  -0.5,
] as const;

/** Without the largest finite numbers: their products leave the range of f32, not that of the VM's f64. */
export const MODERATE = SPECIAL.filter(
  (value) => !(Math.abs(value) > 1e19 && Number.isFinite(value)),
);

export interface KernelCase {
  readonly opcode: number;
  readonly operands: readonly OperandSpec[];
  readonly attributes?: readonly number[];
  /** default 1 */
  readonly batch?: number;
  /** The batch that the program is planned for, if larger. */
  readonly planned?: number;
  /** Fills an operand whose bytes are not the same numbers in the two machines. */
  readonly fill?: {
    operand: number;
    vm: (to: Float64Array) => void;
    core: (to: Uint8Array) => void;
  };
  /** An operand that holds nothing afterwards. */
  readonly scratch?: number;
  /** Largest error, relative to the larger of 1 and the tensor's largest element. */
  readonly tolerance: number;
}

/**
 * Executes one instruction in the scalar core, the SIMD core and the f64 VM. The two cores must agree in
 * every bit (one NaN is as good as another), and with the VM within the tolerance.
 */
export function expectAsVm(given: KernelCase): void {
  expectEachAsVm([given]);
}

/** The same for many, all at the first one's batch: the cores are loaded once. */
export function expectEachAsVm(cases: readonly (KernelCase & { readonly name?: string })[]): void {
  const { batch = 1, planned = batch } = cases[0]!;
  const program = separateInstructions(cases, planned);
  const vm = new ReferenceVm(program.bytes);
  const cores = (["scalar", "simd"] as const).map((f) => Core.load(program.bytes, f));
  for (const [i, { opcode, fill, scratch, tolerance, name = "" }] of cases.entries()) {
    const operands = program.operands[i]!;
    if (fill) {
      const { tensor, offset, elements } = operands[fill.operand]!;
      fill.vm(vm.tensor(tensor));
      for (const core of cores) fill.core(core.bytes(offset, 4 * elements));
    }
    vm.execute(i, batch);
    for (const core of cores) core.execute(i, batch);
    for (const [k, { tensor, offset, elements }] of operands.entries()) {
      if (!isWritten(opcode, k) || k === scratch) continue;
      const [found, simd] = cores.map((core) => core.floats(offset, elements));
      const where = `${name} operand ${k}`.trimStart();
      expect(bitsOf(simd!), `${where}, simd as scalar`).toEqual(bitsOf(found!));
      const problem = firstDifference(found!, vm.tensor(tensor), tolerance);
      expect(problem, `${where}, core as f64`).toBeUndefined();
    }
  }
}

/** The bits, all NaNs made one. */
function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(
    Float32Array.from(values, (v) => (Number.isNaN(v) ? Number.NaN : v)).buffer,
  );
}

/** The first element that is off, as text. An f64 result beyond f32's range is an infinity there. */
function firstDifference(
  found: Float32Array,
  expected: Float64Array,
  tolerance: number,
): string | undefined {
  const finite = expected.filter((value) => Number.isFinite(Math.fround(value)));
  const scale = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (const [i, value] of found.entries()) {
    const wanted = Math.fround(expected[i] as number);
    const same = Object.is(value, wanted) || value === wanted;
    if (same || Math.abs(value - wanted) <= tolerance * scale) continue;
    return `element ${i} is ${value}, expected ${wanted}`;
  }
  return undefined;
}
