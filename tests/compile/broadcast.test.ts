import fc from "fast-check";
import { expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { BINARY_OPS, type BinaryOp } from "../../src/graph/ops/families.js";
import { GraphSketch } from "../helpers/graphs.js";
import { evaluateNaively } from "../helpers/naive-onnx.js";
import { predictInBoth } from "../helpers/predict.js";
import { TestRandom } from "../helpers/random.js";
import { compileForTest, gradientError, largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const ROWS = 3;

/** A row's shape, and one that broadcasts to [N, …row]: some axes 1, some in front left out. */
const shapes = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
  .chain((row) =>
    fc.record({
      row: fc.constant(row),
      isOne: fc.array(fc.boolean(), { minLength: row.length, maxLength: row.length }),
      rank: fc.integer({ min: 0, max: row.length + 1 }),
    }),
  )
  .map(({ row, isOne, rank }) => {
    const whole = [1, ...row.map((size, axis) => (isOne[axis] ? 1 : size))];
    return { row, part: whole.slice(whole.length - rank) };
  });

interface Given {
  readonly shapes: { readonly row: readonly number[]; readonly part: readonly number[] };
  readonly op: BinaryOp;
  readonly swapped: boolean;
}

const cases: fc.Arbitrary<Given> = fc.record({
  shapes,
  op: fc.constantFrom(...BINARY_OPS),
  swapped: fc.boolean(),
});

/** op(x, w) or op(w, x), both above ½. */
function graphOf({ shapes: { row, part }, op, swapped }: Given): Graph {
  const g = new GraphSketch(["N", ...row], 17);
  const half = g.weight("half", [1], 0, 0.5);
  const x = g.add(g.unary("Sigmoid", g.add("x", g.weight("shift", row))), half);
  const w = g.weight("w", part, 0.4, 1);
  const isOneWay = op === "PRelu";
  return g.end(g.node(op, swapped && !isOneWay ? [w, x] : [x, w], {}));
}

test("every binary op with every shape that broadcasts, in both flavours as NumPy's rule says", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const graph = graphOf(given);
      const x = new TestRandom(5).array(ROWS * given.shapes.row.reduce((a, b) => a * b, 1));
      const expected = evaluateNaively(graph, ROWS, x);
      const found = predictInBoth(graph, ROWS, x);
      expect(largestDifference(found, expected)).toBeLessThan(TOLERANCES.f32Power);
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("and so are their gradients", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const compiled = compileForTest(graphOf(given), { loss: "mse" });
      expect(gradientError(compiled)).toBeLessThan(TOLERANCES.gradient);
    }),
    { numRuns: 60, seed: 2 },
  );
});
