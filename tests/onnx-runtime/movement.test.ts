import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importOnnx } from "../../src/onnx/import.js";
import { predictInBoth } from "../helpers/predict.js";
import { runOnnx } from "../helpers/run-onnx.js";
import {
  bytes,
  counting,
  info,
  intAttribute,
  intTensor,
  node,
  type Parts,
  stringAttribute,
  weight,
} from "../onnx/model.js";

// Ops that only move what they are given, beside ONNX Runtime: every number is the same one.

const ROWS = 2;
const [FIRST, LAST] = [-(2 ** 31), 2 ** 31 - 1];

type Row = readonly number[];

/** One op on x [N, …row]; the given vectors of whole numbers are its further inputs. */
interface Op {
  readonly op: string;
  readonly row: Row;
  readonly attributes?: Parameters<typeof node>[3];
  readonly vectors?: readonly (readonly number[])[];
  readonly outputs?: number;
  readonly opset?: number;
}

function modelOf({ op, row, attributes = [], vectors = [], outputs = 1, opset = 17 }: Op): Parts[] {
  const names = vectors.map((_, i) => `v${i}`);
  const ends = Array.from({ length: outputs }, (_, i) => `y${i}`);
  return ends.map((name) => ({
    nodes: [node(op, ["x", ...names], ends, attributes)],
    initializers: vectors.map((values, i) => intTensor(`v${i}`, values)),
    inputs: [info("x", ["N", ...row])],
    outputs: [info(name, row.map((): "N" => "N").concat("N"))],
    opset,
  }));
}

async function expectSame(parts: Parts, row: Row): Promise<void> {
  const file = bytes(parts);
  const data = counting(ROWS * row.reduce((a, b) => a * b, 1));
  const { graph } = importOnnx(file);
  const right = await runOnnx(file, { shape: [ROWS, ...row], data });
  expect([...predictInBoth(graph, ROWS, data)]).toEqual([...right.data]);
}

const block = (size: number) => intAttribute("blocksize", size);

const cases: readonly (readonly [name: string, op: Op])[] = [
  [
    "Slice before opset 10: attributes, without axes",
    {
      op: "Slice",
      row: [4, 5],
      attributes: [intAttribute("starts", [0, 1]), intAttribute("ends", [LAST, -1])],
      opset: 9,
    },
  ],
  [
    "Slice with axes from the end, in any order",
    {
      op: "Slice",
      row: [4, 5, 6],
      vectors: [
        [1, -4],
        [3, LAST],
        [-1, 2],
        [2, 1],
      ],
    },
  ],
  [
    "Slice backwards to before the first",
    {
      op: "Slice",
      row: [4, 5],
      vectors: [
        [LAST, -2],
        [FIRST, -5],
        [2, 1],
        [-2, -1],
      ],
    },
  ],
  [
    "Slice of five axes, all in steps",
    {
      op: "Slice",
      row: [3, 4, 5, 3, 4],
      vectors: [
        [0, 1, 4, 2, 0],
        [LAST, 4, FIRST, FIRST, LAST],
        [1, 2, 3, 4, 5],
        [2, 2, -2, -1, 3],
      ],
    },
  ],
  [
    "Split in equal parts",
    { op: "Split", row: [6, 2], attributes: [intAttribute("axis", 1)], outputs: 3 },
  ],
  [
    "Split by an attribute",
    {
      op: "Split",
      row: [2, 6],
      attributes: [intAttribute("axis", -1), intAttribute("split", [1, 3, 2])],
      outputs: 3,
      opset: 11,
    },
  ],
  [
    "Split by an input",
    {
      op: "Split",
      row: [6, 2],
      attributes: [intAttribute("axis", 1)],
      vectors: [[4, 2]],
      outputs: 2,
    },
  ],
  [
    "Split in a number of parts, the last one smaller",
    {
      op: "Split",
      row: [7, 2],
      attributes: [intAttribute("axis", 1), intAttribute("num_outputs", 3)],
      outputs: 3,
      opset: 18,
    },
  ],
  ["Expand", { op: "Expand", row: [1, 3, 1], vectors: [[2, 3, 4]] }],
  ["Expand of five axes", { op: "Expand", row: [1, 3, 1, 2, 1], vectors: [[1, 2, 1, 4, 1, 5]] }],
  ["Tile", { op: "Tile", row: [2, 1, 3], vectors: [[1, 2, 3, 2]] }],
  ["Tile of one axis of size 1", { op: "Tile", row: [2, 1, 3], vectors: [[1, 1, 3, 1]] }],
  ["Tile once", { op: "Tile", row: [2, 3], vectors: [[1, 1, 1]] }],
  ["DepthToSpace, DCR", { op: "DepthToSpace", row: [8, 2, 3], attributes: [block(2)] }],
  [
    "DepthToSpace, CRD",
    { op: "DepthToSpace", row: [18, 2, 1], attributes: [block(3), stringAttribute("mode", "CRD")] },
  ],
  ["SpaceToDepth", { op: "SpaceToDepth", row: [3, 4, 6], attributes: [block(2)] }],
  [
    "Transpose of seven axes",
    {
      op: "Transpose",
      row: [2, 3, 2, 3, 2, 3],
      attributes: [intAttribute("perm", [0, 6, 4, 2, 5, 1, 3])],
    },
  ],
];

test.each(cases)("%s", async (_, op) => {
  for (const parts of modelOf(op)) await expectSame(parts, op.row);
});

test("Slice with any bounds that leave something", async () => {
  const bound = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom(FIRST, LAST));
  const step = fc.constantFrom(-3, -2, -1, 1, 2, 3);
  const axes = fc.array(fc.tuple(bound, bound, step), { minLength: 2, maxLength: 2 });
  let same = 0;
  await fc.assert(
    fc.asyncProperty(axes, async (bounds) => {
      const vectors = [0, 1, 2].map((k) => bounds.map((values) => values[k]!));
      const op = {
        op: "Slice",
        row: [4, 5],
        vectors: [vectors[0]!, vectors[1]!, [1, 2], vectors[2]!],
      };
      const [parts] = modelOf(op);
      try {
        importOnnx(bytes(parts!));
      } catch (error) {
        expect(`${error}`).toContain("it leaves nothing of axis");
        return;
      }
      await expectSame(parts!, op.row);
      same++;
    }),
    { numRuns: 200, seed: 3 },
  );
  expect(same).toBeGreaterThan(20);
});

describe("Concat", () => {
  test("of parts, the whole and a part again", async () => {
    for (const axis of [1, -1]) {
      await expectSame(
        {
          nodes: [
            node("Split", ["x"], ["a", "b"], [intAttribute("axis", axis)]),
            node("Concat", ["b", "x", "a", "b"], ["y"], [intAttribute("axis", axis)]),
          ],
          inputs: [info("x", ["N", 4, 6])],
          outputs: [info("y", ["N", "N", "N"])],
        },
        [4, 6],
      );
    }
  });

  test("in a file of one row, of a constant beside it", async () => {
    const parts: Parts = {
      nodes: [node("Concat", ["token", "x"], ["y"], [intAttribute("axis", 1)])],
      initializers: [weight("token", 1, 1, 3)],
      inputs: [info("x", [1, 2, 3])],
      outputs: [info("y", [1, 3, 3])],
    };
    const { graph } = importOnnx(bytes(parts));
    const [one, row] = [counting(6), [1, 2, 3]];
    const right = await runOnnx(bytes(parts), { shape: row, data: one });
    expect([...predictInBoth(graph, 2, Float32Array.of(...one, ...one))]).toEqual([
      ...right.data,
      ...right.data,
    ]);
  });
});
