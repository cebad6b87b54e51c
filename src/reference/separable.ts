import * as op from "../../assembly/abi/opcodes.js";
import type { Kernel } from "./kernel.js";

/** The entries of output i: places in the table's indices and in the weights. */
function entriesOf(table: Float64Array, i: number): number[] {
  const [start, end] = [table[i]!, table[i + 1]!];
  return Array.from({ length: end - start }, (_, k) => start + k);
}

/** Visits the pairs of entries, in order, that each output is made of, and the element of x that they stand for. */
function forEachPair(
  [tableH, tableW]: readonly [Float64Array, Float64Array],
  attributes: readonly number[],
  outputs: number,
  visit: (output: number, input: number, a: number, b: number) => void,
): void {
  const [inHeight, inWidth, outHeight, outWidth, inner] = attributes as number[] & { length: 5 };
  const [indexH, indexW] = [tableH.subarray(outHeight + 1), tableW.subarray(outWidth + 1)];
  const indices = [
    { index: indexH, size: inHeight },
    { index: indexW, size: inWidth },
  ];
  for (const { index, size } of indices) {
    const wrong = index.find((one) => one < 0 || one >= size);
    if (wrong !== undefined) throw new Error(`index ${wrong} into an axis of ${size}`);
  }
  for (let at = 0; at < outputs; at++) {
    const c = at % inner;
    const j = Math.floor(at / inner) % outWidth;
    const i = Math.floor(at / (inner * outWidth)) % outHeight;
    const image = Math.floor(at / (inner * outWidth * outHeight)) * inHeight;
    for (const a of entriesOf(tableH, i)) {
      for (const b of entriesOf(tableW, j)) {
        const pixel = (image + indexH[a]!) * inWidth + indexW[b]!;
        visit(at, pixel * inner + c, a, b);
      }
    }
  }
}

const separable: Kernel = ({ operands, attributes }) => {
  const [x, tableH, tableW, weightsH, weightsW, y] = operands as Float64Array[] & { length: 6 };
  y.fill(0);
  forEachPair([tableH, tableW], attributes, y.length, (output, input, a, b) => {
    y[output]! += weightsH[a]! * weightsW[b]! * x[input]!;
  });
};

const maxPool: Kernel = ({ operands, attributes }) => {
  const [x, tableH, tableW, y] = operands as Float64Array[] & { length: 4 };
  y.fill(Number.NEGATIVE_INFINITY);
  forEachPair([tableH, tableW], attributes, y.length, (output, input) => {
    y[output] = Math.max(y[output]!, x[input]!);
  });
};

const maxPoolBackward: Kernel = (call) => {
  const [x, tableH, tableW, dy, dx] = call.operands as Float64Array[] & { length: 5 };
  const y = new Float64Array(dy.length);
  maxPool({ ...call, operands: [x, tableH, tableW, y] });
  const given = new Set<number>();
  dx.fill(0);
  forEachPair([tableH, tableW], call.attributes, dy.length, (output, input) => {
    if (given.has(output) || x[input]! < y[output]!) return;
    given.add(output);
    dx[input]! += dy[output]!;
  });
};

export const separables: ReadonlyMap<number, Kernel> = new Map([
  [op.SEPARABLE, separable],
  [op.MAX_POOL, maxPool],
  [op.MAX_POOL_BACKWARD, maxPoolBackward],
]);
