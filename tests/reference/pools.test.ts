import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MAX_POOL, MAX_POOL_BACKWARD, SEPARABLE } from "../../assembly/abi/opcodes.js";
import { type AxisMap, transposedMap } from "../../src/autodiff/axis-map.js";
import { windowMap } from "../../src/autodiff/ops/pool.js";
import { Model } from "../../src/index.js";
import { given, runInstruction } from "../helpers/run-instruction.js";
import type { OperandSpec } from "../helpers/single-instruction.js";
import { largestDifference } from "../helpers/training.js";
import { bytes, floatAttribute, info, intAttribute, node } from "../onnx/model.js";
import { TOLERANCES } from "../tolerances.js";

// PyTorch's pools (scripts/fixtures/pools.py): the file's numbers through the importer, and both directions of the
// instructions. Of equals PyTorch takes the first, too.

type Pair = readonly [number, number];

interface Pool {
  readonly op: "MaxPool" | "AveragePool";
  readonly size: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly ceilMode: boolean;
  readonly countIncludePad?: boolean;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly dy: readonly number[];
  readonly dx: readonly number[];
}

interface Norm {
  readonly op: "LRN" | "LpPool";
  readonly shape: readonly [number, number, number, number];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly size?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly bias?: number;
  readonly p?: number;
  readonly kernel?: Pair;
  readonly stride?: Pair;
}

const fixture: { readonly pools: readonly Pool[]; readonly norms: readonly Norm[] } = JSON.parse(
  readFileSync(new URL("../fixtures/pools.json", import.meta.url), "utf8"),
);

/** What a model of one op makes of x. */
function predicted(
  op: string,
  attributes: Parameters<typeof node>[3],
  shape: readonly number[],
  x: readonly number[],
): Float32Array {
  const [, ...row] = shape;
  const file = bytes({
    nodes: [node(op, ["x"], ["y"], attributes)],
    inputs: [info("x", ["N", ...row])],
    outputs: [info("y", ["N"])],
  });
  return Model.fromOnnx(file).predict({ shape, data: Float32Array.from(x) }).data as Float32Array;
}

const named = fixture.pools.map((pool) => {
  const { op, kernel, stride, padding, dilation, ceilMode, countIncludePad } = pool;
  const options = `${ceilMode ? ", ceilMode" : ""}${countIncludePad ? ", padding counted" : ""}`;
  const name = `${op} ${kernel}, stride ${stride}, padding ${padding}, dilation ${dilation}${options}`;
  return { name, pool };
});

describe.each(named)("$name", ({ pool }) => {
  const { op, size, kernel, stride, padding, dilation, ceilMode, countIncludePad = false } = pool;
  const tolerance = op === "MaxPool" ? 0 : TOLERANCES.f32Elementwise;

  test("from a file", () => {
    const attributes = [
      intAttribute("kernel_shape", kernel),
      intAttribute("strides", stride),
      intAttribute("pads", [...padding, ...padding]),
      intAttribute("ceil_mode", Number(ceilMode)),
      ...(op === "MaxPool"
        ? [intAttribute("dilations", dilation)]
        : [intAttribute("count_include_pad", Number(countIncludePad))]),
    ];
    const y = predicted(op, attributes, [1, 2, ...size], pool.x);
    expect(largestDifference(y, pool.y)).toBeLessThanOrEqual(tolerance);
  });

  test.each(["scalar", "simd"] as const)("%s: both directions", (flavour) => {
    const counts = op === "MaxPool" ? "none" : countIncludePad ? "padded" : "image";
    const maps = ([0, 1] as const).map((side) => {
      const [begin, end] = [padding[side], padding[side]];
      const window = { kernel: kernel[side], stride: stride[side], dilation: dilation[side] };
      return windowMap({ size: size[side], ...window, begin, end }, ceilMode, counts);
    }) as [AxisMap, AxisMap];
    const whole = (data: readonly number[]) => given(Float32Array.from(data));
    const tables = (of: readonly AxisMap[]): OperandSpec[] =>
      of.map(({ starts, indices }) => {
        return { type: "i32", c0: starts.length + indices.length, data: [...starts, ...indices] };
      });
    const sizes = ([a, b]: readonly AxisMap[]) => {
      return [a!.inSize, b!.inSize, a!.outSize, b!.outSize, 1];
    };
    const [x, dy] = [whole(pool.x), whole(pool.dy)];
    const [y, dx] = [{ c0: pool.y.length }, { c0: pool.dx.length }];
    const run = (opcode: number, operands: readonly OperandSpec[], of: readonly AxisMap[]) =>
      runInstruction(flavour, opcode, operands, sizes(of));
    const linear = (of: readonly AxisMap[], from: OperandSpec, to: OperandSpec) => {
      const weights = of.map((map) => whole(map.weights));
      return run(SEPARABLE, [from, ...tables(of), ...weights, to], of);
    };
    const [forward, backward] =
      op === "MaxPool"
        ? [
            run(MAX_POOL, [x, ...tables(maps), y], maps),
            run(MAX_POOL_BACKWARD, [x, ...tables(maps), dy, dx], maps),
          ]
        : [linear(maps, x, y), linear(maps.map(transposedMap), dy, dx)];
    expect(largestDifference(forward, pool.y)).toBeLessThanOrEqual(tolerance);
    expect(largestDifference(backward, pool.dx)).toBeLessThanOrEqual(tolerance);
  });
});

test.each(fixture.norms)("$op, $p$size", (norm) => {
  const { op, shape, x, y, size, kernel, stride, ...numbers } = norm;
  const attributes =
    op === "LRN"
      ? [
          intAttribute("size", size!),
          ...(["alpha", "beta", "bias"] as const).map((n) => floatAttribute(n, numbers[n]!)),
        ]
      : [
          intAttribute("p", numbers.p!),
          intAttribute("kernel_shape", kernel!),
          intAttribute("strides", stride!),
        ];
  const off = largestDifference(predicted(op, attributes, shape, x), y);
  expect(off).toBeLessThan(TOLERANCES.f32Power);
});
