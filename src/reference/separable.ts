import * as op from "../../assembly/abi/opcodes.js";
import type { Kernel } from "./kernel.js";

/** The entries of output i: places in the table's indices and in the weights. */
function entriesOf(table: Float64Array, i: number): number[] {
  const [start, end] = [table[i]!, table[i + 1]!];
  return Array.from({ length: end - start }, (_, k) => start + k);
}

const separable: Kernel = ({ operands, attributes }) => {
  const [x, tableH, tableW, weightsH, weightsW, y] = operands as Float64Array[] & { length: 6 };
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
  for (let at = 0; at < y.length; at++) {
    const c = at % inner;
    const j = Math.floor(at / inner) % outWidth;
    const i = Math.floor(at / (inner * outWidth)) % outHeight;
    const image = Math.floor(at / (inner * outWidth * outHeight)) * inHeight;
    y[at] = 0;
    for (const a of entriesOf(tableH, i)) {
      for (const b of entriesOf(tableW, j)) {
        const pixel = (image + indexH[a]!) * inWidth + indexW[b]!;
        y[at]! += weightsH[a]! * weightsW[b]! * x[pixel * inner + c]!;
      }
    }
  }
};

export const separables: ReadonlyMap<number, Kernel> = new Map([[op.SEPARABLE, separable]]);
