import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FILL, PERMUTE, PLACE } from "../../assembly/abi/opcodes.js";
import type { CompileOptions } from "../../src/compile/options.js";
import type { Graph, Region } from "../../src/graph/graph.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { GraphSketch } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import { predictInBoth } from "../helpers/predict.js";
import { TestRandom } from "../helpers/random.js";
import { compileForTest, gradientError } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const ROWS = 3;

/** A row's shape. */
const rows = (most: number) =>
  fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: most - 1, minLength: 1 });

/** Where along an axis of this size a region may begin, go and end. */
const cut = (dim: number) =>
  fc
    .record({
      first: fc.nat(dim - 1),
      last: fc.nat(dim - 1),
      stride: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ first, last, stride }) => {
      const size = Math.floor(Math.abs(last - first) / stride) + 1;
      return { start: first, step: last < first ? -stride : stride, size };
    });

const regionOf = (row: readonly number[]): fc.Arbitrary<Region> =>
  fc.tuple(...row.map(cut)).map((cuts) => ({
    starts: [0, ...cuts.map(({ start }) => start)],
    steps: [1, ...cuts.map(({ step }) => step)],
    sizes: ["N", ...cuts.map(({ size }) => size)],
  }));

/** Behind a Tanh, so that a gradient has to come through; the weight is what trains. */
function begun(row: readonly number[]) {
  const g = new GraphSketch(["N", ...row], 23);
  const x = g.unary("Tanh", g.add("x", g.weight("w", row)));
  return { g, x };
}

function sliced({ row, regions }: { row: readonly number[]; regions: readonly Region[] }): Graph {
  const { g, x } = begun(row);
  const parts = regions.map((region) =>
    g.node("ReduceSum", [g.unary("Tanh", g.node("Slice", [x], region))], {
      axes: row.map((_, axis) => axis + 1),
      keepDims: true,
    }),
  );
  return g.end(parts.reduce((sum, part) => g.add(sum, part)));
}

const slices = rows(4).chain((row) =>
  fc.record({
    row: fc.constant(row),
    regions: fc.array(regionOf(row), { minLength: 1, maxLength: 3 }),
  }),
);

/** Parts of x, x itself among them, that differ along one axis, one behind the other. */
const joins = rows(4).chain((row) =>
  fc.nat(row.length - 1).chain((axis) =>
    fc.record({
      row: fc.constant(row),
      axis: fc.constant(axis + 1),
      cuts: fc.array(cut(row[axis]!), { minLength: 1, maxLength: 4 }),
    }),
  ),
);

function joined({
  row,
  axis,
  cuts,
}: typeof joins extends fc.Arbitrary<infer T> ? T : never): Graph {
  const { g, x } = begun(row);
  const whole = ["N", ...row] as const;
  const parts = cuts.map(({ start, step, size }) =>
    g.node("Slice", [x], {
      starts: whole.map((_, i) => (i === axis ? start : 0)),
      steps: whole.map((_, i) => (i === axis ? step : 1)),
      sizes: whole.map((dim, i) => (i === axis ? size : dim)),
    }),
  );
  return g.end(g.node("Concat", [...parts, x, parts[0]!], { axis }));
}

const permutations = fc.integer({ min: 1, max: 6 }).chain((rank) =>
  fc.record({
    row: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: rank, maxLength: rank }),
    perm: fc.shuffledSubarray([...Array(rank).keys()], { minLength: rank }),
  }),
);

function transposed({ row, perm }: { row: readonly number[]; perm: readonly number[] }): Graph {
  const { g, x } = begun(row);
  return g.end(g.node("Transpose", [x], { perm: [0, ...perm.map((axis) => axis + 1)] }));
}

/** Some axes of a weight are 1, or are not there. */
const expansions = rows(4).chain((row) =>
  fc.record({
    row: fc.constant(row),
    isOne: fc.array(fc.boolean(), { minLength: row.length, maxLength: row.length }),
    rank: fc.integer({ min: 0, max: row.length }),
    hasBatch: fc.boolean(),
  }),
);

function expanded(given: typeof expansions extends fc.Arbitrary<infer T> ? T : never): Graph {
  const { row, isOne, rank, hasBatch } = given;
  const g = new GraphSketch(["N", ...row], 23);
  const ones = row.map((size, axis) => (isOne[axis] ? 1 : size));
  if (hasBatch) {
    const axes = row.flatMap((_, axis) => (isOne[axis] ? [axis + 1] : []));
    const x = g.add("x", g.weight("w", row));
    const part = axes.length ? g.node("ReduceSum", [x], { axes, keepDims: true }) : x;
    return g.end(g.node("Expand", [part], { shape: ["N", ...row] }));
  }
  const w = g.weight("w", ones.slice(row.length - rank));
  return g.end(g.node("Mul", ["x", g.node("Expand", [w], { shape: ["N", ...row] })], {}));
}

const builders = [
  ["Slice", slices.map(sliced)],
  ["Concat", joins.map(joined)],
  ["Transpose of up to seven axes", permutations.map(transposed)],
  ["Expand", expansions.map(expanded)],
] as const;

describe.each(builders)("%s", (_, graphs) => {
  test("in both flavours as NumPy", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const row = graph.inputs[0]!.shape.slice(1) as number[];
        const x = new TestRandom(5).array(ROWS * row.reduce((a, b) => a * b, 1));
        const [found, right] = [predictInBoth(graph, ROWS, x), evaluateNaively(graph, ROWS, x)];
        expect(found.length).toBe(right.length);
        const error = found.reduce((most, v, i) => Math.max(most, Math.abs(v - right[i]!)), 0);
        expect(error).toBeLessThan(TOLERANCES.f32Reduction * 10);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test("its gradients equal central differences", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const compiled = compileForTest(graph, { loss: "mse", batch: ROWS, rows: ROWS });
        expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
      }),
      { numRuns: 40, seed: 2 },
    );
  });
});

/** How often an opcode is in the step of a program. */
function counted(graph: Graph, options: Partial<CompileOptions> = {}) {
  const compiled = compileForTest(graph, { loss: "mse", ...options });
  const { instructions } = new ReferenceVm(compiled.bytes).program.procedures[
    compiled.procedures.step!
  ]!;
  return (opcode: number) => instructions.filter((one) => (one.opcode | 0) === (opcode | 0)).length;
}

describe("the gradient of what is sliced", () => {
  /** x of 8 channels in parts of these channels, each through its own Tanh, joined again. */
  function split(parts: readonly (readonly [start: number, size: number, step?: number])[]): Graph {
    const { g, x } = begun([8, 2]);
    const ways = parts.map(([start, size, step = 1]) => {
      const region = { starts: [0, start, 0], steps: [1, step, 1], sizes: ["N", size, 2] as const };
      return g.unary("Tanh", g.node("Slice", [x], region));
    });
    return g.end(g.node("Concat", ways, { axis: 1 }));
  }

  test("halves are placed in one tensor that nothing fills, nor adds to", () => {
    const count = counted(
      split([
        [0, 4],
        [4, 4],
      ]),
    );
    // The Concat places two, and the gradient of x is two more; each is read once forward and once back.
    expect([count(PLACE), count(PERMUTE), count(FILL)]).toEqual([4, 4, 0]);
  });

  test("every second channel, and the others", () => {
    const count = counted(
      split([
        [0, 4, 2],
        [1, 4, 2],
      ]),
    );
    expect([count(PLACE), count(FILL)]).toEqual([4, 0]);
  });

  test("of a part alone the rest is zeros", () => {
    expect(counted(split([[2, 3]]))(FILL)).toBe(1);
  });

  test("parts that overlap are added", () => {
    const graph = split([
      [0, 5],
      [4, 4],
      [7, 1],
    ]);
    expect(counted(graph)(FILL)).toBe(2);
    expect(gradientError(compileForTest(graph, { loss: "mse" }))).toBeLessThan(TOLERANCES.gradient);
  });

  test("parts whose steps differ count as if they overlapped", () => {
    const graph = split([
      [0, 4, 2],
      [1, 2, 4],
    ]);
    expect(counted(graph)(FILL)).toBe(2);
    expect(gradientError(compileForTest(graph, { loss: "mse" }))).toBeLessThan(TOLERANCES.gradient);
  });

  test("beside a use of the whole", () => {
    const { g, x } = begun([8]);
    const half = g.node("Slice", [x], { starts: [0, 3], steps: [1, 1], sizes: ["N", 4] });
    const graph = g.end(
      g.node("Concat", [g.unary("Tanh", half), g.unary("Sigmoid", x)], { axis: 1 }),
    );
    expect(gradientError(compileForTest(graph, { loss: "mse" }))).toBeLessThan(TOLERANCES.gradient);
  });
});

describe("nets", () => {
  /** ShuffleNet's: groups of channels interleaved. */
  function shuffle(g: GraphSketch, x: string, groups: number, [c, h, w]: [number, number, number]) {
    const reshape = (value: string, shape: readonly number[]) =>
      g.node("Reshape", [value], { shape: ["N", ...shape], allowZero: false });
    const apart = reshape(x, [groups, c / groups, h, w]);
    return reshape(g.node("Transpose", [apart], { perm: [0, 2, 1, 3, 4] }), [c, h, w]);
  }

  test("a block of ShuffleNet V2: halves, convolutions, join and channel shuffle", () => {
    const g = new GraphSketch(["N", 3, 5, 4], 7);
    const padded = { kernelShape: [1, 1], pads: [0, 0, 0, 0] } as const;
    let x = g.conv("x", "stem", 3, 8, padded);
    for (const block of ["a", "b"]) {
      const half = (start: number) =>
        g.node("Slice", [x], {
          starts: [0, start, 0, 0],
          steps: [1, 1, 1, 1],
          sizes: ["N", 4, 5, 4],
        });
      const [kept, worked] = [half(0), half(4)];
      const depthwise = { group: 4, pads: [1, 1, 1, 1], bias: true } as const;
      const deep = g.unary("Tanh", g.conv(worked, `${block}1`, 4, 4, padded));
      const y = g.conv(g.conv(deep, `${block}2`, 4, 4, depthwise), `${block}3`, 4, 4, padded);
      x = shuffle(g, g.node("Concat", [kept, g.unary("Tanh", y)], { axis: 1 }), 2, [8, 5, 4]);
    }
    const graph = g.end(g.gemm(g.flatten(x), "fc", 160, 3));
    const data = new TestRandom(5).array(2 * 60);
    const [found, right] = [predictInBoth(graph, 2, data), evaluateNaively(graph, 2, data)];
    expect([...found].every((v, i) => Math.abs(v - right[i]!) < 1e-5)).toBe(true);
    expect(gradientError(compileForTest(graph))).toBeLessThan(TOLERANCES.gradient);
  });

  test("a weight behind Slice and Concat, of which some part is read twice, gets its gradient", () => {
    const g = new GraphSketch(["N", 4], 7);
    const w = g.weight("w", [6, 4]);
    const part = (start: number, size: number) =>
      g.node("Slice", [w], { starts: [start, 0], steps: [1, 1], sizes: [size, 4] });
    const joined = g.node("Concat", [part(2, 3), part(0, 4)], { axis: 0 });
    const product = { alpha: 1, beta: 1, transB: true };
    const graph = g.end(g.node("Gemm", [g.unary("Tanh", "x"), joined], product));
    expect(gradientError(compileForTest(graph, { loss: "mse" }))).toBeLessThan(TOLERANCES.gradient);
  });

  test("a class token in front of each row's steps learns from all of them", () => {
    const g = new GraphSketch(["N", 3, 4], 7);
    const token = g.node("Expand", [g.weight("token", [1, 1, 4])], { shape: ["N", 1, 4] });
    const steps = g.unary("Tanh", g.node("Concat", [token, "x"], { axis: 1 }));
    const graph = g.end(g.node("MatMul", [steps, g.weight("w", [4, 2])], {}));
    expect(gradientError(compileForTest(graph, { loss: "mse" }))).toBeLessThan(TOLERANCES.gradient);
  });
});
