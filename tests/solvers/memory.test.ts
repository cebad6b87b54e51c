import { expect, test } from "vitest";
import * as abi from "../../assembly/abi/solver.js";
import { type Problem, SolverCore } from "../../src/solve/solver-core.js";

// The table of docs/solvers.md: [bytes an element, elements] of every array.
type Arrays = readonly (readonly [bytes: number, elements: number])[];

const fours = (n: number) => 4 * Math.ceil(n / 4);

function shared({ rows = 0, columns = 0, outputs = 0, points = 0 }: Problem): Arrays {
  const [n, p] = [fours(rows), fours(columns)];
  const results = [8, 8, 8, 4].map((bytes) => [bytes, points] as const);
  return [
    [4, n * columns],
    [8, points * outputs * columns],
    [8, points * outputs],
    ...results,
    [8, p],
    [8, n],
  ];
}

function elasticNet({ rows = 0, columns = 0, precompute }: Problem): Arrays {
  const [n, p] = [fours(rows), fours(columns)];
  const hasGram = precompute === abi.PRECOMPUTE_ALWAYS || (!precompute && rows > columns);
  const own: Arrays = hasGram
    ? [
        [8, p * Math.min(n, 64)],
        [8, p * p],
      ]
    : [[8, n]];
  return [[8, p], [4, columns], [8, n], [8, p], [8, p], [8, p], ...own];
}

function logistic({ rows = 0, columns = 0, outputs = 0 }: Problem): Arrays {
  const [n, p, classes] = [fours(rows), fours(columns), Math.max(2, outputs)];
  const rowArrays = [8, 8, 8, 8, 8].map((bytes) => [bytes, n] as const);
  const classArrays: Arrays = [
    [8, outputs],
    [8, classes * classes],
    [8, classes],
    [4, classes],
  ];
  return [
    [8, p * outputs],
    [4, columns],
    [4, n],
    [8, n * outputs],
    ...rowArrays,
    [8, p],
    [8, p],
    ...classArrays,
  ];
}

function ridge({ rows = 0, columns = 0, outputs = 0, alpha = 0 }: Problem): Arrays {
  const n = fours(rows);
  const dual = alpha > 0 && columns > rows;
  const s = fours(dual ? rows : columns);
  return [
    [8, n * outputs],
    [8, s * s],
    [8, dual ? n : s * Math.min(n, 64)],
    [8, s],
    [8, s],
    [8, n],
  ];
}

const METHODS = [
  { method: abi.METHOD_ELASTIC_NET, own: elasticNet, outputs: [1], points: [1, 7] },
  { method: abi.METHOD_LOGISTIC, own: logistic, outputs: [1, 2, 5], points: [1, 7] },
  { method: abi.METHOD_RIDGE, own: ridge, outputs: [1, 3], points: [1] },
];

const SHAPES = [
  [1, 1],
  [7, 3],
  [8, 8],
  [5, 30],
  [41, 13],
  [200, 6],
] as const;

const cases = METHODS.flatMap(({ method, own, outputs, points }) =>
  SHAPES.flatMap(([rows, columns]) =>
    outputs.flatMap((k) =>
      points.flatMap((m) =>
        [0, 1, 2].map((precompute) => {
          const problem = { method, rows, columns, outputs: k, points: m, precompute };
          return {
            problem: { ...problem, alpha: 0.1, l1Ratio: 0.5, tol: 1, maxIterations: 1 },
            own,
          };
        }),
      ),
    ),
  ),
);

test("the arena is what docs/solvers.md says, to the byte", () => {
  for (const { problem, own } of cases) {
    const arrays = [...shared(problem), ...own(problem)];
    const bytes = arrays.reduce(
      (sum, [size, count]) => sum + 16 * Math.ceil((size * count) / 16),
      0,
    );
    expect(new SolverCore(problem).arenaBytes, JSON.stringify(problem)).toBe(
      abi.SOLVER_RECORD_BYTES + bytes,
    );
  }
});
