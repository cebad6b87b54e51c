import { expect } from "vitest";
import { compileProgram } from "../../src/compile/compile.js";
import { completeOptions } from "../../src/compile/options.js";
import { readProgram } from "../../src/compile/program-reader.js";
import type { Graph } from "../../src/graph/graph.js";
import { Core } from "../../src/runtime/core.js";

/** The output for some rows as the scalar core computes it; the SIMD core must give the same bits. */
export function predictInBoth(graph: Graph, rows: number, x: Float32Array): Float32Array {
  const options = { rows, batch: rows, loss: undefined, training: false };
  const compiled = compileProgram(graph, completeOptions({ ...options, trainable: () => false }));
  const { x: input, output } = readProgram(compiled.bytes).procedures[0]!;
  const [from, to] = [compiled.tensors[input!]!, compiled.tensors[output!]!];
  const [scalar, simd] = (["scalar", "simd"] as const).map((flavour) => {
    const core = Core.load(compiled.bytes, flavour);
    core.floats(from.offset, x.length).set(x);
    core.execute(0, rows);
    return core.floats(to.offset, to.c0 + to.c1 * rows).slice();
  }) as [Float32Array, Float32Array];
  expect(new Uint32Array(simd.buffer)).toEqual(new Uint32Array(scalar.buffer));
  return scalar;
}
