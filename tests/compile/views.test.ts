import { expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { GraphSketch } from "../helpers/graphs.js";
import { predictionError } from "../helpers/prediction-error.js";
import { TestRandom } from "../helpers/random.js";
import { TOLERANCES } from "../tolerances.js";

interface Value {
  readonly name: string;
  /** Of one row. */
  readonly row: readonly number[];
}

/** Twelve random ops, most of which only say how the elements are read: Transposes, Reshapes, and who follows them. */
function randomViews(seed: number): Graph {
  const random = new TestRandom(seed * 7919 + 3);
  for (let i = 0; i < 5; i++) random.next(); // neighbouring seeds begin alike
  const below = (n: number) => Math.floor(((random.next() + 1) / 2) * n) % n;
  const pick = <T>(of: readonly T[]): T => of[below(of.length)]!;
  const shuffled = (n: number) => {
    const left = Array.from({ length: n }, (_, i) => i);
    return Array.from({ length: n }, () => left.splice(below(left.length), 1)[0]!);
  };
  const row = pick([[4, 2, 3], [6, 2, 2], [1, 4, 3], [3, 1, 4], [2, 6, 1], [12]]);
  const g = new GraphSketch(["N", ...row], seed + 1);
  const values: Value[] = [{ name: "x", row }];
  const put = (name: string, of: readonly number[]) => values.push({ name, row: of });
  let weights = 0;
  const weight = (shape: readonly number[]) => g.weight(`w${weights++}`, shape);

  const transpose = ({ name, row }: Value) => {
    const perm = shuffled(row.length);
    put(
      g.node("Transpose", [name], { perm: [0, ...perm.map((axis) => axis + 1)] }),
      perm.map((axis) => row[axis]!),
    );
  };
  const reshape = ({ name, row }: Value) => {
    const shape = factored(
      row.reduce((a, b) => a * b, 1),
      below,
    );
    put(g.node("Reshape", [name], { shape: ["N", ...shape], allowZero: false }), shape);
  };
  const reduce = ({ name, row }: Value) => {
    if (row.length < 2) return;
    const axis = below(row.length);
    const keepDims = below(2) === 0;
    const rest = row.flatMap((dim, i) => (i !== axis ? [dim] : keepDims ? [1] : []));
    put(g.node("ReduceSum", [name], { axes: [axis + 1], keepDims }), rest);
  };
  const add = ({ name, row }: Value) => {
    const shape = row.map((dim) => (below(2) === 0 ? dim : 1)).slice(below(row.length));
    put(g.add(name, weight(shape)), row);
  };
  const addValue = ({ name, row }: Value) => {
    const others = values.filter((other) => other.row.length === row.length);
    const fits = others.filter((o) => o.row.every((dim, i) => dim === row[i] || dim === 1));
    put(g.add(pick(fits).name, name), row);
  };
  const product = ({ name, row }: Value) => {
    if (row.length === 1) put(g.gemm(name, `fc${weights++}`, row[0]!, 6, below(2) === 0), [6]);
    else put(g.node("MatMul", [name, weight([row.at(-1)!, 4])], {}), [...row.slice(0, -1), 4]);
  };
  const image = ({ name, row }: Value) => {
    if (row.length !== 3) return;
    if (below(3) === 0) put(g.batchNorm(name, `bn${weights++}`, row[0]!), row);
    else
      put(g.conv(name, `conv${weights++}`, row[0]!, 4, { pads: [1, 1, 1, 1] }), [
        4,
        row[1]!,
        row[2]!,
      ]);
  };
  const softmax = ({ name, row }: Value) =>
    put(g.node("Softmax", [name], { axis: row.length }), row);
  const unary = ({ name, row }: Value) => put(g.unary("Tanh", name), row);

  const growths = [
    transpose,
    transpose,
    reshape,
    reshape,
    reduce,
    add,
    addValue,
    product,
    image,
    image,
    softmax,
    unary,
  ];
  for (let step = 0; step < 12; step++) pick(growths)(pick(values.slice(-2)));
  return g.end(values.at(-1)!.name);
}

/** Up to four sizes of the given product. */
function factored(elements: number, below: (n: number) => number): number[] {
  const sizes = new Array<number>(1 + below(4)).fill(1);
  let rest = elements;
  for (let p = 2; rest > 1; ) {
    if (rest % p !== 0) p++;
    else {
      const place = below(sizes.length);
      sizes[place] = sizes[place]! * p;
      rest /= p;
    }
  }
  return sizes;
}

test.each(Array.from({ length: 20 }, (_, i) => i * 25))("seeds from %i", (first) => {
  for (let seed = first; seed < first + 25; seed++) {
    const error = predictionError(randomViews(seed));
    expect(error, `seed ${seed}`).toBeLessThan(TOLERANCES.f32Rounding);
  }
});
