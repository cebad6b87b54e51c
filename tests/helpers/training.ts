import { type CompiledProgram, compileProgram } from "../../src/compile/compile.js";
import { type CompileOptions, completeOptions } from "../../src/compile/options.js";
import type { Graph } from "../../src/graph/graph.js";
import { centralDifferences } from "../../src/reference/finite-difference.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { TestRandom } from "./random.js";

export function compileForTest(
  graph: Graph,
  options: Partial<CompileOptions> = {},
): CompiledProgram {
  return compileProgram(
    graph,
    completeOptions({
      batch: 5,
      rows: 10,
      loss: "cross-entropy",
      optimizer: { name: "sgd" },
      trainable: () => true,
      ...options,
    }),
  );
}

/** A VM with random rows in x and random labels or targets in y. */
export function vmWithRows(compiled: CompiledProgram, seed = 11): ReferenceVm {
  const vm = new ReferenceVm(compiled.bytes);
  const random = new TestRandom(seed);
  const { x, y } = vm.program.procedures.filter((one) => one.x !== undefined).at(-1)!;
  vm.tensor(x!).set(random.array(vm.tensor(x!).length));
  const target = y === undefined ? undefined : vm.tensor(y);
  if (target && compiled.classes) target.set(random.labels(target.length, compiled.classes));
  else target?.set(random.array(target.length));
  return vm;
}

/** Loss of a step on the rows in the VM, nothing moved by the optimizer. */
export function stepLoss(compiled: CompiledProgram, vm: ReferenceVm, batch = vm.batch): number {
  vm.tensor(compiled.lrTensor!)[0] = 0;
  vm.execute(compiled.procedures.step!, batch);
  return vm.tensor(vm.program.procedures[compiled.procedures.step!]!.loss!)[0]!;
}

/** Each trained parameter's gradient, seen as what SGD with rate 1 takes away. */
export function stepGradients(
  compiled: CompiledProgram,
  vm: ReferenceVm,
  batch = vm.batch,
): Map<string, Float64Array> {
  const parameters = compiled.parameters.filter(({ role }) => role === 1);
  const before = parameters.map(({ tensor }) => vm.tensor(tensor).slice());
  vm.tensor(compiled.lrTensor!)[0] = 1;
  vm.execute(compiled.procedures.step!, batch);
  return new Map(
    parameters.map(({ name, tensor }, i) => {
      const gradient = before[i]!.map((value, k) => value - vm.tensor(tensor)[k]!);
      vm.tensor(tensor).set(before[i]!);
      return [name, gradient];
    }),
  );
}

/** The largest difference, over all trained parameters, of the step's gradient from central differences. */
export function gradientError(compiled: CompiledProgram, batch?: number): number {
  const vm = vmWithRows(compiled);
  const gradients = stepGradients(compiled, vm, batch);
  let worst = 0;
  for (const { name, tensor, role } of compiled.parameters) {
    if (role !== 1) continue;
    const numeric = centralDifferences(() => stepLoss(compiled, vm, batch), vm.tensor(tensor));
    worst = Math.max(worst, largestDifference(gradients.get(name)!, numeric));
  }
  return worst;
}

/** Relative to the larger of 1 and the expected value. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    if (!(difference <= worst))
      worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return worst;
}
